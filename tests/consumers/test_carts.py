"""A cart over sockets: friends see each other's lines and the order; its stream ends with the guests."""

from datetime import timedelta

import pytest

from consumers import process
from hub import clock
from hub.models import Event, Stream
from hub.transactions import transact
from ordering.carts import actions as carts
from ordering.carts.submit import submit
from ordering.restaurant import sessions
from ordering.restaurant.models import TableSession
from tests.consumers.peers import act, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sockets")]


def sit_down(table, *people):
    """People scan the table's code; their session."""

    def work(tx):
        session = sessions.join(tx, table)
        for who in people:
            sessions.seat(tx, session, who.user)
        return session.pk

    return TableSession.objects.select_related("table__store").get(pk=transact(work, actor="tests"))


def do(action, session, who, **said):
    return transact(lambda tx: action(tx, session, actor=who.actor, **said), actor=who.actor.label)


@pytest.mark.both
async def test_friends_see_each_others_lines_and_follow_the_order(lunch, table, zhao):
    session = await act(sit_down, table, lunch.lin, zhao)
    peer = await opened("diner", zhao.token, {"stream": session.stream})
    cart = peer.streams[session.stream]
    assert cart.shown() == {}
    line = await act(do, carts.add, session, lunch.lin, line={"dish": lunch.dish.pk, "quantity": 2})
    await peer.quiet()
    assert cart.shown() == {f"cart-line:{line['id']}": (1, line)}
    no = (await act(do, submit, session, lunch.lin))["no"]
    await peer.quiet()
    row = {"session": session.no, "order": no, "orders": [no]}
    assert cart.shown() == {f"cart:{session.no}": (1, row)}
    assert cart.events == ["cart.line_added", "cart.line_removed", "cart.submitted"]
    peer.send({"type": "subscribe", "id": 1, "stream": f"order:{no}"})
    await peer.quiet()
    assert peer.streams[f"order:{no}"].shown()[f"order:{no}"][1]["no"] == no


async def test_only_streams_with_sockets_are_swept(lunch, store, zhao):
    mine, *others = [
        await act(sit_down, place, zhao)
        for place in await act(lambda: list(store.tables.select_related("store")))
    ]
    await opened("diner", zhao.token, {"stream": mine.stream})
    followed = set(process.current().feeds.readers)
    assert mine.stream in followed and not followed & {session.stream for session in others}


def test_a_stream_goes_a_day_after_its_guests(lunch, store):
    tables = list(store.tables.select_related("store"))
    for place in tables[:3]:
        session = sit_down(place, lunch.lin)
        do(carts.add, session, lunch.lin, line={"dish": lunch.dish.pk, "quantity": 1})
    for place in tables[:2]:
        transact(lambda tx, place=place: carts.close_table(tx, place), actor="tests")
    assert sessions.forget_closed() == 0
    old = TableSession.objects.get(table=tables[0])
    TableSession.objects.filter(pk=old.pk).update(closed_at=clock.now() - timedelta(hours=25))
    assert (sessions.forget_closed(), sessions.forget_closed()) == (1, 0)
    assert not Stream.objects.filter(key=old.stream).exists()
    assert not Event.objects.filter(stream_id=old.stream).exists()
    assert Stream.objects.filter(key__startswith="table:").count() == 2
    assert Event.objects.filter(stream__key__startswith="table:").count() == 4
