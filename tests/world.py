"""A store in which anything can be done, watched through every view: rows before + events = rows after."""

from itertools import count

import orjson

from consumers import board, counter, diner, kitchen, menu
from hub import eventlog
from hub.errors import Refusal
from hub.models import Stream
from hub.transactions import transact
from hub.views import SKIP
from kitchen import actions as line
from kitchen.models import ScreenState
from ordering.carts import actions as carts
from ordering.carts import submit as cart_submit
from ordering.carts.models import CartLine
from ordering.dishes.models import Dish
from ordering.dishes.sheets.actions import import_menu
from ordering.orders import actions, payment, submit, tables
from ordering.orders.models import Line, Order
from ordering.payments.models import Payment, Refund
from ordering.restaurant import tokens
from ordering.restaurant.models import DiningTable, Store, TableDiner, TableSession
from tests import factories
from tests.ordering.dishes.sheets import books

STATIONS = ("wok", "cold", "bar")
WRITTEN = (
    *(Order, Line, Payment, Refund, Dish, DiningTable, TableSession, TableDiner, CartLine, Store, Stream),
    ScreenState,
)
numbers = count(1)


def views(store, nos):
    """(kind, stream, stations, log) of every view of a store, and of each order's own."""
    wide = [
        (kitchen.TICKETS, store.stream, None),
        *((kitchen.TICKETS, store.stream, frozenset({station})) for station in STATIONS),
        (kitchen.TICKETS, store.stream, frozenset({"wok", "bar"})),
        (counter.SCREEN.sources["store"].view, store.stream, None),
        (board.SCREEN.sources["store"].view, store.stream, None),
        (menu.MENU.view, store.menu_stream, None),
    ]
    order, cart = (diner.SCREEN.sources[kind].view for kind in ("order", "table"))
    tables = [(cart, session.stream, None) for session in sessions_of(store)]
    return wide + tables + [(order, f"order:{no}", None) for no in nos]


def sessions_of(store):
    return TableSession.objects.filter(table__store=store).order_by("pk")


def rows(kind, stream, stations):
    """The view's snapshot as canonical JSON by key."""
    found = {}
    for key, version, card in kind.rows(stream, stations):
        data = kind.project(key, orjson.loads(orjson.dumps(card)), stations)
        if data is not None and data is not SKIP:
            found[key] = canonical(version, data)
    return found


def canonical(version, data):
    return orjson.dumps([version, data], option=orjson.OPT_SORT_KEYS)


def fold(before, events, kind, stream, stations):
    """The rows after these events by the client's rule."""
    found = dict(before)
    for event in events:
        if kind.keyed and event.key != stream:
            continue
        data = kind.project(event.key, orjson.loads(event.body), stations)
        if data is SKIP:
            continue
        if data is None:
            found.pop(event.key, None)
        else:
            found[event.key] = canonical(event.version, data)
    return found


class World:
    """One store with its people, and the eyes that watch every view while something is done to it."""

    def __init__(self, **fields):
        self.store = factories.store(f"w{next(numbers)}", **fields)
        code = self.store.code
        self.cook = factories.staff(f"cook-{code}", self.store, "kitchen").actor
        self.clerk = factories.staff(f"clerk-{code}", self.store, "counter").actor
        self.guests = [factories.person(f"guest{n}-{code}").actor for n in range(2)]
        self.stranger = factories.person(f"stranger-{code}").actor
        self.tablet = factories.screen(self.store, "kitchen", "wok")
        self.dishes = [
            factories.dish(self.store, "宫保鸡丁", remaining=14),
            factories.dish(self.store, "拍黄瓜", 800, station="cold"),
            factories.dish(self.store, "酸梅汤", 600, remaining=3, station="bar"),
            factories.dish(self.store, "赠菜", 0, station="cold"),
        ]
        self.dishes.append(factories.combo(self.store, {self.dishes[0]: 1, self.dishes[1]: 2}))
        self.tables = list(self.store.tables.select_related("store"))
        self.nos = []
        self.seen = set()
        self.refused = set()
        self.state = self._look()

    def _look(self):
        return {
            (kind.name, stream, stations): (kind, rows(kind, stream, stations))
            for kind, stream, stations in views(self.store, self.nos)
        }

    def _heads(self):
        return {s: head.seq for s, head in eventlog.heads(self._logs()).items()}

    def _logs(self):
        tables = [session.stream for session in sessions_of(self.store)]
        return [self.store.stream, self.store.menu_stream, *tables]

    def do(self, work, label="tests"):
        """Do it through the door and compare; what it answered, or the refusal's code."""
        return self.watch(lambda: transact(work, actor=label))

    def watch(self, work):
        """Do something and compare; a refusal must have changed nothing at all."""
        heads, rows_before = self._heads(), everything()
        try:
            answer = work()
        except Refusal as refusal:
            assert everything() == rows_before, "a refusal changes nothing"
            assert self._heads() == heads
            self.refused.add(refusal.code)
            return refusal.code
        if isinstance(answer, dict) and answer.get("no") and answer["no"] not in self.nos:
            self.nos.append(answer["no"])
        self._compare(heads)
        return answer

    def _compare(self, heads):
        news = {log: eventlog.read_after(log, heads.get(log, 0)) for log in self._logs()}
        now = self._look()
        for name, (kind, after) in now.items():
            log = name[1] if name[1] in news else self.store.stream
            before = self.state[name][1] if name in self.state else {}
            folded = fold(before, news[log], kind, name[1], name[2])
            assert folded == after, (name, [event.kind for event in news[log]])
        self._contiguous(heads, news)
        self.seen |= {event.kind for events in news.values() for event in events}
        self.state = now

    def _contiguous(self, heads, news):
        after = self._heads()
        for log, events in news.items():
            assert [event.seq for event in events] == list(range(heads.get(log, 0) + 1, after[log] + 1))

    # What can be done

    def lines(self, *wanted):
        """Basket lines from (dish, quantity) pairs."""
        return [{"dish": self.dishes[dish].pk, "quantity": quantity} for dish, quantity in wanted]

    def submit(self, actor, *wanted, table=None):
        """Submit an order; its number or a refusal's code."""
        body = {"store": self.store.code, "kind": "pickup", "lines": self.lines(*wanted), "remark": "快"}
        if table is not None:
            body |= {"kind": "dine_in", "table_token": tokens.write(self.tables[table])}
        answer = self.do(lambda tx: submit.submit(tx, actor=actor, order=body), actor.label)
        return answer["no"] if isinstance(answer, dict) else answer

    def move(self, action, no, actor, **fields):
        """A move of an order."""
        return self.do(lambda tx: action(tx, no, actor=actor, **fields), actor.label)

    def pay(self, no, actor=None):
        return self.move(payment.settle, no, actor or self.clerk, channel="cash")

    def line_ids(self, no):
        return list(Line.objects.filter(order__no=no).order_by("pk").values_list("pk", flat=True))

    def tap(self, action, pk, actor=None, **fields):
        """A move of a line."""
        actor = actor or self.cook
        return self.do(lambda tx: action(tx, pk, actor=actor, **fields), actor.label)

    def ticket(self, no, station, actor=None):
        batch = Line.objects.filter(order__no=no).values_list("batch_id", flat=True).last()
        actor = actor or self.cook
        return self.do(lambda tx: line.ticket_ready(tx, batch, station, actor=actor), actor.label)

    def dish(self, action, number, *arguments):
        return self.do(lambda tx: action(tx, self.dishes[number].pk, *arguments))

    def menu(self, **sheets):
        """Import a workbook of these rows."""
        content = books.menu(**sheets)
        return self.do(lambda tx: import_menu(tx, self.store, content))

    def switch(self, action):
        return self.do(lambda tx: action(tx, Store.objects.get(pk=self.store.pk)) and None)

    def table(self, action, number, *arguments):
        return self.do(lambda tx: action(tx, self.tables[number], *arguments) and None)

    def move_table(self, number, target):
        return self.do(lambda tx: tables.move(tx, self.tables[number], target, actor=self.clerk) and None)

    def pay_table(self, number, amount_fen):
        """One bill for all of a table."""
        paid = {"actor": self.clerk, "amount_fen": amount_fen}
        return self.do(lambda tx: tables.pay(tx, self.tables[number], **paid) and None)

    def close_table(self, number):
        """The guests leave, and their cart goes."""
        return self.do(lambda tx: carts.close_table(tx, self.tables[number]) and None)

    def session(self, number):
        """Who sits at the table."""
        return (
            TableSession.objects.select_related("table__store")
            .filter(open_key=self.tables[number].pk)
            .first()
        )

    def cart(self, number, action, *arguments, actor=None, **fields):
        """Something with the table's cart, if somebody sits there."""
        session = self.session(number)
        fields |= {"actor": actor} if actor else {}
        return session and self.do(lambda tx: action(tx, session, *arguments, **fields))

    def put(self, number, actor, dish, quantity=1):
        """A dish into the cart; the id of its line or a refusal's code."""
        line = {"dish": self.dishes[dish].pk, "quantity": quantity}
        answer = self.cart(number, carts.add, actor=actor, line=line)
        return answer["id"] if isinstance(answer, dict) else answer

    def order_cart(self, number, actor, **said):
        """Submit the cart; the order's number or a refusal's code."""
        answer = self.cart(number, cart_submit.submit, actor=actor, **said)
        return answer["no"] if isinstance(answer, dict) else answer

    def placed(self, *wanted, **fields):
        """A paid order."""
        no = self.submit(self.guests[0], *(wanted or [(0, 1), (1, 2)]), **fields)
        self.pay(no)
        return no

    def accepted(self, *wanted, **fields):
        no = self.placed(*wanted, **fields)
        self.move(actions.accept, no, self.clerk)
        return no


def everything():
    """Every row that an action could touch."""
    return [list(model.objects.order_by("pk").values_list()) for model in WRITTEN]
