"""The admin as a whole: every model has its page or a reason, every page opens, money is in yuan."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from hub import clock
from hub.transactions import transact
from kitchen.models import Receipt, ScreenState
from ordering.coupons.models import Coupon, Plan
from ordering.orders.models import Batch
from ordering.payments.models import BillRun, Difference, GatewayEvent
from ordering.users import guard
from ordering.users.models import Device, User
from tests import factories
from tests.permissions.house import build

pytestmark = pytest.mark.django_db
OURS = ("hub", "ordering", "kitchen", "consumers")
WITHOUT_A_PAGE = {
    "hub.Epoch": "one word, changed by a command after a restore",
    "hub.Stream": "counters of the log; altering one breaks every screen",
    "hub.Event": "shown with its order; a composite key, which Django's admin cannot address",
    "hub.IdempotencyKey": "stored answers, which may hold what only their caller may read; a composite key",
    "users.WechatIdentity": "the openid never leaves the server",
    "users.DevicePosition": "where screens stand, shown by the counter's list of devices",
    "restaurant.OpeningHours": "within the store",
    "restaurant.TableDiner": "who sits with whom, for as long as they sit",
    "dishes.DishScore": "sums of ratings, shown in the menu",
    "dishes.Option": "within its group",
    "dishes.ComboItem": "within its combo",
    "dishes.TimeWindow": "within its category",
    "orders.Batch": "shown with the lines of its order",
    "orders.Line": "within its order",
    "orders.PrepSpeed": "the kitchen's measured speeds, shown by reports",
    "orders.PickupCounter": "a counter; altering it would give a number twice",
    "carts.CartLine": "what guests of a table are still choosing",
    "reviews.DishRating": "within its review",
    "reviews.ReviewImage": "within its review",
}
MODELS = {m._meta.label: m for m in apps.get_models() if m.__module__.split(".")[0] in OURS}
PAGES = {model._meta.label: model for model in admin.site._registry}


@pytest.fixture
def desk():
    client = Client()
    client.force_login(User.objects.create_superuser("root", "demo", name="root"))
    return client


@pytest.fixture
def full_house(settings):
    """One of each thing that has a page."""
    house = build()
    factories.group(house.dish, "辣度", {"微辣": 0, "加辣": 100})
    coupon = {"plan": Plan.objects.get(), "user": house.cast["other diner"].user, "expires_at": clock.now()}
    Coupon.objects.create(**coupon)
    GatewayEvent.objects.create(kind="payment", notify_id="n", number="P1")
    BillRun.objects.create(day=clock.now().date())
    known = {"day": clock.now().date(), "kind": "payment", "number": "P1", "advice": "查账"}
    Difference.objects.create(
        store=house.store, problem=Difference.Problem.choices[0][0], ours_fen=100, **known
    )
    device = Device.objects.first()
    Receipt.objects.create(batch=Batch.objects.first(), station="wok", device=device)
    ScreenState.objects.create(device=device, stale_since=clock.now() - timedelta(minutes=1))
    Group.objects.create(name="收银")
    guard.admit(guard.code_subjects("pairing", "203.0.113.7"))
    house.cast["manager"].api.post("/api/v1/stores/demo/pause/")
    transact(lambda tx: None, actor="tests")
    return house


def test_every_model_has_a_page_or_a_reason():
    assert MODELS.keys() - PAGES.keys() == WITHOUT_A_PAGE.keys()
    assert all(WITHOUT_A_PAGE.values())


def test_every_page_of_every_model_opens(desk, full_house):
    assert desk.get("/admin/").status_code == 200
    for label, model in PAGES.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        listed = desk.get(reverse(f"{base}_changelist"))
        assert listed.status_code == 200, label
        row = model._default_manager.first()
        assert row is not None, f"{label}: put one into full_house"
        shown = desk.get(reverse(f"{base}_change", args=[row.pk]))
        assert shown.status_code == 200, label
        assert desk.get(reverse(f"{base}_history", args=[row.pk])).status_code == 200, label
        can_add = admin.site._registry[model].has_add_permission(shown.wsgi_request)
        assert desk.get(reverse(f"{base}_add")).status_code == (200 if can_add else 403), label
        searched = desk.get(reverse(f"{base}_changelist"), {"q": "x'%"})
        assert searched.status_code == 200, label
        for page in (listed, shown):
            assert "sha256" not in page.content.decode() or label == "users.User", label


def test_nothing_is_deleted_and_no_status_is_edited_in_the_admin(desk, full_house):
    request = desk.get("/admin/").wsgi_request
    for label, model in PAGES.items():
        page = admin.site._registry[model]
        assert not page.has_delete_permission(request), label
        if page.has_change_permission(request):
            row = model._default_manager.first()
            fields = page.get_form(request, row, change=True).base_fields
            assert not fields.keys() & {"status", "state", "code_hash", "token_hash"}, label


def test_money_in_lists_is_in_yuan(desk, full_house):
    for label, page in ((model._meta.label, page) for model, page in admin.site._registry.items()):
        names = [name for name in page.list_display if isinstance(name, str) and name.endswith("_fen")]
        assert names == [], label
    listed = desk.get("/admin/orders/order/").content.decode()
    assert "¥38.00" in listed and ">3800<" not in listed
    order = desk.get(f"/admin/orders/order/{Batch.objects.first().order_id}/change/").content.decode()
    assert "¥38.00" in order and ">3800<" not in order


def test_an_order_shows_what_happened_and_who_did_it(desk, full_house):
    page = desk.get(f"/admin/orders/order/{Batch.objects.first().order_id}/change/").content.decode()
    for kind in ("order.submitted", "order.paid", "order.accepted"):
        assert f"<b>{kind}</b> · tests" in page


def test_labels_are_chinese():
    for label, model in PAGES.items():
        assert any("一" <= letter <= "鿿" for letter in str(model._meta.verbose_name)), label
