"""A shop that is busy by chance, one step after the other or eight at a time, and its books."""

from collections import Counter
from datetime import timedelta
from random import Random
from threading import Barrier, Lock, Thread

from django.db import connection

from hub import clock, transactions
from hub.errors import Refusal
from hub.transactions import transact
from ordering.coupons import actions as coupons
from ordering.coupons.models import Coupon, Plan
from ordering.dishes import actions as dishes
from ordering.dishes.models import Dish
from ordering.orders import actions, expiry, payment, submit
from ordering.orders.models import Line, Order
from ordering.orders.states import LIVE, VOIDED
from tests import factories

ENDED = ("cancelled", "rejected")
PORTIONS = 12


def all_coupons():
    return Coupon.objects.order_by("pk").values_list("pk", flat=True)


STEPS = ["order"] * 6 + ["cancel", "pay", "pay", "pay", "expire", "refund", "restock"]
STEPS += ["claim", "claim", "lapse", "reject"]


class Shop:
    """A store with few portions and few coupons, and the books that its steps are checked by."""

    def __init__(self, store, plan, seed):
        self.store, self.refused = store, Counter()
        self.hands = [Hand(self, seed)]
        self.counting = Lock()
        noodles = factories.dish(store, "面", 1500, remaining=PORTIONS)
        tea = factories.dish(store, "茶", 700, remaining=PORTIONS, station="bar")
        meal = factories.combo(store, {noodles: 1, tea: 2}, price_fen=2501)
        self.menu = [noodles, tea, meal]
        self.portions = {noodles.pk: PORTIONS, tea.pk: PORTIONS}
        self.plans = [
            plan(threshold_fen=3000, total_limit=5, per_user_limit=2),
            plan(percent=15, cap_fen=400, per_user_limit=3),
            plan(amount_fen=900, dishes=[tea.pk], total_limit=4, per_user_limit=9),
        ]
        self.guests = [factories.person(f"guest{n}").actor for n in range(3)]
        self.clerk = factories.staff("clerk", store, "counter").actor

    def run(self, steps, check_every):
        """So many steps, each refused or whole; how many were done."""
        done = 0
        for number in range(1, steps + 1):
            done += self.hands[0].step()
            if number % check_every == 0:
                self.check()
        return done

    def run_at_once(self, hands, steps, check_every):
        """As ``run`` by so many hands at the same time; the books are checked whenever all hands rest."""
        seed = self.hands[0].dice.random()
        self.hands = [Hand(self, f"{seed}{number}") for number in range(hands)]
        done = 0
        for _ in range(0, steps, check_every):
            done += self.together(check_every // hands)
            self.check()
        return done

    def together(self, each):
        """Every hand does so many steps; how many were done, or the first fault."""
        done, faults, start = [], [], Barrier(len(self.hands))

        def work(hand):
            try:
                start.wait()
                done.extend(hand.step() for _ in range(each))
            except Exception as fault:
                faults.append(fault)
            finally:
                connection.close()

        threads = [Thread(target=work, args=(hand,)) for hand in self.hands]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        return sum(done)

    # Books

    def check(self):
        self.check_stock()
        self.check_coupons()
        for order in Order.objects.filter(store=self.store):
            self.check_money(order)

    def check_stock(self):
        for pk, total in self.portions.items():
            held = sum(line.quantity for line in Line.objects.filter(dish=pk).exclude(state=VOIDED))
            assert Dish.objects.get(pk=pk).remaining + held == total

    def check_coupons(self):
        """Each coupon is where its orders say, and each plan has given what people hold."""
        holders = {}
        for order in Order.objects.filter(coupon__isnull=False).exclude(status__in=ENDED):
            assert holders.setdefault(order.coupon_id, order) is order, "two orders have one coupon"
        for coupon in Coupon.objects.all():
            holder = holders.pop(coupon.pk, None)
            expected = ("claimed", None)
            if holder:
                expected = ("used" if holder.paid_at else "locked", holder.no)
            assert (coupon.state, coupon.locked_by) == expected
            assert (coupon.used_at is not None) == (coupon.state == "used")
        assert not holders
        for known in Plan.objects.all():
            mine = Counter(known.coupons.values_list("user", flat=True))
            assert known.claimed_count == sum(mine.values()) <= (known.total_limit or 10**9)
            assert max(mine.values(), default=0) <= known.per_user_limit

    def check_money(self, order):
        assert 0 <= order.total_fen == order.subtotal_fen - order.discount_fen
        assert bool(order.discount_fen) == bool(order.coupon_id)
        if order.paid_at:
            assert order.paid_fen == order.total_fen
        if order.status in ENDED:
            assert order.refunded_fen == order.paid_fen


class Hand:
    """Somebody who does one thing after the other in the shop, by dice of their own."""

    def __init__(self, shop, seed):
        self.shop, self.dice = shop, Random(seed)

    def step(self):
        """Whether a step was done; a refusal is counted."""
        try:
            return bool(getattr(self, self.dice.choice(STEPS))())
        except Refusal as refusal:
            with self.shop.counting:
                self.shop.refused[refusal.code] += 1
            return False

    def do(self, work):
        return transact(work, actor="tests") or True

    def pick(self, *states):
        """The number of one of the newest orders in these states, or of any with a coupon."""
        found = Order.objects.filter(store=self.shop.store, status__in=states).order_by("-pk")
        if self.dice.random() < 0.3:
            found = found.filter(coupon=self.dice.choice([*all_coupons(), 0]))
        numbers = list(found.values_list("no", flat=True)[:9])
        return self.dice.choice(numbers) if numbers else None

    def claim(self):
        guest, known = self.dice.choice(self.shop.guests), self.dice.choice(self.shop.plans)
        return self.do(lambda tx: coupons.claim(tx, known, guest.user))

    def order(self):
        guest = self.dice.choice(self.shop.guests)
        mine = list(Coupon.objects.filter(user=guest.user).order_by("-pk").values_list("pk", flat=True)[:9])
        lines = [
            {"dish": self.dice.choice(self.shop.menu).pk, "quantity": self.dice.choice([1, 1, 2, 3])}
            for _ in range(self.dice.choice([1, 2]))
        ]
        body = {"store": self.shop.store.code, "kind": "pickup", "lines": lines}
        body["coupon"] = self.dice.choice([None, *mine, *mine])
        return self.do(lambda tx: submit.submit(tx, actor=guest, order=body))

    def pay(self):
        no = self.pick("pending_payment")
        return no and self.do(lambda tx: payment.settle(tx, no, actor=self.shop.clerk, channel="cash"))

    def cancel(self):
        no = self.pick(*LIVE)
        return no and self.do(lambda tx: actions.cancel(tx, no, actor=self.shop.clerk))

    def reject(self):
        no = self.pick("placed")
        return no and self.do(lambda tx: actions.reject(tx, no, actor=self.shop.clerk))

    def expire(self):
        Order.objects.filter(no=self.pick("pending_payment")).update(expires_at=clock.now())
        return expiry.expire_due()

    def refund(self):
        no = self.pick("placed", *ENDED)
        how = self.dice.choice([{}, {"amount_fen": self.dice.randint(1, 900)}])
        return no and self.do(lambda tx: payment.refund(tx, no, actor=self.shop.clerk, reason="慢", **how))

    def restock(self):
        pk, more = self.dice.choice(list(self.shop.portions)), self.dice.randint(0, 4)

        def work(tx):
            left = tx.lock_one(transactions.Lock.DISH, Dish.objects.filter(pk=pk)).remaining
            return dishes.set_stock(tx, pk, left + more)

        self.do(work)
        with self.shop.counting:
            self.shop.portions[pk] += more
        return True

    def lapse(self):
        """A coupon's time runs out, or (so that it does not run dry) begins anew."""
        pk = self.dice.choice([*all_coupons(), None])
        at = clock.now() + timedelta(days=self.dice.choice([-1, 1, 1]))
        return Coupon.objects.filter(pk=pk).update(expires_at=at)
