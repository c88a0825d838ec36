"""A made-up month of a store: orders in every state, with lines, payments and refunds of every kind."""

import random
from datetime import date, timedelta

from django.db.models import Max

from hub import clock, keys
from ordering.coupons.models import Coupon, Plan
from ordering.orders.models import Batch, Line, Order
from ordering.payments.models import Payment, Refund
from ordering.reviews.models import DishRating, Review
from ordering.users.models import User
from tests import factories

FIRST = date(2026, 3, 1)
STATUSES = {
    "completed": 70, "cancelled": 9, "rejected": 4, "ready": 5, "preparing": 4, "accepted": 3, "placed": 3,
    "pending_payment": 2,
}  # fmt: skip
SHOWN = {"published": 8, "pending": 1, "hidden": 1}
SENT_BACK = {"succeeded": 6, "processing": 1, "requested": 1, "rejected": 1, "closed": 1, "abnormal": 1}
REASONS = ["", "点错了", "等太久", "=1+1", "缺货", "Late", "late", "🍜 凉了"]
AT_ONCE = 500


def choose(dice, weights):
    return dice.choices(list(weights), list(weights.values()))[0]


class Month:
    """``orders`` orders of ``store`` on ``days`` business days from ``first`` on."""

    def __init__(self, store, orders, *, first=FIRST, days=30, seed=1):
        self.store, self.first, self.days = store, first, days
        self.dice = random.Random(seed)
        self.dishes = list(store.dishes.all()) or [
            factories.dish(
                store, f"菜{number}", 900 + 250 * number, station=("wok", "cold", "bar")[number % 3]
            )
            for number in range(12)
        ]
        self.coupons = self._coupons()
        self.made = {model: [] for model in (Order, Batch, Line, Payment, Refund, Review, DishRating)}
        self.next = {model: (model.objects.aggregate(top=Max("pk"))["top"] or 0) for model in self.made}
        for _ in range(orders):
            self._order()
        for model, rows in self.made.items():
            model.objects.bulk_create(rows, batch_size=AT_ONCE)

    def _coupons(self):
        name = f"guest of {self.store.code}"
        guest = User.objects.filter(name=name).first() or User.objects.create_user(None, None, name=name)
        plans = Plan.objects.filter(store=self.store) or [
            Plan.objects.create(store=self.store, name=name, kind="fixed", amount_fen=500, valid_days=30)
            for name in ("满减", "=新客", "会员")
        ]
        expires = clock.now()
        numbers = {plan.pk: plan.coupons.count() for plan in plans}
        return [
            Coupon.objects.create(plan=plan, user=guest, number=numbers[plan.pk] + n, expires_at=expires)
            for plan in plans
            for n in (1, 2)
        ]

    def _add(self, model, **fields):
        self.next[model] += 1
        row = model(pk=self.next[model], **fields)
        self.made[model].append(row)
        return row

    def _order(self):
        dice, store = self.dice, self.store
        day = self.first + timedelta(days=dice.randrange(self.days))
        # Most at noon and in the evening, some after midnight.
        hours = dice.choice([dice.gauss(8, 1), dice.gauss(14.5, 1.5), dice.uniform(0, 23.9)])
        at = clock.day_starts_at(day, store.cutover_hour) + timedelta(hours=min(max(hours, 0), 23.99))
        at = at.replace(microsecond=dice.randrange(10**6))
        order = self._add(
            Order, no=keys.ulid(), store=store, kind=dice.choice(["dine_in", "pickup"]), business_day=day,
            status=choose(dice, STATUSES), subtotal_fen=0, total_fen=0, submitted_by="tests", submitted_at=at,
        )  # fmt: skip
        if order.status in ("cancelled", "rejected"):
            order.cancel_reason = dice.choice(REASONS)
            order.cancelled_at = at + timedelta(minutes=5)
        if order.status == "cancelled":
            order.cancel_kind = dice.choice(["diner", "timeout", "staff", "system"])
        if order.status not in ("pending_payment", "placed", "rejected"):
            self._promise(order, at)
        self._lines(order, at)
        if dice.random() < 0.2:
            order.coupon_id = dice.choice(self.coupons).pk
            order.discount_fen = min(500, order.subtotal_fen)
        order.total_fen = order.subtotal_fen - order.discount_fen
        self._money(order)
        if order.status == "completed" and dice.random() < 0.3:
            self._review(order)

    def _promise(self, order, at):
        order.accepted_at = at + timedelta(seconds=self.dice.uniform(5, 5000))
        if self.dice.random() < 0.9:
            promised = order.accepted_at + timedelta(seconds=self.dice.lognormvariate(6.6, 0.3))
            order.promised_at = promised.replace(microsecond=0)

    def _lines(self, order, at):
        dice = self.dice
        batch = self._add(Batch, order=order, number=1, sent_by="tests", sent_at=at)
        for _ in range(dice.randint(1, 3)):
            dish, quantity = dice.choice(self.dishes), dice.randint(1, 3)
            line = self._add(
                Line, order=order, batch=batch, dish=dish, name=dish.name, quantity=quantity,
                unit_price_fen=dish.price_fen, amount_fen=dish.price_fen * quantity, state="queued",
                station=("wok", "cold", "bar")[dish.pk % 3],
            )  # fmt: skip
            order.subtotal_fen += line.amount_fen
            self._cook(order, line, at)

    def _cook(self, order, line, at):
        dice = self.dice
        if order.accepted_at:
            # Some were added later.
            later = dice.uniform(60, 2000) if dice.random() < 0.15 else 0
            line.queued_at = order.accepted_at + timedelta(seconds=later)
        if line.queued_at and dice.random() < 0.9:
            # Seldom does a clock run backwards.
            took = -3 if dice.random() < 0.01 else dice.lognormvariate(6, 0.7)
            line.ready_at = line.queued_at + timedelta(seconds=took)
            line.state = "served"
            if dice.random() < 0.6:
                line.started_at = line.queued_at + timedelta(seconds=dice.uniform(0, max(took, 0)))
        if order.status in ("cancelled", "rejected") or dice.random() < 0.04:
            line.state = "voided"

    def _review(self, order):
        dice = self.dice
        review = self._add(
            Review, order=order, store=self.store, user=self.coupons[0].user, rating=dice.randint(1, 5),
            state=choose(dice, SHOWN), reply=dice.choice(["", "", "谢谢"]),
        )  # fmt: skip
        # An order has three lines at most.
        for dish in sorted({line.dish_id for line in self.made[Line][-3:] if line.order is order}):
            if dice.random() < 0.7:
                self._add(DishRating, review=review, dish_id=dish, rating=dice.randint(1, 5))

    def _money(self, order):
        dice = self.dice
        if order.status == "pending_payment" or not order.total_fen:
            return
        if order.status == "cancelled" and dice.random() < 0.5:
            if dice.random() < 0.4:
                late = self._paid(order, order.total_fen, "wechat_jsapi", "succeeded_late")
                self._back(order, late, order.total_fen, "late")
            return
        first = dice.randint(1, order.total_fen)
        parts = [first, order.total_fen - first] if dice.random() < 0.1 else [order.total_fen]
        for part in filter(None, parts):
            if dice.random() < 0.1:
                self._paid(order, part, "wechat_jsapi", dice.choice(["closed", "failed"]))
            payment = self._paid(order, part, dice.choice(["cash", "wechat_jsapi"]), "succeeded")
            order.paid_fen += part
            ended = order.status in ("cancelled", "rejected")
            if ended or dice.random() < 0.05:
                amount = part if ended else dice.randint(1, part)
                cause = "ended" if ended else dice.choice(["staff", "voided", "excess"])
                self._back(order, payment, amount, cause)

    def _paid(self, order, amount, channel, state):
        number = f"P{self.next[Payment] + 1}"
        return self._add(
            Payment, store=self.store, order_no=order.no, out_trade_no=number, channel=channel,
            state=state, amount_fen=amount,
        )  # fmt: skip

    def _back(self, order, payment, amount, cause):
        state = choose(self.dice, SENT_BACK)
        self._add(
            Refund, payment=payment, order_no=order.no, out_refund_no=f"R{self.next[Refund] + 1}",
            amount_fen=amount, state=state, cause=cause, reason=self.dice.choice(REASONS),
            requested_by="tests",
        )  # fmt: skip
        if state == "succeeded" and payment.state == "succeeded":
            order.refunded_fen += amount
