"""Claiming: windows, limits, one's own coupons; exactly as many as there are, whoever comes at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from hub import clock
from hub.errors import Refusal
from hub.transactions import transact
from ordering.coupons import actions, queries
from ordering.coupons.models import Coupon, Plan
from ordering.restaurant import tokens
from ordering.users.models import User
from tests import factories
from tests.ordering.orders.trips import post, refused

LATER, EARLIER = timedelta(days=1), timedelta(days=-1)


def claim(who, plan):
    return post(who, f"coupons/{plan.pk}/claim/")


def reason(answer):
    assert refused(answer) == (409, "coupon.not_claimable")
    return answer.json()["reason"]


@pytest.mark.django_db
def test_a_claimed_coupon_is_in_the_wallet(plan, lin, zhao):
    known = plan(total_limit=3)
    answer = claim(lin, known)
    assert answer.status_code == 201, answer.content
    coupon = answer.json()
    assert (coupon["state"], coupon["order"], coupon["plan"]["left"]) == ("claimed", None, 2)
    assert len(coupon["code"]) == 12
    at = Coupon.objects.get()
    assert at.expires_at - at.claimed_at == timedelta(days=30)
    assert lin.api.get("/api/v1/me/coupons/").json()["results"] == [coupon]
    assert zhao.api.get("/api/v1/me/coupons/").json()["results"] == []


@pytest.mark.django_db
def test_the_wallet_by_store_and_state(plan, hand, other_store, lin):
    free = hand(plan(), lin)
    there = hand(plan(at=other_store), lin)
    old = hand(plan(), lin)
    Coupon.objects.filter(pk=old.pk).update(expires_at=clock.now())

    def ids(**query):
        return [row["id"] for row in lin.api.get("/api/v1/me/coupons/", query).json()["results"]]

    assert ids() == [old.pk, there.pk, free.pk]
    assert ids(store="demo", state="claimed") == [free.pk]
    assert ids(state="expired") == [old.pk]
    assert ids(state="used") == ids(state="locked") == []
    assert refused(lin.api.get("/api/v1/me/coupons/", {"state": "lost"})) == (400, "body.invalid")
    assert refused(lin.api.get("/api/v1/me/coupons/", {"store": "x"})) == (404, "resource.not_found")


@pytest.mark.django_db
def test_only_what_can_be_claimed_is_offered(plan, hand, lin, zhao):
    now = clock.now()
    open_now = plan(claim_from=now + EARLIER, claim_until=now + LATER)
    for fields in ({"is_active": False}, {"claim_from": now + LATER}, {"claim_until": now + EARLIER}):
        plan(**fields)
    gone, mine = plan(total_limit=1), plan()
    hand(gone, zhao)
    hand(mine, lin)

    def offered(who):
        return [row["id"] for row in who.api.get("/api/v1/coupons/", {"store": "demo"}).json()["results"]]

    assert offered(lin) == [open_now.pk]
    assert offered(zhao) == [open_now.pk, mine.pk]


@pytest.mark.django_db
def test_why_there_is_none(plan, hand, lin, zhao):
    now = clock.now()
    over = plan(valid_until=now + LATER)
    Plan.objects.filter(pk=over.pk).update(valid_until=now)
    taken = plan(total_limit=1)
    hand(taken, zhao)
    cases = [
        (plan(is_active=False), "over"),
        (plan(claim_until=now), "over"),
        (over, "over"),
        (plan(claim_from=now + LATER), "early"),
        (taken, "gone"),
    ]
    for known, why in cases:
        assert reason(claim(lin, known)) == why
    twice = plan(per_user_limit=2)
    assert [claim(lin, twice).status_code for _ in range(2)] == [201, 201]
    assert reason(claim(lin, twice)) == "limit"
    twice.refresh_from_db()
    assert (twice.claimed_count, Coupon.objects.filter(user=lin.user).count()) == (2, 2)
    assert refused(post(lin, "coupons/999999999/claim/")) == (404, "resource.not_found")


@pytest.mark.django_db
def test_a_guest_of_a_table_claims_nothing(plan, table, tablet):
    token = {"table_token": tokens.write(table)}
    guest = factories.client().post("/api/v1/auth/guest/", token, format="json").json()
    answer = factories.client(guest["access"]).post(f"/api/v1/coupons/{plan().pk}/claim/")
    assert refused(answer) == (403, "auth.forbidden")
    assert refused(claim(tablet, plan())) == (403, "auth.forbidden")
    assert not Coupon.objects.exists()


def rush(at_once, known, people):
    """Claims of all these people, 25 at a time, each with the plan as it was before; what each got."""

    def claims(index):
        return [one(person) for person in people[index::25]]

    def one(person):
        try:
            return transact(lambda tx: actions.claim(tx, known, person), actor="tests")
        except (Refusal, IntegrityError) as error:
            return error

    return [result for results in at_once(claims, 25) for result in results]


@pytest.fixture
def crowd():
    User.objects.bulk_create([User(name=f"g{n}", password="!") for n in range(500)])
    return list(User.objects.order_by("pk"))


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_five_hundred_exactly_as_many_as_there_are(plan, crowd, at_once):
    known = plan(total_limit=40)
    results = rush(at_once, known, crowd)
    won = [result for result in results if isinstance(result, dict)]
    lost = {result.facts["reason"] for result in results if isinstance(result, Refusal)}
    known.refresh_from_db()
    assert (len(results), len(won), lost) == (500, 40, {"gone"})
    assert known.claimed_count == Coupon.objects.count() == len({row["code"] for row in won}) == 40


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_without_the_condition_too_many_would_go_out(plan, crowd, at_once, monkeypatch):
    """The control: only the table's own constraint then stands between the plan and its limit."""
    monkeypatch.setattr(queries, "open_plans", lambda at: Plan.objects.all())
    results = rush(at_once, plan(total_limit=40), crowd[:70])
    assert sum(isinstance(result, IntegrityError) for result in results) == 30


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_one_person_many_times_at_once(plan, lin, at_once):
    known = plan(per_user_limit=3)
    results = at_once(lambda i: transact(lambda tx: actions.claim(tx, known, lin.user), actor="tests"), 12)
    assert sum(isinstance(result, dict) for result in results) == 3
    assert sorted(Coupon.objects.values_list("number", flat=True)) == [1, 2, 3]
    known.refresh_from_db()
    assert known.claimed_count == 3


@pytest.mark.django_db
def test_trying_plans_one_by_one_is_throttled(lin, settings):
    """There is no address for coupon codes; what can be tried are the plans' ids, sixty a minute."""
    settings.RATE_LIMIT_SCALE = 1
    found = [lin.api.post(f"/api/v1/coupons/{10**6 + n}/claim/") for n in range(61)]
    assert [answer.status_code for answer in found] == [404] * 60 + [429]
    assert int(found[-1]["Retry-After"]) > 0
