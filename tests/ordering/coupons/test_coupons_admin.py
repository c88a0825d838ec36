"""Coupons in the admin: amounts in yuan, promises kept, coupons only looked at."""

from datetime import timedelta

import pytest

from hub import clock
from ordering.coupons.models import Coupon, Plan
from ordering.users.models import User
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/admin/coupons/plan/"


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("root", "secret"))
    return client


def form(at, **changes):
    fields = {"store": at.pk, "name": "满50减8.5", "kind": "fixed", "amount_fen": "8.5", "cap_fen": ""}
    fields |= {"threshold_fen": "50", "valid_days": 30, "per_user_limit": 1, "is_active": "on"}
    empty = dict.fromkeys((f"{name}_{part}" for name in TIMES for part in (0, 1)), "")
    return {**fields, **empty, **changes}


TIMES = ("claim_from", "claim_until", "valid_from", "valid_until")


@pytest.mark.both
def test_amounts_are_typed_in_yuan_and_kept_in_fen(boss, store):
    assert boss.post(f"{URL}add/", form(store)).status_code == 302
    made = Plan.objects.get()
    assert (made.amount_fen, made.threshold_fen, made.cap_fen) == (850, 5000, None)
    page = boss.get(f"{URL}{made.pk}/change/").content.decode()
    assert 'value="8.50"' in page and 'value="50.00"' in page
    assert boss.post(f"{URL}{made.pk}/change/", form(store, amount_fen="9", store="")).status_code == 302
    made.refresh_from_db()
    assert (made.amount_fen, made.threshold_fen) == (900, 5000)
    listed = boss.get(URL).content.decode()
    assert "¥9.00" in listed and "¥50.00" in listed


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_fen": "8.555"},
        {"amount_fen": "eight"},
        {"amount_fen": "NaN"},
        {"amount_fen": "Infinity"},
        {"amount_fen": "-1"},
        {"amount_fen": "999999999999"},
        {"amount_fen": ""},
        {"kind": "percent"},
        {"valid_days": ""},
        {"store": ""},
    ],
)
def test_nonsense_is_said_so_and_nothing_is_kept(boss, store, wrong):
    answer = boss.post(f"{URL}add/", form(store, **wrong))
    assert (answer.status_code, Plan.objects.count()) == (200, 0)


def test_dishes_are_the_store_s_own(boss, store, other_store):
    foreign = factories.dish(other_store).pk
    assert boss.post(f"{URL}add/", form(store, dishes=[foreign])).status_code == 200
    own = factories.dish(store)
    assert boss.post(f"{URL}add/", form(store, dishes=[own.pk])).status_code == 302
    assert list(Plan.objects.get().dishes.all()) == [own]


def test_what_was_promised_cannot_be_edited_and_the_counter_stays(boss, store, plan, hand, lin):
    known = plan()
    hand(known, lin)
    changes = form(store, amount_fen="1", name="新名", total_limit=5)
    assert boss.post(f"{URL}{known.pk}/change/", changes).status_code == 302
    known.refresh_from_db()
    assert (known.amount_fen, known.name, known.total_limit, known.claimed_count) == (800, "新名", 5, 1)
    assert boss.post(f"{URL}{known.pk}/delete/", {"post": "yes"}).status_code == 403


def test_coupons_are_only_looked_at(boss, plan, hand, lin):
    coupon = hand(plan(), lin)
    Coupon.objects.update(expires_at=clock.now() - timedelta(days=1))
    assert "已过期" in boss.get("/admin/coupons/coupon/").content.decode()
    page = f"/admin/coupons/coupon/{coupon.pk}/change/"
    assert boss.get(page).status_code == 200
    assert boss.post(page, {"state": "used"}).status_code == 403
    assert boss.get("/admin/coupons/coupon/add/").status_code == 403
