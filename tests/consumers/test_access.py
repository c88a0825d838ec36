"""Who sees what: foreign answers like absent, stations stay apart, revoked means closed within 2 s."""

import time

import pytest

from hub.transactions import transact
from ordering.restaurant import sessions as table_sessions
from ordering.users import actions as users
from ordering.users import authentication, devices, sessions
from ordering.users.models import AuthSession, Membership
from tests import factories
from tests.consumers.peers import Peer, act, get, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sockets")]

ABSENT_ORDER = "order:01J9ZZZZZZZZZZZZZZZZZZZZZZ"


async def refusal(peer, stream, **fields):
    """The error frame for a subscription, without what only names the question."""
    peer.subscribe(stream, id_=9, **fields)
    frame = await peer.until("error")
    assert frame.pop("id") == 9
    frame.pop("stream")
    return frame


async def test_a_foreign_stream_answers_like_an_absent_one(lunch, other_store, zhao, wang):
    other_cook = await act(factories.staff, "li", other_store, "kitchen")
    order = f"order:{lunch.no}"
    cases = [
        ("diner", zhao.token, [order, ABSENT_ORDER, "store:demo", "table:1", "auth", "menu", "", "menu:a b"]),
        ("diner", None, [order, ABSENT_ORDER, "store:demo"]),
        ("diner", None, ["menu:nowhere", "menu:" + "x" * 33]),
        ("kitchen", other_cook.token, ["store:demo", "store:nowhere", order]),
        ("kitchen", lunch.fang.token, ["store:demo", "store:nowhere"]),
        ("counter", wang.token, ["store:demo", "store:nowhere"]),
        ("counter", zhao.token, ["store:demo", "store:nowhere"]),
        ("board", zhao.token, ["store:demo", "store:nowhere", "menu:demo"]),
        ("board", None, ["store:demo", "store:nowhere"]),
    ]
    for endpoint, token, streams in cases:
        peer = await opened(endpoint, token)
        answers = [await refusal(peer, stream) for stream in streams]
        assert all(answer == answers[0] for answer in answers), (endpoint, answers)
        assert answers[0]["code"] == "stream.not_found"
        assert not peer.streams


async def test_rest_answers_a_foreign_stream_like_an_absent_one(lunch, zhao):
    order = f"order:{lunch.no}"
    for path in ("/api/v1/rt/snapshot/", "/api/v1/rt/events/"):
        for view, streams in (("diner", [order, ABSENT_ORDER]), ("board", ["store:demo", "store:x"])):
            answers = [
                await get(path, zhao.token, stream=s, view=view, cursor="x.1.00000000") for s in streams
            ]
            for status, headers, body in answers:
                assert (status, headers["content-type"]) == (404, "application/problem+json")
                body.pop("request_id")
            assert answers[0] == answers[1]


async def test_everybody_may_see_the_menu_and_nobody_else_the_rest(lunch, wang):
    for endpoint, token in (("diner", None), ("kitchen", wang.token), ("counter", lunch.fang.token)):
        await opened(endpoint, token, {"stream": "menu:demo"})
    for endpoint, token in (
        ("board", lunch.fang.token),
        ("board", wang.token),
        ("counter", lunch.fang.token),
    ):
        await opened(endpoint, token, {"stream": "store:demo"})
    peer = await opened("diner", lunch.lin.token, {"stream": f"order:{lunch.no}"}, {"stream": "menu:demo"})
    assert set(peer.streams) == {f"order:{lunch.no}", "menu:demo"}


async def test_the_board_shows_nothing_personal(lunch):
    peer = await opened("board", lunch.fang.token, {"stream": "store:demo"})
    (row,) = peer.streams["store:demo"].shown().values()
    assert row[1].keys() == {"pickup_no", "status"}


async def test_a_screen_of_one_station_cannot_see_another(lunch):
    tablet = await act(factories.screen, lunch.store, "kitchen", "cold")
    peer = await opened("kitchen", tablet.token, {"stream": "store:demo"})
    assert peer.streams["store:demo"].shown() == {}, "the order is the wok's"
    assert (await refusal(peer, "store:demo", station="wok"))["code"] == "stream.not_found"
    assert (await refusal(peer, "store:demo", station=["cold", "wok"]))["code"] == "stream.not_found"
    peer.subscribe("store:demo", id_=2, station=["cold"])
    await peer.until("ok", id=2)
    wok = await act(factories.screen, lunch.store, "kitchen", "wok")
    at_wok = await opened("kitchen", wok.token, {"stream": "store:demo", "station": "wok"})
    assert f"order:{lunch.no}" in at_wok.streams["store:demo"].shown()
    await act(lunch.stir, 2)
    await at_wok.until("event")
    assert [frame for frame in await peer.quiet() if frame["type"] == "event"] == []


async def test_an_unreadable_station_is_refused(lunch, wang):
    peer = await opened("kitchen", wang.token)
    for station in ("a b", "x" * 40, [f"s{n}" for n in range(33)], ["", "wok"], "号"):
        assert (await refusal(peer, "store:demo", station=station))["code"] == "stream.not_found"


async def test_unsubscribe_ends_the_news(lunch):
    stream = f"order:{lunch.no}"
    peer = await opened("diner", lunch.lin.token, {"stream": stream})
    peer.send({"type": "unsubscribe", "id": 3, "stream": stream})
    assert await peer.next() == {"type": "ok", "id": 3}
    await act(lunch.stir, 2)
    assert await peer.quiet() == []
    peer.send({"type": "unsubscribe", "id": 4, "stream": stream})
    assert (await peer.next())["code"] == "stream.not_found"


def change(work):
    transact(work, actor="tests")


async def closes(peer, work, code):
    """The socket must close with the code within two seconds of the change."""
    await act(change, work)
    began = time.monotonic()
    assert await peer.closing(2) == code
    assert time.monotonic() - began < 2
    byes = [frame for frame in peer.frames if frame["type"] == "bye"]
    assert [frame["code"] for frame in byes] == [code]


@pytest.mark.both
async def test_a_log_in_that_ended_closes_only_its_own_sockets(lunch):
    stream = {"stream": f"order:{lunch.no}"}
    elsewhere = await act(factories.log_in, lunch.lin.user)
    here, there = (
        await opened("diner", lunch.lin.token, stream),
        await opened("diner", elsewhere.token, stream),
    )
    sid = (await act(authentication.authenticate, lunch.lin.token)).sid
    await closes(here, lambda tx: sessions.revoke(tx, AuthSession.objects.filter(sid=sid)), 4503)
    await act(lunch.stir, 1)
    await there.until("event")


@pytest.mark.both
async def test_a_revoked_device_closes(lunch):
    tablet = await act(factories.screen, lunch.store, "kitchen", "wok")
    peer = await opened("kitchen", tablet.token, {"stream": "store:demo"})
    await closes(peer, lambda tx: devices.revoke(tx, tablet.device), 4503)
    late = await opened_or_code("kitchen", tablet.token)
    assert late == 4501


async def opened_or_code(endpoint, token):
    peer = await Peer(endpoint).connect()
    peer.hello(token)
    return await peer.closing()


async def test_a_changed_membership_reconnects_with_new_rights(lunch):
    peer = await opened("counter", lunch.fang.token, {"stream": "store:demo"})

    def dismiss(tx):
        users.dismiss(tx, lunch.store, "owner", lunch.fang.user.uid)

    await closes(peer, dismiss, 4000)
    assert not await act(Membership.objects.filter(user=lunch.fang.user).exists)
    again = await opened("counter", lunch.fang.token)
    assert (await refusal(again, "store:demo"))["code"] == "stream.not_found"


async def test_a_disabled_person_closes_everywhere(lunch):
    peers = [await opened("counter", lunch.fang.token, {"stream": "store:demo"}) for _ in range(3)]
    await act(change, lambda tx: users.disable_user(tx, lunch.fang.user))
    for peer in peers:
        assert await peer.closing(2) == 4503
    assert await opened_or_code("counter", lunch.fang.token) == 4501


async def test_a_guest_leaves_with_the_table(lunch):
    table = await act(lambda: lunch.store.tables.select_related("store").get(code="t1"))

    seated = await act(transact, lambda tx: table_sessions.join(tx, table), actor="tests")
    session = await act(transact, lambda tx: users.guest(tx, seated.pk, "tests"), actor="tests")
    token = (await act(sessions.answer, session))["access"]
    peer = await opened("diner", token, {"stream": "menu:demo"})
    await closes(peer, lambda tx: table_sessions.close(tx, table), 4503)


async def test_control_without_the_auth_stream_a_revoked_socket_stays(lunch, monkeypatch):
    monkeypatch.setattr("consumers.process.Process._revoke", lambda self, kind, card: None)
    peer = await opened("counter", lunch.fang.token)
    await act(change, lambda tx: users.disable_user(tx, lunch.fang.user))
    with pytest.raises(TimeoutError):
        await peer.closing(1.5)
