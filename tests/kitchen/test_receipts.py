"""Receipts: an unseen ticket raises the alarm once, a seen one ends it."""

from datetime import timedelta

import pytest

from hub.models import Event
from kitchen import receipts
from kitchen.models import Receipt
from ordering.orders.models import Line
from tests import factories
from tests.ordering.orders.conftest import chicken, cucumber, order_in  # noqa: F401
from tests.ordering.orders.trips import move

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def age(seconds):
    for line in Line.objects.exclude(queued_at=None):
        Line.objects.filter(pk=line.pk).update(queued_at=line.queued_at - timedelta(seconds=seconds))


def told():
    rows = Event.objects.filter(kind__startswith="screen.").order_by("seq")
    return [(row.kind, row.key, row.version) for row in rows]


def test_an_unseen_ticket_is_an_alarm_until_a_screen_shows_it(order_in, store, tablet):  # noqa: F811
    key = f"screen:{tablet.device.pk}"
    order = order_in("accepted")
    batch = order["lines"][0]["batch"]
    assert receipts.watch() == 0
    age(21)
    assert receipts.watch() == 1
    assert receipts.watch() == 0
    [(row_key, version, card)] = receipts.stale_rows("demo")
    assert (row_key, version, card["station"], card["id"]) == (key, 1, "wok", tablet.device.pk)
    receipts.insert([(batch, "wok", tablet.device.pk), (batch, "wok", tablet.device.pk)])
    receipts.insert([(batch, "wok", tablet.device.pk)])
    assert Receipt.objects.count() == 1
    assert receipts.watch() == 1
    assert told() == [("screen.stale", key, 1), ("screen.back", key, 2)]
    assert receipts.stale_rows("demo") == []


def test_a_seen_ticket_is_none(order_in, store, tablet):  # noqa: F811
    batch = order_in("accepted")["lines"][0]["batch"]
    receipts.insert([(batch, "wok", tablet.device.pk)])
    age(60)
    assert receipts.watch() == 0


def test_other_stations_and_other_stores_do_not_matter(order_in, store, other_store):  # noqa: F811
    factories.screen(store, "kitchen", "bar")
    factories.screen(store, "counter")
    factories.screen(other_store, "kitchen")
    order_in("accepted")
    age(60)
    assert receipts.watch() == 0


def test_a_screen_of_all_stations_answers_for_each(order_in, store, fang):  # noqa: F811
    factories.screen(store, "kitchen")
    no = order_in("accepted")["no"]
    age(60)
    assert receipts.watch() == 1
    move(fang, no, "cancel")
    assert receipts.watch() == 1
    assert [kind for kind, _, _ in told()] == ["screen.stale", "screen.back"]


def test_a_revoked_screen_alarms_no_more(order_in, store, tablet):  # noqa: F811
    order_in("accepted")
    age(60)
    assert receipts.watch() == 1
    type(tablet.device).objects.update(revoked_at="2026-01-01T00:00:00Z")
    assert receipts.watch() == 1
    assert receipts.watch() == 0


def test_two_workers_tell_once(order_in, tablet, at_once):  # noqa: F811
    order_in("accepted")
    age(60)
    assert sum(at_once(lambda i: receipts.watch(), 2)) == 1
    assert len(told()) == 1
