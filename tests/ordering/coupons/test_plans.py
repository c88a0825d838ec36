"""Plans over REST: who may make and change them, and what makes no sense."""

from datetime import timedelta

import pytest

from hub import clock
from ordering.coupons import demo
from ordering.coupons.models import Plan
from tests import factories
from tests.ordering.orders.trips import refused

pytestmark = pytest.mark.django_db

URL = "/api/v1/coupons/"
GOOD = {"store": "demo", "name": "满50减8", "kind": "fixed", "amount_fen": 800, "valid_days": 30}


def day(days):
    return clock.iso(clock.now() + timedelta(days=days))


@pytest.mark.both
def test_a_manager_makes_sees_changes_and_retires_a_plan(ma, chicken):
    body = {**GOOD, "threshold_fen": 5000, "dishes": [chicken.pk], "total_limit": 9}
    made = ma.api.post(URL, body)
    assert made.status_code == 201, made.content
    row = made.json()
    assert {**row, "id": 1} == {
        "id": 1,
        **body,
        "percent": None,
        "cap_fen": None,
        "claim_from": None,
        "claim_until": None,
        "valid_from": None,
        "valid_until": None,
        "per_user_limit": 1,
        "left": 9,
        "claimed_count": 0,
        "is_active": True,
    }
    one = f"{URL}{row['id']}/"
    assert ma.api.get(one).json() == row
    changed = ma.api.patch(one, {"amount_fen": 900, "dishes": [], "total_limit": None})
    assert changed.json() == {**row, "amount_fen": 900, "dishes": [], "total_limit": None, "left": None}
    assert ma.api.delete(one).status_code == 204
    assert ma.api.get(one).json()["is_active"] is False
    assert ma.api.get(URL, {"store": "demo", "manage": 1}).json()["count"] == 1
    assert ma.api.get(URL, {"store": "demo"}).json()["results"] == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"kind": "free"}, "kind"),
        ({"kind": []}, "kind"),
        ({"amount_fen": 0}, "amount_fen"),
        ({"amount_fen": "800"}, "amount_fen"),
        ({"amount_fen": 800.0}, "amount_fen"),
        ({"amount_fen": 2**31}, "amount_fen"),
        ({"amount_fen": None}, "amount_fen"),
        ({"percent": 10}, "percent"),
        ({"kind": "percent", "amount_fen": None, "percent": 100}, "percent"),
        ({"kind": "percent", "amount_fen": None, "percent": 0}, "percent"),
        ({"threshold_fen": -1}, "threshold_fen"),
        ({"threshold_fen": None}, "threshold_fen"),
        ({"valid_days": 0}, "valid_days"),
        ({"valid_days": None}, "valid_until"),
        ({"valid_days": None, "valid_until": "soon"}, "valid_until"),
        ({"valid_days": None, "valid_until": 5}, "valid_until"),
        ({"valid_days": None, "valid_until": "0001-01-01T00:00:00+14:00"}, "valid_until"),
        ({"valid_days": None, "valid_until": "9999-12-31T23:59:59-14:00"}, "valid_until"),
        ({"valid_days": None, "valid_until": "2020-01-01T00:00:00Z"}, "valid_until"),
        ({"claim_from": "2030-01-02T00:00:00Z", "claim_until": "2030-01-01T00:00:00Z"}, "claim_until"),
        ({"total_limit": 0}, "total_limit"),
        ({"per_user_limit": 100}, "per_user_limit"),
        ({"per_user_limit": None}, "per_user_limit"),
        ({"dishes": [10**6]}, "dishes.0"),
        ({"dishes": [2**63]}, "dishes.0"),
        ({"dishes": "all"}, "dishes"),
        ({"is_active": "maybe"}, "is_active"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(ma, said, field):
    answer = ma.api.post(URL, {**GOOD, **said})
    assert refused(answer) == (400, "body.invalid")
    assert field in [row["field"] for row in answer.json()["errors"]]
    assert not Plan.objects.exists()


def test_dishes_of_another_store_are_no_dishes(ma, other_store, chicken):
    foreign = factories.dish(other_store, "隔壁鸭").pk
    answer = ma.api.post(URL, {**GOOD, "dishes": [chicken.pk, foreign]})
    assert [(row["field"], row["code"]) for row in answer.json()["errors"]] == [
        ("dishes.1", "dish.not_found")
    ]


def test_who_may(store, other_store, plan, lin, fang, tablet, ma):
    known = plan()
    one = f"{URL}{known.pk}/"
    assert refused(lin.api.post(URL, GOOD)) == (403, "auth.forbidden")
    assert refused(ma.api.post(URL, {**GOOD, "store": "other"})) == (403, "auth.forbidden")
    assert refused(ma.api.post(URL, {**GOOD, "store": "nowhere"})) == (404, "resource.not_found")
    assert refused(ma.api.post(URL, {})) == (400, "body.invalid")
    assert refused(fang.api.patch(one, {"name": "x"})) == (403, "auth.forbidden")
    assert refused(lin.api.patch(one, {"name": "x"})) == (404, "resource.not_found")
    assert refused(lin.api.get(URL, {"store": "demo", "manage": 1})) == (403, "auth.forbidden")
    assert refused(lin.api.get(URL)) == (400, "body.invalid")
    assert refused(tablet.api.get(URL, {"store": "demo"})) == (403, "auth.forbidden")
    known.refresh_from_db()
    assert (known.name, Plan.objects.count()) == ("满减", 1)


def test_what_was_promised_stays(ma, plan, hand, lin):
    known = plan(total_limit=5)
    coupon = hand(known, lin)
    one = f"{URL}{known.pk}/"
    for change in ({"amount_fen": 1}, {"threshold_fen": 1}, {"valid_days": 1}):
        answer = ma.api.patch(one, change)
        assert (*refused(answer), answer.json()["claimed"]) == (409, "coupon.plan_claimed", 1)
    assert ma.api.patch(one, {"amount_fen": 800, "name": "新名"}).status_code == 200, "nothing else is said"
    hand(known, factories.person("mei"))
    assert refused(ma.api.patch(one, {"total_limit": 1})) == (409, "coupon.limit_below_claimed")
    assert refused(ma.api.patch(one, {"amount_fen": None})) == (400, "body.invalid")
    ma.api.delete(one)
    coupon.refresh_from_db()
    assert coupon.state == "claimed", "retiring takes nothing from anybody"


def test_a_change_leaves_the_counter_alone(ma, plan, hand, lin):
    known = plan()
    hand(known, lin)
    assert ma.api.patch(f"{URL}{known.pk}/", {"name": "新名"}).json()["claimed_count"] == 1
    known.refresh_from_db()
    assert (known.name, known.claimed_count) == ("新名", 1)


def test_a_repeated_creation_makes_one_plan(ma):
    first, again = (ma.api.post(URL, GOOD, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2))
    assert first.content == again.content
    assert Plan.objects.count() == 1


def test_the_demo_s_plans_are_sown_once(store):
    assert demo.seed() == "优惠券:新增 3 个活动,共 3 个"
    assert demo.seed() == "优惠券:新增 0 个活动,共 3 个"
