"""The menu ahead of Django: fresh within one event, built once, and what Django refuses stays refused."""

import asyncio
import threading

import orjson
import pytest
from django.db import connections

from hub import wakeup
from hub.transactions import transact
from ordering.dishes import actions, menu, menu_asgi
from ordering.dishes.menu_asgi import MenuApp

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/stores/teahouse/menu/"
HOST = (b"host", b"menu.example")


class Stream:
    """What a process knows of a stream, as the test says."""

    version, fresh = 0, True


class Front:
    """The fast path with a counting Django behind it."""

    def __init__(self):
        self.stream, self.followed, self.passed = Stream(), [], []
        self.app = MenuApp(self.inner, self.follow)

    async def follow(self, key):
        self.followed.append(key)
        return self.stream

    async def inner(self, scope, receive, send):
        self.passed.append(scope["path"])
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"django"})

    async def get(self, *headers, method="GET", path=PATH, query=b"", kind="http", scheme="http", host=HOST):
        scope = {"type": kind, "method": method, "path": path, "query_string": query, "scheme": scheme}
        scope["headers"] = [*([host] if host else []), *headers]
        sent = []

        async def send(message):
            sent.append(message)

        await self.app(scope, None, send)
        assert [m["type"] for m in sent] == ["http.response.start", "http.response.body"]
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.fixture
def front(store, cook, settings):
    settings.ALLOWED_HOSTS = ["menu.example"]
    settings.CORS_ALLOWED_ORIGINS = []
    cook("红烧肉", remaining=3)
    return Front()


@pytest.fixture
def builds(monkeypatch):
    """How often the document was built."""
    made, real = [], menu.document

    def count(store):
        made.append(store.code)
        return real(store)

    monkeypatch.setattr(menu, "document", count)
    return made


def in_thread(work):
    """Run ORM work in a thread that leaves no connection behind."""

    def run():
        try:
            return work()
        finally:
            connections.close_all()

    return asyncio.to_thread(run)


async def test_it_serves_the_document_from_memory(front, store, builds):
    status, headers, body = await front.get()
    document = await in_thread(lambda: menu.document(store))
    builds.clear()
    assert (status, body) == (200, document.body)
    assert headers == {
        b"content-type": b"application/json",
        b"cache-control": b"no-cache",
        b"etag": document.etag.encode(),
        b"x-content-type-options": b"nosniff",
        b"content-length": str(len(body)).encode(),
    }
    assert await front.get() == (status, headers, body)
    assert (await front.get(method="HEAD")) == (200, headers, b"")
    assert (builds, front.passed, front.followed) == ([], [], ["menu:teahouse"])


@pytest.mark.parametrize(
    ("condition", "status"),
    [("{}", 304), ("W/{}", 304), ('"other", {}', 304), ("*", 304), ('"other"', 200), ("nonsense", 200)],
)
async def test_an_etag_that_is_known_is_answered_304(front, condition, status):
    etag = (await front.get())[1][b"etag"].decode()
    answer = await front.get((b"if-none-match", condition.format(etag).encode()))
    assert answer[0] == status
    assert (answer[2] == b"") is (status == 304)
    assert answer[1][b"etag"].decode() == etag


async def test_only_allowed_hosts_are_answered(front):
    await front.get()
    for host in (b"evil.example", b"menu.example.evil", b"", b"a b", b"menu.example:80x", b"\xff"):
        assert (await front.get(host=(b"host", host)))[0] == 299
        assert (await front.get(host=(b"host", host)))[0] == 299
    assert (await front.get(host=None))[0] == 299
    assert (await front.get((b"host", b"evil.example")))[0] == 299
    assert (await front.get(host=(b"host", b"menu.example:8000")))[0] == 200


@pytest.mark.parametrize(
    "unusual",
    [
        {"method": "POST"},
        {"method": "OPTIONS"},
        {"query": b"x=1"},
        {"path": "/api/v1/stores/teahouse/menu"},
        {"path": "/api/v1/stores/teahouse/dishes/"},
        {"path": "/api/v1/stores/nobody/menu/"},
        {"kind": "websocket"},
    ],
)
async def test_what_is_unusual_goes_to_django(front, unusual):
    await front.get()
    assert (await front.get(**unusual))[0] == 299
    assert front.followed == ["menu:teahouse"]


async def test_a_process_that_may_be_behind_leaves_it_to_django(front):
    await front.get()
    front.stream.fresh = False
    assert (await front.get())[0] == 299
    front.stream.fresh = True
    assert (await front.get())[0] == 200


async def test_where_https_is_demanded_plain_http_is_djangos(store, settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["menu.example"], True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    front = Front()
    assert (await front.get())[0] == 299
    assert (await front.get((b"x-forwarded-proto", b"http")))[0] == 299
    assert (await front.get((b"x-forwarded-proto", b"https")))[0] == 200
    assert (await front.get(scheme="https"))[0] == 200


async def test_cross_origin_requests_are_djangos(store, settings):
    settings.ALLOWED_HOSTS, settings.CORS_ALLOWED_ORIGINS = ["menu.example"], ["https://h5.example"]
    front = Front()
    assert (await front.get((b"origin", b"https://h5.example")))[0] == 299
    status, headers, _ = await front.get()
    assert (status, headers[b"vary"]) == (200, b"origin")


@pytest.mark.both
async def test_it_is_fresh_within_one_event(front, store, cook, monkeypatch):
    dish = await in_thread(lambda: cook("鲈鱼"))
    bus = wakeup.Bus()
    monkeypatch.setattr(wakeup, "bus", bus)

    def arrive(run):
        front.stream.version += run.stream == store.menu_stream

    bus.attach(asyncio.get_running_loop(), arrive)
    for action, gone in ((actions.sell_out, True), (actions.restore, False)) * 3:
        await front.get()
        change = lambda tx, action=action: action(tx, dish.pk)  # noqa: E731
        await in_thread(lambda change=change: transact(change, actor="system"))
        _, _, body = await front.get()
        document = orjson.loads(body)
        (shown,) = [d for d in document["categories"][0]["dishes"] if d["id"] == dish.pk]
        assert shown["sold_out"] is gone
        assert document["cursor"] == await in_thread(lambda: menu.position(store))


async def test_without_the_stream_it_would_be_stale(front, store, cook):
    """The control: nothing tells the front of the event, and it serves the old menu."""
    dish = await in_thread(lambda: cook("鲈鱼"))
    before = await front.get()
    await in_thread(lambda: transact(lambda tx: actions.sell_out(tx, dish.pk), actor="system"))
    assert await front.get() == before


async def test_many_who_come_at_once_wait_for_one_build(front, builds):
    await front.get()
    builds.clear()
    front.stream.version += 1
    answers = await asyncio.gather(*(front.get() for _ in range(50)))
    assert {status for status, _, _ in answers} == {200}
    assert builds == ["teahouse"]


async def test_who_comes_after_an_event_never_gets_a_build_from_before_it(front, store, cook, monkeypatch):
    dish = await in_thread(lambda: cook("鲈鱼"))
    await front.get()
    reading, go_on, real = threading.Event(), threading.Event(), menu.document

    def slow(store):
        document = real(store)
        reading.set()
        go_on.wait(10)
        return document

    monkeypatch.setattr(menu, "document", slow)
    front.stream.version += 1
    first = asyncio.create_task(front.get())
    await asyncio.to_thread(reading.wait, 10)
    await in_thread(lambda: transact(lambda tx: actions.sell_out(tx, dish.pk), actor="system"))
    front.stream.version += 1
    second = asyncio.create_task(front.get())
    await asyncio.sleep(0.05)
    go_on.set()
    await first
    document = orjson.loads((await second)[2])
    assert [d["sold_out"] for d in document["categories"][0]["dishes"]] == [False, True]


async def test_a_request_that_goes_away_does_not_take_the_build_with_it(front, builds):
    await front.get()
    front.stream.version += 1
    leaving = asyncio.create_task(front.get())
    staying = asyncio.create_task(front.get())
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying)[0] == 200


async def test_a_database_that_does_not_answer_is_djangos_to_explain(front, monkeypatch):
    await front.get()
    front.stream.version += 1

    def fail(store):
        raise menu_asgi.DatabaseError("gone")

    monkeypatch.setattr(menu, "document", fail)
    assert (await front.get())[0] == 299
    monkeypatch.undo()
