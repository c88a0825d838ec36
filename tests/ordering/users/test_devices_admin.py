"""Devices in the admin: paired by the managers' action, revoked with its event, changed by nobody."""

import re

import pytest

from hub.models import Event
from ordering.users.models import Device, User
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/users/device/"


@pytest.fixture
def desk(client):
    client.force_login(User.objects.create_superuser("root", "secret"))
    return client


def pair(desk, store, **changes):
    fields = {"store": store.pk, "kind": "kitchen", "station": "wok", "name": "<热炒>平板", **changes}
    return desk.post(LIST + "add/", fields, follow=True).content.decode()


def claim(code):
    return factories.client().post("/api/v1/devices/claim/", {"code": code})


def test_the_code_is_shown_once_and_a_tablet_claims_it(desk, store):
    page = pair(desk, store)
    [code] = re.findall(r"<strong>(\w{6})</strong>", page)
    assert "「&lt;热炒&gt;平板」" in page
    assert code not in desk.get(LIST).content.decode()
    device = claim(code).json()["device"]
    assert device == {**device, "kind": "kitchen", "store": "demo", "station": "wok", "name": "<热炒>平板"}
    assert claim(code).json()["code"] == "device.code_invalid"
    assert Device.objects.get().created_by == User.objects.get(username="root")


@pytest.mark.parametrize("wrong", [{"station": "grill"}, {"station": "bar"}, {"kind": "oven"}, {"name": ""}])
def test_a_form_that_is_wrong_makes_no_device(desk, store, other_store, wrong):
    store.stations.filter(code="bar").delete()
    assert "errorlist" in pair(desk, store, **wrong)
    assert not Device.objects.exists()


def test_revoking_ends_the_token_and_says_so(desk, store):
    lost, kept = factories.screen(store, "kitchen", "wok"), factories.screen(store, "board")
    answer = desk.post(LIST, {"action": "revoke", "_selected_action": [lost.device.pk]})
    assert answer.status_code == 302
    assert [event.kind for event in Event.objects.filter(stream="auth")] == ["device.revoked"]
    assert lost.api.get("/api/v1/orders/?store=demo").status_code == 401
    assert kept.api.get("/api/v1/orders/?store=demo").status_code != 401


def test_nobody_changes_or_deletes_one(desk, store):
    device = factories.screen(store, "board").device
    assert desk.post(f"{LIST}{device.pk}/change/", {"name": "x"}).status_code == 403
    assert desk.post(f"{LIST}{device.pk}/delete/", {"post": "yes"}).status_code == 403
