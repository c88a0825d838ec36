"""A restaurant in full swing, asked at every address. A new route needs one line in a table here."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from hub import clock
from hub.eventlog import create_stream, ensure_epoch
from hub.models import Job
from hub.transactions import transact
from ordering.carts import actions as carts
from ordering.coupons.models import Plan
from ordering.orders import actions, payment, submit
from ordering.orders.models import Batch, Line, Order
from ordering.restaurant import tokens
from ordering.restaurant.models import TableSession
from ordering.reviews.models import Feedback, Review
from ordering.users import actions as users
from ordering.users import devices
from ordering.users.models import Invitation
from tests import factories
from tests.permissions.callers import (
    COOK,
    COUNTER,
    DINER,
    DISABLED,
    MANAGER,
    OWNER,
    REVOKED,
    TABLEMATE,
    TABLET,
)

ABSENT_ID = 10**9
ABSENT_NO = "01J9ZZZZZZZZZZZZZZZZZZZZZZ"

# What a parameter stands for. Of those with one name the first whose part is in the route.
PARAMETERS: dict[tuple[str, str], Callable[["House"], Any]] = {
    ("pk", "refunds/"): lambda house: house.refund,
    ("pk", "reviews/"): lambda house: house.review,
    ("pk", "feedback/"): lambda house: house.feedback,
    ("pk", "coupons/"): lambda house: house.plan,
    ("pk", "dishes/"): lambda house: house.dish.pk,
    ("pk", "categories/"): lambda house: house.dish.category_id,
    ("pk", "stations/"): lambda house: house.dish.station_id,
    ("pk", "tables/"): lambda house: house.table.pk,
    ("pk", "jobs/"): lambda house: house.job,
    ("pk", "devices/"): lambda house: house.spare,
    ("pk", "kitchen/lines/"): lambda house: house.line,
    ("pk", "invitations/"): lambda house: house.invitation,
    ("no", "orders/"): lambda house: house.no,
    ("session", "table-sessions/"): lambda house: house.session.no,
    ("line", "table-sessions/"): lambda house: house.cart_line,
    ("batch", "kitchen/tickets/"): lambda house: house.batch,
    ("station", ""): lambda house: "wok",
    ("code", ""): lambda house: house.store.code,
    ("store", ""): lambda house: house.store.code,
    ("uid", "staff/"): lambda house: house.cast[COOK].user.uid,
    ("sid", "sessions/"): lambda house: ABSENT_NO,
}
ABSENT = {"pk": ABSENT_ID, "no": ABSENT_NO, "batch": ABSENT_ID, "uid": ABSENT_NO, "sid": ABSENT_NO}
ABSENT |= {"session": ABSENT_NO, "line": ABSENT_NO, "station": "wok", "code": "nowhere", "store": "nowhere"}

# Bodies where the shape is looked at before the rights.
BODIES: dict[str, Callable[["House"], dict[str, Any]]] = {
    "POST /api/v1/orders/": lambda house: house.basket(),
    "POST /api/v1/orders/quote/": lambda house: house.basket(),
    "POST /api/v1/orders/{no}/batches/": lambda house: {"lines": house.basket()["lines"]},
    "POST /api/v1/table-sessions/{session}/cart/lines/": lambda house: house.basket()["lines"][0],
    "POST /api/v1/orders/{no}/pay/": lambda house: {"channel": "cash"},
    "POST /api/v1/coupons/": lambda house: {"store": house.store.code},
    "POST /api/v1/devices/pair/": lambda house: {"store": house.store.code, "kind": "board", "name": "屏"},
    "POST /api/v1/stores/{code}/invitations/": lambda house: {"role": "kitchen", "name": "王"},
    "POST /api/v1/stores/{code}/staff/": lambda house: {
        "username": "new",
        "role": "kitchen",
        "password": "Wok-1234!",
    },
}
# Addresses that ask ?store= because their path names none.
OF_A_STORE = (
    "/api/v1/audit/",
    "/api/v1/coupons/",
    "/api/v1/devices/",
    "/api/v1/jobs/dead/",
    "/api/v1/payments/differences/",
    "/api/v1/reports/",
)


def build() -> "House":
    """lin's dine-in order is in the kitchen and a friend has one at the same table; two are out of favour."""
    ensure_epoch()
    create_stream("auth")
    store = factories.store()
    cast: dict[str, Any] = {OWNER: factories.person("lin"), DINER: factories.person("zhao")}
    cast |= {TABLEMATE: factories.person("chen"), TABLET: factories.screen(store, "kitchen", "wok")}
    for caller, name in ((COOK, "kitchen"), (COUNTER, "counter"), (MANAGER, "manager")):
        cast[caller] = factories.staff(name, store, name)
    cast |= {DISABLED: factories.staff("gone", store, "manager"), REVOKED: factories.screen(store, "kitchen")}
    house = House(store, cast)
    transact(lambda tx: devices.revoke(tx, cast[REVOKED].device), actor="tests")
    transact(lambda tx: users.disable_user(tx, cast[DISABLED].user), actor="tests")
    return house


class House:
    """One of each thing, and everybody who may come for it."""

    def __init__(self, store: Any, cast: dict[str, Any]) -> None:
        self.store, self.cast = store, cast
        self.table = store.tables.select_related("store").get(code="t1")
        self.dish = factories.dish(store)
        self.no = self.order(OWNER)
        self.order(TABLEMATE)
        self.session = TableSession.objects.select_related("table__store").get()
        shared = {"actor": cast[OWNER].actor, "line": self.basket()["lines"][0]}
        self.cart_line = transact(lambda tx: carts.add(tx, self.session, **shared), actor="tests")["id"]
        self.batch = Batch.objects.get(order__no=self.no).pk
        self.line = Line.objects.get(order__no=self.no).pk
        self.spare = factories.screen(store, "board").device.pk
        self.refund = factories.failed_refund(store, self.no).pk
        said = {"store": store, "user": cast[OWNER].user, "text": "好"}
        order = Order.objects.get(no=self.no)
        self.review = Review.objects.create(order=order, rating=5, state="published", **said).pk
        self.feedback = Feedback.objects.create(kind="praise", **said).pk
        fixed = {"name": "满减", "kind": "fixed", "amount_fen": 800, "valid_days": 30}
        self.plan = Plan.objects.create(store=store, **fixed).pk
        offer = {"role": "kitchen", "code_hash": "x", "expires_at": clock.now() + timedelta(days=3)}
        self.invitation = Invitation.objects.create(store=store, **offer).pk
        job = {"kind": "message.ready", "key": self.no, "store": store.code}
        self.job = Job.objects.create(**job, created_at=clock.now(), dead_at=clock.now()).pk

    def basket(self) -> dict[str, Any]:
        """A submit for pickup."""
        lines = [{"dish": self.dish.pk, "quantity": 1}]
        return {"store": self.store.code, "kind": "pickup", "lines": lines}

    def order(self, caller: str) -> str:
        """The number of a new order at the table, paid and in the kitchen."""
        diner, clerk = self.cast[caller].actor, self.cast[COUNTER].actor
        body = {**self.basket(), "kind": "dine_in", "table_token": tokens.write(self.table)}
        no = transact(lambda tx: submit.submit(tx, actor=diner, order=body), actor="tests")["no"]
        transact(lambda tx: payment.settle(tx, no, actor=clerk, channel="cash"), actor="tests")
        transact(lambda tx: actions.accept(tx, no, actor=clerk), actor="tests")
        return no

    def path(self, route: str, *, absent: bool = False) -> str:
        """The route with the parameters of things that are there, or of none."""
        path = route.format(**(ABSENT if absent else self.parameters(route)))
        return f"{path}?store={self.store.code}" if path.startswith(OF_A_STORE) and "{" not in route else path

    def parameters(self, route: str) -> dict[str, Any]:
        """What the route's parameters stand for."""
        return {name: self.parameter(name, route) for name in names_in(route)}

    def parameter(self, name: str, route: str) -> Any:
        """What one parameter stands for in this route."""
        for (known, part), thing in PARAMETERS.items():
            if known == name and part in route:
                return thing(self)
        raise AssertionError(f'{route}: add ("{name}", "…/") to PARAMETERS in tests/permissions/house.py')

    def ask(self, caller: str, row: dict[str, str], *, absent: bool = False) -> Any:
        """The answer to this caller."""
        who = self.cast.get(caller)
        api, method = who.api if who else factories.client(), row["method"]
        body = BODIES.get(f"{method} {row['route']}", lambda house: {})(self)
        headers = {"HTTP_IDEMPOTENCY_KEY": f"k{clock.now().timestamp()}"}
        path = self.path(row["route"], absent=absent)
        return getattr(api, method.lower())(path, None if method == "GET" else body, format="json", **headers)


def names_in(route: str) -> Iterable[str]:
    """The parameters of a route."""
    return (part.split("}")[0] for part in route.split("{")[1:])
