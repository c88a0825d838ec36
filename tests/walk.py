"""Random walks over all actions: anybody does anything at any time, and every view is compared."""

import random
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from kitchen import actions as line
from ordering.carts import actions as carts
from ordering.carts.models import CartLine
from ordering.dishes import actions as dishes
from ordering.orders import actions, batches, expiry, forecast, payment
from ordering.orders.models import Order
from ordering.orders.states import LIVE
from ordering.restaurant import actions as stores
from ordering.restaurant import sessions
from tests.world import STATIONS, World

STORES = [{}, {"pay_first": False}, {"auto_accept": True}, {"pay_first": False, "auto_accept": True}]
DICE = st.integers(0, 2**32 - 1)


class Walk(RuleBasedStateMachine):
    """Anybody does anything at any time; most of it is refused, and all of it is compared."""

    def __init__(self):
        super().__init__()
        self.before = transaction.savepoint()

    def teardown(self):
        transaction.savepoint_rollback(self.before)

    @initialize(fields=st.sampled_from(STORES))
    def enter(self, fields):
        self.world = World(**fields)
        self.world.accepted((0, 1), (1, 1), (2, 1))

    def pick(self, dice):
        """Somebody, an order and a line of it, by chance."""
        world, chance = self.world, random.Random(dice)
        who = chance.choice([world.clerk, world.clerk, world.cook, world.cook, *world.guests, world.stranger])
        no = chance.choice(world.nos[-3:])
        return chance, who, no, chance.choice(world.line_ids(no))

    @rule(dice=DICE)
    def submit(self, dice):
        chance = random.Random(dice)
        wanted = [(chance.randrange(5), chance.choice([1, 1, 2, 7])) for _ in range(chance.choice([1, 2, 3]))]
        table = chance.choice([None, None, 0, 1])
        self.world.submit(chance.choice([*self.world.guests, self.world.clerk]), *wanted, table=table)

    @rule(dice=DICE)
    def pay(self, dice):
        self.world.pay(self.world.nos[-1 - dice % len(self.world.nos)])

    @rule(dice=DICE, name=st.sampled_from(["accept", "accept", "reject", "cancel", "complete", "complete"]))
    def decide(self, dice, name):
        _, who, no, _ = self.pick(dice)
        self.world.move(getattr(actions, name), no, who)

    @rule(dice=DICE, name=st.sampled_from(["request_cancel", "approve_cancel", "refuse_cancel", "rush"]))
    def ask(self, dice, name):
        _, who, no, _ = self.pick(dice)
        self.world.move(getattr(actions, name), no, who)

    @rule(dice=DICE, answer=st.sampled_from(["soon", "five_minutes", "missing"]))
    def answer(self, dice, answer):
        self.world.move(actions.answer_rush, self.pick(dice)[2], self.world.cook, answer=answer)

    @rule(dice=DICE)
    def more(self, dice):
        chance, who, no, _ = self.pick(dice)
        lines = self.world.lines((chance.randrange(5), 1), (chance.randrange(5), 1))
        self.world.move(batches.add, no, who, lines=lines)

    @rule(dice=DICE)
    def refund(self, dice):
        chance, _, no, pk = self.pick(dice)
        how = chance.choice(
            [{}, {"amount_fen": chance.choice([1, 500])}, {"lines": [{"line": pk, "quantity": 1}]}]
        )
        self.world.move(payment.refund, no, self.world.clerk, reason="退款", **how)

    @rule(dice=DICE, name=st.sampled_from(["start", "ready", "ready", "recall", "serve", "fire"]))
    def cook(self, dice, name):
        _, who, _, pk = self.pick(dice)
        self.world.tap(getattr(line, name), pk, who if dice % 4 == 0 else self.world.cook)

    @rule(dice=DICE)
    def void(self, dice):
        self.world.tap(line.void, self.pick(dice)[3], self.world.clerk, reason="没有了")

    @rule(dice=DICE, station=st.sampled_from(STATIONS))
    def bump(self, dice, station):
        self.world.ticket(self.pick(dice)[2], station)

    @rule(dish=st.integers(0, 4), name=st.sampled_from(["sell_out", "restore"]))
    def sell_out(self, dish, name):
        self.world.dish(getattr(dishes, name), dish)

    @rule(dish=st.integers(0, 3), left=st.sampled_from([None, 0, 3, 11, 40]))
    def stock(self, dish, left):
        self.world.dish(dishes.set_stock, dish, left)

    @rule(name=st.sampled_from(["pause_store", "open_store", "open_store"]))
    def switch(self, name):
        self.world.switch(getattr(stores, name))

    @rule(table=st.integers(0, 3), name=st.sampled_from(["join", "settle", "close"]))
    def sit(self, table, name):
        if name == "close":
            self.world.close_table(table)
        else:
            self.world.table(getattr(sessions, name), table)

    @rule(
        dice=DICE, table=st.integers(0, 3), name=st.sampled_from(["put", "put", "change", "remove", "order"])
    )
    def share(self, dice, table, name):
        chance, world = random.Random(dice), self.world
        who, ids = chance.choice(world.guests), list(CartLine.objects.values_list("pk", flat=True))
        line = chance.choice([*ids, "none"])
        if name == "put":
            world.put(table, who, chance.randrange(5), chance.choice([1, 1, 3]))
        elif name == "change":
            fields = {"quantity": chance.choice([1, 2, 9])}
            world.cart(table, carts.change, line, actor=who, fields=fields)
        elif name == "remove":
            world.cart(table, carts.remove, line)
        else:
            world.order_cart(table, who)

    @rule(table=st.integers(0, 3), to=st.sampled_from(["t1", "t2", "t4", "nowhere"]))
    def change_tables(self, table, to):
        self.world.move_table(table, to)

    @rule(table=st.integers(0, 3))
    def pay_for_all(self, table):
        due = sum(order.due_fen for order in self.live(self.world.tables[table]))
        self.world.pay_table(table, max(1, due))

    def live(self, table):
        return Order.objects.filter(session__open_key=table.pk, status__in=LIVE)

    @rule(dice=DICE)
    def time_passes(self, dice):
        no, past = self.pick(dice)[2], timezone.now() - timedelta(days=1)
        Order.objects.filter(no=no, expires_at__isnull=False).update(expires_at=past)
        Order.objects.filter(no=no, ready_at__isnull=False).update(ready_at=past)
        self.world.state = self.world._look()
        self.world.watch(expiry.expire_due)
        self.world.watch(expiry.complete_due)
        Order.objects.update(eta_told_at=past)
        self.world.watch(forecast.follow_due)
