"""Who may call what: every address of the published matrix, asked by everybody."""

import json
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction

from hub import clock
from hub.models import Job
from hub.transactions import transact
from ordering.coupons.models import Plan
from ordering.orders import actions, payment, submit
from ordering.orders.models import Batch, Line, Order
from ordering.restaurant import sessions as table_sessions
from ordering.restaurant import tokens as table_tokens
from ordering.reviews.models import Feedback, Review
from ordering.users import actions as users
from ordering.users import devices
from ordering.users.permissions import access_list
from tests import factories
from tests.consumers import peers

pytestmark = pytest.mark.django_db

MATRIX = json.loads((Path(__file__).resolve().parent.parent / "docs/permissions.json").read_text("utf-8"))
ROWS = [row for row in MATRIX if row["access"] != "stream"]
SUBJECTS = {"": []}
for _row in ROWS:
    _parts = _row["route"].removeprefix("/api/v1/").split("/")
    SUBJECTS.setdefault(_parts[0] if "/api/v1/" in _row["route"] else "", []).append(_row)
ABSENT_ID = 10**9
ABSENT_NO = "01J9ZZZZZZZZZZZZZZZZZZZZZZ"
FORBIDDEN = {401, 403, 404}

# What each caller is, in the words of the matrix. The diner who owns the order also shares its table.
CALLERS = {
    "anonymous": set(),
    "owner": {"known", "user", "diner", "owner", "table"},
    "diner": {"known", "user", "diner"},
    "kitchen": {"known", "user", "diner", "kitchen", "staff"},
    "counter": {"known", "user", "diner", "counter", "staff"},
    "manager": {"known", "user", "diner", "counter", "manager", "staff"},
    "tablet": {"known", "kitchen", "staff"},
    "revoked": None,
    "disabled": None,
}
REPORTS = ("turnover", "orders", "average-ticket", "top-dishes", "prep-time", "reasons", "coupons")
OF_A_STORE = (
    *("/api/v1/coupons/", "/api/v1/devices/", "/api/v1/jobs/dead/", "/api/v1/payments/differences/"),
    *(f"/api/v1/reports/{name}/" for name in REPORTS),
)
STORE_LEVEL = ("/api/v1/stores/", "/api/v1/kitchen/{store}/", "/api/v1/devices/pair/")


@pytest.fixture
def house(store, lin, zhao, wang, fang, ma):
    """A store in full swing: lin's dine-in order is in the kitchen; two callers are out of favour."""
    dish = factories.dish(store)
    table = store.tables.select_related("store").get(code="t1")
    body = {"store": store.code, "kind": "dine_in", "table_token": table_tokens.write(table)}
    body["lines"] = [{"dish": dish.pk, "quantity": 1}]
    no = transact(lambda tx: submit.submit(tx, actor=lin.actor, order=body), actor="tests")["no"]
    transact(lambda tx: payment.settle(tx, no, actor=fang.actor, channel="cash"), actor="tests")
    transact(lambda tx: actions.accept(tx, no, actor=fang.actor), actor="tests")
    tablet, revoked = factories.screen(store, "kitchen"), factories.screen(store, "kitchen")
    gone = factories.staff("gone", store, "manager")
    transact(lambda tx: devices.revoke(tx, revoked.device), actor="tests")
    transact(lambda tx: users.disable_user(tx, gone.user), actor="tests")
    cast = {"owner": lin, "diner": zhao, "kitchen": wang, "counter": fang, "manager": ma}
    cast |= {"tablet": tablet, "revoked": revoked, "disabled": gone}
    return House(store, dish, table, no, cast)


class House:
    """The store's things as the matrix's parameters."""

    def __init__(self, store, dish, table, no, cast):
        self.store, self.dish, self.table, self.no, self.cast = store, dish, table, no, cast
        self.batch = Batch.objects.get(order__no=no).pk
        self.line = Line.objects.get(order__no=no).pk
        self.spare = factories.screen(store, "board")
        self.refund = factories.failed_refund(store, no).pk
        lin = cast["owner"].user
        said = {"store": store, "user": lin, "text": "好"}
        order = Order.objects.get(no=no)
        self.review = Review.objects.create(order=order, rating=5, state="published", **said).pk
        self.feedback = Feedback.objects.create(kind="praise", **said).pk
        fixed = {"name": "满减", "kind": "fixed", "amount_fen": 800, "valid_days": 30}
        self.plan = Plan.objects.create(store=store, **fixed).pk
        at = clock.now()
        self.job = Job.objects.create(
            kind="message.ready", key=no, store=store.code, created_at=at, dead_at=at
        ).pk

    def path(self, route, absent=False):
        """The route with the parameters of things that are there, or of none."""
        if absent:
            values = {
                "pk": ABSENT_ID,
                "no": ABSENT_NO,
                "batch": ABSENT_ID,
                "uid": ABSENT_NO,
                "sid": ABSENT_NO,
            }
            values |= {"station": "wok", "code": "nowhere", "store": "nowhere"}
            return route.format(**values)
        pk = next(
            pk
            for part, pk in (
                ("refunds/", self.refund),
                ("reviews/", self.review),
                ("feedback/", self.feedback),
                ("coupons/", self.plan),
                ("dishes/", self.dish.pk),
                ("categories/", self.dish.category_id),
                ("stations/", self.dish.station_id),
                ("tables/", self.table.pk),
                ("jobs/", self.job),
                ("devices/", self.spare.device.pk),
                ("", self.line),
            )
            if part in route
        )
        values = {"pk": pk, "no": self.no, "batch": self.batch, "station": "wok", "sid": ABSENT_NO}
        values |= {"code": self.store.code, "store": self.store.code, "uid": self.cast["kitchen"].user.uid}
        return route.format(**values)

    def body(self, route):
        """A body that gets past its shape where the shape is looked at before the rights."""
        lines = [{"dish": self.dish.pk, "quantity": 1}]
        order = {"store": self.store.code, "kind": "pickup", "lines": lines}
        bodies = {
            "/api/v1/orders/": order,
            "/api/v1/orders/quote/": order,
            "/api/v1/orders/{no}/pay/": {"channel": "cash"},
            "/api/v1/coupons/": {"store": self.store.code},
            "/api/v1/devices/pair/": {"store": self.store.code, "kind": "board", "name": "屏"},
            "/api/v1/stores/{code}/staff/": {"username": "new", "role": "kitchen", "password": "Wok-1234!"},
        }
        return bodies.get(route, {})

    def ask(self, caller, row, absent=False):
        """The answer to this caller."""
        who = self.cast.get(caller)
        api = who.api if who else factories.client()
        path = self.path(row["route"], absent)
        path += f"?store={self.store.code}" if path in OF_A_STORE else ""
        method = getattr(api, row["method"].lower())
        key = f"k{clock.now().timestamp()}{caller}"
        body = None if row["method"] == "GET" else self.body(row["route"])
        return method(path, body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def allowed(caller, access):
    """Whether the matrix lets this caller in; None for callers whose token is worth nothing."""
    words = set(access.split("|"))
    if words & {"anyone", "gateway"}:
        return True
    return bool(words & (CALLERS[caller] or set()))


def refusal(caller, row):
    """How this caller is refused: 401 unknown, 404 a foreign thing, 403 the wrong role."""
    if not CALLERS[caller]:
        return {401}
    if caller in ("diner", "owner") and "{" in row["route"] and not row["route"].startswith(STORE_LEVEL):
        is_own = caller == "owner" and ("orders/" in row["route"] or "kitchen/" in row["route"])
        return {403} if is_own else {404}
    return {403}


@contextmanager
def undone():
    """What happens here has not happened afterwards."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_everybody_everywhere(house, subject):
    for row in SUBJECTS[subject]:
        for caller in CALLERS if subject else ("anonymous", "owner", "revoked"):
            with undone():
                judge(caller, row, house.ask(caller, row))


def judge(caller, row, answer):
    """The answer must be what the matrix says of this caller."""
    code = answer.json()["code"] if is_problem(answer) else ""
    found = (row["method"], row["route"], caller, answer.status_code, code)
    assert answer.status_code < 500, found
    if not allowed(caller, row["access"]):
        assert answer.status_code in refusal(caller, row), found
    elif CALLERS[caller] is not None:
        assert code not in own_refusals(row, caller), found


def is_problem(answer):
    return answer.get("Content-Type") == "application/problem+json"


def own_refusals(row, caller):
    """The refusals that a caller who is let in may not get."""
    never = {"auth.required", "auth.forbidden", "resource.not_found", "auth.token_invalid"}
    if row["access"] == "gateway" or "/auth/" in row["route"]:
        return set()
    if row["route"].endswith(("/me/password/", "/me/phone/")):
        return never - {"auth.forbidden"}  # diners have no password, and not everybody came by WeChat
    if row["route"].endswith(("/sessions/{sid}/", "/orders/{no}/batches/", "/staff/{uid}/")):
        return never - {"resource.not_found", "auth.forbidden"}
    if row["route"].endswith("/pay/") and caller == "owner":
        return never - {"auth.forbidden"}  # cash is the counter's
    return never


def test_the_matrix_is_the_router(house):
    """A route that is not in the document fails here and in the contracts."""
    assert [line._asdict() for line in access_list()] == MATRIX


@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject not in ("", "auth", "me")])
def test_a_foreign_thing_answers_like_an_absent_one(house, other_store, subject):
    """A cook and a manager of another restaurant, and a diner who has nothing to do with it."""
    house.cast["cook next door"] = factories.staff("li", other_store, "kitchen")
    house.cast["manager next door"] = factories.staff("wu", other_store, "manager")
    for row in SUBJECTS[subject]:
        for caller in ("cook next door", "manager next door", "diner"):
            if "{" in row["route"] and row["access"] not in ("anyone", "user"):
                compare(house, caller, row)


def compare(house, caller, row):
    """Ask for what is there and for what is not."""
    there, absent = house.ask(caller, row), house.ask(caller, row, absent=True)
    found = (row["method"], row["route"], caller)
    if row["route"].startswith(STORE_LEVEL):
        # That a restaurant exists is no secret: its people and things are.
        assert (there.status_code, absent.status_code) == (403, 404), found
        return
    assert there.status_code == 404, (found, there.content)
    bodies = [json.loads(answer.content) for answer in (there, absent)]
    for body in bodies:
        body.pop("request_id")
    assert bodies[0] == bodies[1], found
    assert there.headers.keys() == absent.headers.keys()


def test_a_guest_at_the_table_may_only_add(house, zhao):
    token = table_tokens.write(house.table)
    guest = factories.client().post("/api/v1/auth/guest/", {"table_token": token}, format="json").json()
    api = factories.client(guest["access"])
    assert api.get(f"/api/v1/orders/{house.no}/").status_code == 404
    line = [{"dish": house.dish.pk, "quantity": 1}]
    body = {"store": house.store.code, "kind": "dine_in", "table_token": token, "lines": line}
    mine = api.post("/api/v1/orders/", body, format="json", HTTP_IDEMPOTENCY_KEY="a")
    assert mine.status_code == 201
    more = api.post(
        f"/api/v1/orders/{house.no}/batches/", {"lines": line}, format="json", HTTP_IDEMPOTENCY_KEY="b"
    )
    assert more.status_code == 201, "guests of one table order together"
    assert api.get(f"/api/v1/orders/{house.no}/").status_code == 404
    elsewhere = {**body, "kind": "pickup", "table_token": None}
    answer = api.post("/api/v1/orders/", elsewhere, format="json", HTTP_IDEMPOTENCY_KEY="c")
    assert answer.json()["code"] == "auth.forbidden"
    transact(lambda tx: table_sessions.close(tx, house.table), actor="tests")
    assert api.get("/api/v1/orders/").status_code == 401


def test_roles_contain_each_other_and_the_kitchen_stands_apart(house, boss):
    house.cast["boss"] = boss
    accept = {"route": "/api/v1/orders/{no}/accept/", "method": "POST"}
    start = {"route": "/api/v1/kitchen/lines/{pk}/start/", "method": "POST"}
    for caller in ("boss", "manager", "counter"):
        assert house.ask(caller, accept).json()["code"] == "order.transition_refused"
        assert house.ask(caller, start).json()["code"] == "auth.forbidden"
    assert house.ask("kitchen", accept).json()["code"] == "auth.forbidden"
    assert house.ask("kitchen", start).status_code == 200


@pytest.mark.django_db(transaction=True)
async def test_the_streams_over_rest(house):
    """The two addresses ahead of Django: whoever may see the stream, and nobody else."""
    order = {"stream": f"order:{house.no}", "view": "diner"}
    kitchen, counter = ({"stream": "store:demo", "view": view} for view in ("kitchen", "counter"))
    board, menu = {"stream": "store:demo", "view": "board"}, {"stream": "menu:demo", "view": "diner"}
    rights = {
        "anonymous": [menu],
        "owner": [menu, order],
        "diner": [menu],
        "kitchen": [menu, kitchen, board],
        "counter": [menu, counter, board],
        "manager": [menu, counter, board],
        "tablet": [menu, kitchen, board],
    }
    try:
        for caller, theirs in rights.items():
            token = house.cast[caller].token if caller in house.cast else None
            for question in (order, kitchen, counter, board, menu):
                status, _, body = await peers.get("/api/v1/rt/snapshot/", token, **question)
                expected = (200, None) if question in theirs else (404, "stream.not_found")
                assert (status, body.get("code")) == expected, (caller, question)
        for caller in ("revoked", "disabled"):
            status, _, body = await peers.get("/api/v1/rt/snapshot/", house.cast[caller].token, **menu)
            assert (status, body["code"]) == (401, "auth.token_invalid")
    finally:
        peers.stop_process()
