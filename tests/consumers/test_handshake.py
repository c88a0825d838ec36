"""The beginning of a connection: who may open one, hello and welcome, tokens, and how many at once."""

import asyncio
from datetime import timedelta

import pytest

from consumers import process, socket
from hub import clock
from ordering.users import tokens
from tests import factories
from tests.consumers.peers import Closed, Peer, act, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sockets")]

HOSTILE = [
    b"http://evil.example",
    b"https://testserver",
    b"http://testserver:8080",
    b"http://testserver.evil.example",
    b"http://evil.example/testserver",
    b"http://testserver@evil.example",
    b"http://testserver/",
    b"http://testserver#",
    b"null",
    b"file://",
    b"testserver",
    b"https://servicewechat.com.evil.example",
]
FRIENDLY = [b"http://testserver", b"http://testserver:80", b"https://servicewechat.com", b"weapp://wx1/1"]


def origin(value):
    return [(b"origin", value)]


async def test_only_our_own_pages_and_configured_ones_get_in(db):
    for value in HOSTILE:
        assert (await Peer("diner", headers=origin(value)).connect()).accepted is None, value
    for value in FRIENDLY:
        peer = await Peer("diner", headers=origin(value)).connect()
        assert peer.accepted == {"type": "websocket.accept", "subprotocol": "hub.v1"}, value


async def test_a_page_behind_a_proxy_with_tls_is_our_own(settings, db):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    forwarded = [(b"x-forwarded-proto", b"https")]
    assert (await Peer("diner", headers=origin(b"https://testserver") + forwarded).connect()).accepted
    assert (await Peer("diner", headers=origin(b"http://testserver") + forwarded).connect()).accepted is None


async def test_an_address_without_a_screen_is_refused_at_the_handshake(db):
    for path in ("/ws/", "/ws/manager/", "/ws/diner", "/", "/ws/diner/x/"):
        assert (await Peer("diner", path=path).connect()).accepted is None


async def test_no_subprotocol_is_accepted_and_another_one_is_told(db):
    assert (await Peer("diner", subprotocols=()).connect()).accepted["subprotocol"] is None
    both = await Peer("diner", subprotocols=("graphql-ws", "hub.v1")).connect()
    assert both.accepted["subprotocol"] == "hub.v1"
    assert await (await Peer("diner", subprotocols=("hub.v2",)).connect()).closing() == 4526


async def test_welcome_says_what_the_client_needs(lunch, wang):
    peer = await Peer("kitchen").connect()
    peer.hello(wang.token)
    welcome = await peer.next()
    assert welcome.keys() == {"type", "version", "connection", "now", "heartbeat", "window"}
    assert (welcome["version"], welcome["heartbeat"], welcome["window"]) == (1, 5, 256)
    diner = await Peer("diner").connect()
    diner.hello(lunch.lin.token)
    assert (await diner.next())["heartbeat"] == 20


async def test_a_token_in_the_header_or_in_hello_is_the_same(lunch):
    wanted = {"stream": f"order:{lunch.no}"}
    in_hello = await opened("diner", lunch.lin.token, wanted)
    in_header = await opened("diner", None, wanted, headers=[bearer(lunch.lin.token)])
    assert in_hello.streams == in_header.streams


def bearer(token):
    return (b"authorization", f"Bearer {token}".encode())


async def test_the_token_of_hello_counts_more_than_the_header(lunch, zhao):
    peer = await Peer("diner", token=zhao.token).connect()
    peer.hello(lunch.lin.token, {"stream": f"order:{lunch.no}"})
    await peer.until("live")


async def test_a_first_frame_that_is_no_hello_closes(db):
    for first in ('{"type":"ack","received":0}', "x", "", "[]", '{"type":"hello"}', "null"):
        peer = await Peer("diner").connect()
        peer.send_text(first)
        assert await peer.closing() == 4500, first


async def test_a_second_hello_closes(db):
    peer = await opened("diner", None)
    peer.hello()
    assert await peer.closing() == 4500


async def test_another_version_is_told(db):
    for version in (0, 2, 99):
        peer = await Peer("diner").connect()
        peer.hello(version=version)
        assert await peer.closing() == 4526


async def test_no_hello_in_time_closes(db, monkeypatch):
    monkeypatch.setattr(socket, "HELLO_SECONDS", 0.2)
    peer = await Peer("diner").connect()
    assert await peer.closing(2) == 4005


def signed(person, age, kind="access"):
    """A token of this person's log-in that was issued ``age`` seconds ago."""
    claims = tokens.read(person.token, "access")
    at = clock.now() - timedelta(seconds=age)
    return tokens.sign(kind, uid=claims.uid, sid=claims.sid, gen=claims.gen, issued_at=at)


async def test_an_expired_token_says_refresh_and_a_bad_one_says_stay_away(lunch):
    async def code(token):
        peer = await Peer("diner").connect()
        peer.hello(token)
        return await peer.closing()

    assert await code(signed(lunch.lin, 3600)) == 4003
    assert await code(signed(lunch.lin, 0, "refresh")) == 4501
    assert await code(lunch.lin.refresh) == 4501
    for bad in ("garbage", "a.b.c", "dev_" + "x" * 43, "dev_", lunch.lin.token[:-2], "号", "x" * 7000):
        assert await code(bad) == 4501, bad


async def test_a_socket_closes_when_its_token_expires(lunch, settings):
    dying = signed(lunch.lin, settings.ACCESS_TOKEN_SECONDS + tokens.LEEWAY_SECONDS - 1)
    peer = await opened("diner", dying, {"stream": f"order:{lunch.no}"})
    assert await peer.closing(4) == 4003


async def test_auth_renews_in_place(lunch, settings):
    dying = signed(lunch.lin, settings.ACCESS_TOKEN_SECONDS + tokens.LEEWAY_SECONDS - 2)
    peer = await opened("diner", dying, {"stream": f"order:{lunch.no}"})
    peer.send({"type": "auth", "id": 5, "token": lunch.lin.token})
    assert await peer.until("ok") == {"type": "ok", "id": 5}
    await peer.quiet(3)
    await act(lunch.stir, 1)
    await peer.until("event")


async def test_another_persons_token_on_a_socket_closes_it(lunch, zhao):
    peer = await opened("diner", lunch.lin.token, {"stream": f"order:{lunch.no}"})
    peer.send({"type": "auth", "token": zhao.token})
    assert await peer.closing() == 4503


async def test_a_bad_token_on_a_socket_closes_it(lunch):
    peer = await opened("diner", lunch.lin.token)
    peer.send({"type": "auth", "token": "garbage"})
    assert await peer.closing() == 4501


async def test_a_stranger_may_become_known(lunch):
    peer = await opened("diner", None, {"stream": "menu:demo"})
    peer.send({"type": "auth", "id": 1, "token": lunch.lin.token})
    await peer.until("ok")
    peer.subscribe(f"order:{lunch.no}")
    await peer.until("live")


async def test_twenty_sockets_per_person(lunch, settings):
    settings.RATE_LIMIT_SCALE = 1.0
    mine = [await opened("diner", lunch.lin.token) for _ in range(process.PER_USER)]
    late = await Peer("diner").connect()
    late.hello(lunch.lin.token)
    assert await late.closing() == 4505
    await mine[0].leave()
    await opened("diner", lunch.lin.token)


async def test_five_hundred_sockets_without_a_token_per_address(lunch, settings):
    settings.RATE_LIMIT_SCALE = 1.0
    strangers = [Peer("diner") for _ in range(process.PER_ADDRESS)]
    await asyncio.gather(*(peer.connect() for peer in strangers))
    assert await (await Peer("diner").connect()).closing() == 4505
    assert (await opened("diner", None, address="192.0.2.8")).code is None
    # Who shows a token is no stranger any more and makes room for one.
    strangers[0].hello(lunch.lin.token)
    await strangers[0].until("welcome")
    await opened("diner", None)


async def test_limits_scale_with_the_setting(lunch, settings):
    settings.RATE_LIMIT_SCALE = 0.1
    for _ in range(2):
        await opened("diner", lunch.lin.token)
    late = await Peer("diner").connect()
    late.hello(lunch.lin.token)
    assert await late.closing() == 4505
    settings.RATE_LIMIT_SCALE = 0
    await opened("diner", lunch.lin.token)


async def test_a_device_is_let_in(lunch):
    screen = await act(factories.screen, lunch.store, "kitchen", "wok")
    await opened("kitchen", screen.token, {"stream": "store:demo"})


async def test_a_closed_socket_hears_nothing_more(lunch):
    peer = await opened("diner", lunch.lin.token, {"stream": f"order:{lunch.no}"})
    peer.send_text("no frame")
    with pytest.raises(Closed):
        await peer.until("event")
    await act(lunch.stir, 2)
    with pytest.raises(TimeoutError):
        await peer.next(0.3)
