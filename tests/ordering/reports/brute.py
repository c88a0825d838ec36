"""Every report once more in plain Python, from all rows of all stores; nothing is shared with the product."""

import math
from collections import Counter, defaultdict
from datetime import timedelta

from hub import clock
from ordering.coupons.models import Coupon
from ordering.dishes.models import Dish
from ordering.orders.models import Line, Order
from ordering.payments.models import Payment, Refund
from ordering.reviews.models import DishRating, Review

LIVE = ["pending_payment", "placed", "accepted", "preparing", "ready", "completed"]
STATUSES = [*LIVE, "rejected", "cancelled"]


class Books:
    """All rows, and the orders of the store's days."""

    def __init__(self, store, first, last):
        self.store = store
        self.days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        found = [row for row in Order.objects.values() if row["store_id"] == store.pk]
        self.orders = [row for row in found if first <= row["business_day"] <= last]
        self.by_no = {row["no"]: row for row in self.orders}
        ids = {row["id"]: row for row in self.orders}
        self.lines = [
            {**row, "order": ids[row["order_id"]]} for row in Line.objects.values() if row["order_id"] in ids
        ]
        self.payments = {row["id"]: row for row in Payment.objects.values()}
        self.refunds = list(Refund.objects.values())

    def live(self, order):
        return order["status"] in LIVE

    def turnover(self):
        rows = [
            self._turnover(day, [o for o in self.orders if o["business_day"] == day]) for day in self.days
        ]
        return {"rows": rows, "total": self._turnover(None, self.orders)}

    def _turnover(self, day, orders):
        numbers = {order["no"] for order in orders}
        row = {"day": day and day.isoformat(), "orders": sum(order["paid_fen"] > 0 for order in orders)}
        row["received_fen"] = sum(order["paid_fen"] for order in orders)
        row["refunded_fen"] = sum(order["refunded_fen"] for order in orders)
        row["turnover_fen"] = row["received_fen"] - row["refunded_fen"]
        for name, channel in (("cash", "cash"), ("wechat", "wechat_jsapi")):
            mine = {
                pk: payment["amount_fen"]
                for pk, payment in self.payments.items()
                if payment["order_no"] in numbers
                and (payment["channel"], payment["state"]) == (channel, "succeeded")
            }
            row[f"{name}_received_fen"] = sum(mine.values())
            row[f"{name}_refunded_fen"] = sum(
                r["amount_fen"] for r in self.refunds if r["payment_id"] in mine and r["state"] == "succeeded"
            )
        return row

    def average_ticket(self):
        rows = [self._ticket(day, [o for o in self.orders if o["business_day"] == day]) for day in self.days]
        return {"rows": rows, "total": self._ticket(None, self.orders)}

    def _ticket(self, day, orders):
        kept = [o["paid_fen"] - o["refunded_fen"] for o in orders if o["paid_fen"] > o["refunded_fen"]]
        mean = math.floor(sum(kept) / len(kept) + 0.5) if kept else 0
        return {
            "day": day and day.isoformat(),
            "orders": len(kept),
            "turnover_fen": sum(kept),
            "average_fen": mean,
        }

    def orders_report(self):
        def row(by, day, hour, found):
            count = Counter(o["status"] for o in found) + Counter(o["kind"] for o in found)
            named = {name: count[name] for name in ("dine_in", "pickup", *STATUSES)}
            return {"by": by, "day": day, "hour": hour, "orders": len(found), **named}

        hours = defaultdict(list)
        for order in self.orders:
            hours[order["submitted_at"].astimezone(clock.local_zone()).hour].append(order)
        rows = [
            row("day", day.isoformat(), None, [o for o in self.orders if o["business_day"] == day])
            for day in self.days
        ]
        rows += [row("hour", None, hour, hours[hour]) for hour in sorted(hours)]
        return {"rows": rows, "total": row("total", None, None, self.orders)}

    def top_dishes(self):
        quantity, amount = Counter(), Counter()
        for line in self.lines:
            if line["state"] != "voided" and self.live(line["order"]):
                quantity[line["dish_id"]] += line["quantity"]
                amount[line["dish_id"]] += line["amount_fen"]
        names = {dish.pk: dish.name for dish in Dish.objects.all()}
        rows = [
            {"dish": dish, "name": names[dish], "quantity": quantity[dish], "amount_fen": amount[dish]}
            for dish in quantity
        ]
        rows.sort(key=lambda row: (-row["quantity"], -row["amount_fen"], row["dish"]))
        return {"rows": rows, "total": None}

    def prep_time(self):
        dishes = {dish.pk: dish.name for dish in Dish.objects.all()}
        stations = {station.code: station.name for station in self.store.stations.all()}
        timed = [line for line in self.lines if line["ready_at"]]

        def rows(by, key, name):
            groups = defaultdict(list)
            for line in timed:
                if line["queued_at"] or line["started_at"]:
                    groups[key(line)].append(line)
            return [{"by": by, **name(each), **self._waits(groups[each])} for each in sorted(groups)]

        def hour(line):
            return line["queued_at"].astimezone(clock.local_zone()).hour

        found = rows("all", lambda line: 0, lambda each: {"key": None, "name": ""})
        found += rows(
            "station", lambda line: line["station"], lambda each: {"key": each, "name": stations[each]}
        )
        found += rows(
            "dish", lambda line: line["dish_id"], lambda each: {"key": str(each), "name": dishes[each]}
        )
        found += rows("hour", hour, lambda each: {"key": str(each), "name": f"{each:02d}:00"})
        return {"rows": found, "total": None}

    def _waits(self, lines):
        row = {}
        for wait, start in (("prep", "queued_at"), ("cooking", "started_at")):
            times = sorted(seconds(line[start], line["ready_at"]) for line in lines if line[start])
            row[f"{wait}_count"] = len(times)
            for rank in (50, 80, 95):
                place = -(-rank * len(times) // 100)
                row[f"{wait}_p{rank}_seconds"] = times[place - 1] if times else None
        return row

    def reasons(self):
        found = defaultdict(list)
        for order in self.orders:
            if not self.live(order):
                why = (order["status"], order["cancel_kind"] or "", order["cancel_reason"])
                found[why].append(order["total_fen"])
        for refund in self.refunds:
            if refund["order_no"] in self.by_no and refund["state"] == "succeeded":
                found["refunded", refund["cause"], refund["reason"]].append(refund["amount_fen"])
        rows = [
            {"event": event, "kind": kind, "reason": why, "count": len(sums), "amount_fen": sum(sums)}
            for (event, kind, why), sums in found.items()
        ]
        rows.sort(key=lambda r: (r["event"], -r["count"], -r["amount_fen"], r["kind"], r["reason"]))
        return {"rows": rows, "total": None}

    def coupons(self):
        plans = {coupon.pk: coupon.plan for coupon in Coupon.objects.select_related("plan")}
        found = defaultdict(list)
        for order in self.orders:
            if order["coupon_id"] and self.live(order):
                found[plans[order["coupon_id"]]].append(order)
        rows = [self._coupon(plan.pk, plan.name, orders) for plan, orders in found.items()]
        rows.sort(key=lambda row: (-row["discount_fen"], row["plan"]))
        return {"rows": rows, "total": self._coupon(None, "", [o for those in found.values() for o in those])}

    def _coupon(self, plan, name, orders):
        sums = {what: sum(order[what] for order in orders) for what in ("discount_fen", "total_fen")}
        return {"plan": plan, "name": name, "orders": len(orders), **sums}

    def reviews(self):
        numbers = {order["id"]: order for order in self.orders}
        shown = {
            row["id"]: row
            for row in Review.objects.values()
            if row["order_id"] in numbers and row["state"] == "published"
        }
        rated = defaultdict(list)
        for row in DishRating.objects.values():
            if row["review_id"] in shown:
                rated[row["dish_id"]].append((row["rating"], shown[row["review_id"]]["reply"]))
        whole = {pk: (row["rating"], row["reply"]) for pk, row in shown.items()}
        rows = [stars("all", None, "", list(whole.values()))]
        for day in self.days:
            said = [whole[pk] for pk, row in shown.items() if numbers[row["order_id"]]["business_day"] == day]
            rows.append(stars("day", day.isoformat(), day.isoformat(), said))
        names = {dish.pk: dish.name for dish in Dish.objects.all()}
        dishes = [stars("dish", str(dish), names[dish], said) for dish, said in sorted(rated.items())]
        return {
            "rows": rows + sorted(dishes, key=lambda row: (-row["average"], -row["count"])),
            "total": None,
        }

    def eta(self):
        promised = defaultdict(list)
        for line in self.lines:
            order = line["order"]
            due = order["promised_at"] and self.live(order)
            if due and line["state"] != "voided" and line["queued_at"] == order["accepted_at"]:
                promised[order["id"]].append(line)
        names = {station.code: station.name for station in self.store.stations.all()}
        groups = defaultdict(list)
        for lines in promised.values():
            order = lines[0]["order"]
            hour = order["accepted_at"].astimezone(clock.local_zone()).hour
            day = order["business_day"].isoformat()
            keys = [("all", "", None, ""), ("day", day, day, day)]
            keys.append(("hour", hour, str(hour), f"{hour:02d}:00"))
            for key in keys:
                self._late(groups[key], order, lines)
            for code in {line["station"] for line in lines}:
                mine = [line for line in lines if line["station"] == code]
                self._late(groups["station", code, code, names[code]], order, mine)
        by = ["all", "day", "station", "hour"]
        rows = [
            {"by": key[0], "key": key[2], "name": key[3], **lateness(groups[key])}
            for key in sorted(groups, key=lambda key: (by.index(key[0]), key[1]))
            if groups[key]
        ]
        return {"rows": rows, "total": None}

    def _late(self, group, order, lines):
        if all(line["ready_at"] for line in lines):
            wait = max(line["ready_at"] for line in lines) - order["promised_at"]
            whole = abs(wait) // timedelta(seconds=1)
            group.append(whole if wait >= timedelta(0) else -whole)


def stars(by, key, name, said):
    count = Counter(rating for rating, _ in said)
    mean = math.floor(10 * sum(rating for rating, _ in said) / len(said) + 0.5) / 10 if said else None
    row = {"by": by, "key": key, "name": name, "count": len(said), "average": mean}
    row |= {f"stars_{number}": count[number] for number in (5, 4, 3, 2, 1)}
    return row | {"replied": sum(reply != "" for _, reply in said)}


def lateness(late):
    late, count = sorted(late), len(late)
    kept = sum(seconds <= 0 for seconds in late)
    return {
        "orders": count,
        "on_time": kept,
        "on_time_percent": math.floor(100 * kept / count + 0.5),
        "error_seconds": math.floor(sum(abs(seconds) for seconds in late) / count + 0.5),
        "late_p50_seconds": late[-(-50 * count // 100) - 1],
        "late_p80_seconds": late[-(-80 * count // 100) - 1],
    }


def seconds(start, end):
    return max((end - start) // timedelta(seconds=1), 0)


REPORTS = {
    "turnover": Books.turnover,
    "orders": Books.orders_report,
    "average-ticket": Books.average_ticket,
    "top-dishes": Books.top_dishes,
    "prep-time": Books.prep_time,
    "reasons": Books.reasons,
    "coupons": Books.coupons,
    "reviews": Books.reviews,
    "eta": Books.eta,
}
