"""A coupon's trip with an order: quoted, locked, used, given back."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import clock
from hub.models import Event
from ordering.coupons.models import Coupon
from ordering.orders import expiry, facts
from ordering.orders.models import Order
from ordering.payments.gateway import PaymentFact
from ordering.payments.models import Payment, Refund
from tests import factories
from tests.ordering.orders.trips import basket, cook, move, post, refused, submit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def state(coupon):
    coupon.refresh_from_db()
    return coupon.state, coupon.locked_by


def pay(fang, order):
    answer = post(fang, f"orders/{order['no']}/pay/", {"channel": "cash"})
    assert answer.status_code == 200, answer.content


@pytest.fixture
def lunch(chicken, plan, hand, lin):
    """``lunch()``: lin's order over 76 yuan with 8 yuan off, and the coupon."""

    def make(**more):
        coupon = hand(plan(threshold_fen=5000), lin)
        return submit(lin, basket(chicken, quantity=2, coupon=coupon.pk, **more)), coupon

    return make


def test_a_quote_names_the_best_and_takes_the_asked_one_off(chicken, tea, plan, hand, lin, zhao, other_store):
    fixed = hand(plan(threshold_fen=4000), lin)
    tenth = hand(plan(percent=10), lin)
    sooner = hand(plan(amount_fen=800, valid_days=5), lin)
    hand(plan(threshold_fen=9000), lin)
    hand(plan(dishes=[factories.dish(chicken.store, "鱼").pk]), lin)
    hand(plan(at=other_store), lin)
    hand(plan(valid_from=clock.now() + timedelta(days=1), valid_until=clock.now() + timedelta(days=2)), lin)
    theirs = hand(plan(), zhao)
    body = basket(chicken, tea)
    quote = post(lin, "orders/quote/", {**body, "coupon": tenth.pk}).json()
    assert quote["coupons"] == [
        {"id": sooner.pk, "discount_fen": 800, "best": True},
        {"id": fixed.pk, "discount_fen": 800, "best": False},
        {"id": tenth.pk, "discount_fen": 470, "best": False},
    ]
    assert (quote["subtotal_fen"], quote["discount_fen"], quote["total_fen"]) == (4700, 470, 4230)
    quote = post(lin, "orders/quote/", {**basket(tea), "coupon": fixed.pk}).json()
    assert (quote["discount_fen"], quote["total_fen"]) == (0, 900), "below its threshold it is not on offer"
    for pk in (theirs.pk, 10**9, 2**63 - 1):
        assert refused(post(lin, "orders/quote/", {**body, "coupon": pk})) == (400, "coupon.not_found")
    assert {coupon.state for coupon in Coupon.objects.all()} == {"claimed"}


def test_an_order_locks_its_coupon_and_payment_uses_it(lunch, lin, fang):
    order, coupon = lunch()
    assert (order["subtotal_fen"], order["discount_fen"], order["total_fen"]) == (7600, 800, 6800)
    assert (order["coupon"], order["due_fen"]) == (coupon.pk, 6800)
    assert state(coupon) == ("locked", order["no"])
    assert Event.objects.get(key=f"order:{order['no']}").body.count(f'"coupon":{coupon.pk}') == 1
    pay(fang, order)
    assert state(coupon) == ("used", order["no"])
    assert coupon.used_at
    [row] = lin.api.get("/api/v1/me/coupons/", {"state": "used"}).json()["results"]
    assert row["order"] == order["no"]


def test_what_an_order_cannot_have(store, other_store, chicken, tea, plan, hand, lin, zhao, fang):
    soon = clock.now() + timedelta(days=1)
    busy, old = hand(plan(), lin), hand(plan(), lin)
    submit(lin, basket(chicken, coupon=busy.pk))
    Coupon.objects.filter(pk=old.pk).update(expires_at=clock.now())
    cases = [
        (busy, "used"),
        (old, "expired"),
        (hand(plan(valid_from=soon, valid_until=soon + timedelta(days=1)), lin), "early"),
        (hand(plan(threshold_fen=3801), lin), "threshold"),
        (hand(plan(dishes=[tea.pk]), lin), "scope"),
        (hand(plan(at=other_store), lin), "store"),
    ]
    for coupon, reason in cases:
        before = state(coupon)
        answer = post(lin, "orders/", basket(chicken, coupon=coupon.pk))
        assert (*refused(answer), answer.json()["reason"]) == (409, "coupon.not_usable", reason)
        assert state(coupon) == before
    theirs, counters = hand(plan(), zhao), hand(plan(), fang)
    for who, coupon in ((lin, theirs), (fang, counters)):
        answer = post(who, "orders/", basket(chicken, coupon=coupon.pk))
        assert refused(answer) == (400, "coupon.not_found")
        assert answer.json()["errors"][0]["field"] == "coupon"
    assert Order.objects.count() == 1


def test_a_refused_basket_leaves_the_coupon_free(store, plan, hand, lin):
    few = factories.dish(store, "佛跳墙", 9900, remaining=1)
    coupon = hand(plan(), lin)
    answer = post(lin, "orders/", basket(few, quantity=2, coupon=coupon.pk))
    assert refused(answer) == (409, "stock.sold_out")
    assert state(coupon) == ("claimed", None)


def test_free_of_charge_goes_to_the_counter(tea, plan, hand, lin, fang):
    coupon = hand(plan(amount_fen=5000), lin)
    order = submit(lin, basket(tea, coupon=coupon.pk))
    assert (order["discount_fen"], order["total_fen"], order["status"]) == (900, 0, "placed")
    assert (order["payment_status"], order["pickup_no"]) == ("paid", "A001")
    assert state(coupon) == ("used", order["no"])
    move(fang, order["no"], "reject")
    assert state(coupon) == ("claimed", None)


@pytest.mark.parametrize("how", ["cancel", "reject", "staff", "timeout"])
def test_an_order_that_ends_gives_it_back(how, lunch, lin, fang):
    order, coupon = lunch()
    if how == "timeout":
        Order.objects.update(expires_at=clock.now())
        assert expiry.expire_due() == 1
    elif how == "cancel":
        move(lin, order["no"], "cancel")
    else:
        pay(fang, order)
        move(fang, order["no"], "reject" if how == "reject" else "cancel")
    assert state(coupon) == ("claimed", None)
    assert coupon.used_at is None
    ended = Order.objects.get()
    assert (ended.coupon_id, ended.discount_fen) == (coupon.pk, 800), "history tells what was ordered"
    assert ended.refunded_fen == ended.paid_fen
    again = submit(lin, basket(ended.lines.get().dish, quantity=2, coupon=coupon.pk))
    assert state(coupon) == ("locked", again["no"])


def test_what_expired_meanwhile_stays_expired(lunch, lin):
    order, _ = lunch()
    Coupon.objects.update(expires_at=clock.now())
    assert lin.api.get("/api/v1/me/coupons/").json()["results"][0]["state"] == "locked"
    move(lin, order["no"], "cancel")
    [row] = lin.api.get("/api/v1/me/coupons/").json()["results"]
    assert (row["state"], row["order"]) == ("expired", None)


def test_an_unpaid_order_keeps_an_expired_coupon(lunch, fang):
    order, coupon = lunch()
    Coupon.objects.update(expires_at=clock.now())
    pay(fang, order)
    assert state(coupon) == ("used", order["no"])


def test_refunds_are_of_what_lines_cost_and_leave_the_coupon(lunch, fang):
    order, coupon = lunch()
    pay(fang, order)
    line = {"line": order["lines"][0]["id"], "quantity": 1}
    refund = post(fang, f"orders/{order['no']}/refunds/", {"lines": [line], "reason": "慢"})
    assert refund.json()["amount_fen"] == 3400
    refund = post(fang, f"orders/{order['no']}/refunds/", {"reason": "慢"})
    assert refund.json()["amount_fen"] == 3400
    assert state(coupon) == ("used", order["no"])


def test_more_dishes_take_no_coupon(store, lunch, plan, hand, table, chicken, lin, fang):
    type(store).objects.update(pay_first=False)
    order, coupon = lunch(table=table)
    other = hand(plan(), lin)
    lines = [{"dish": chicken.pk, "quantity": 1}]
    more = post(lin, f"orders/{order['no']}/batches/", {"lines": lines, "coupon": other.pk}).json()
    assert (more["subtotal_fen"], more["discount_fen"], more["total_fen"]) == (11400, 800, 10600)
    assert (state(other), state(coupon)) == (("claimed", None), ("locked", order["no"]))
    pay(fang, order)
    assert state(coupon) == ("used", order["no"])
    post(lin, f"orders/{order['no']}/batches/", {"lines": lines})
    pay(fang, order)
    assert state(coupon) == ("used", order["no"])


def test_what_is_handed_over_for_nothing_used_its_coupon(
    store, tea, chicken, plan, hand, table, lin, fang, wang
):
    type(store).objects.update(pay_first=False)
    coupon = hand(plan(amount_fen=1000), lin)
    order = submit(lin, basket(chicken, tea, table=table, coupon=coupon.pk))
    move(fang, order["no"], "accept")
    cook(fang, order["lines"][0]["id"], "void")
    cook(wang, order["lines"][1]["id"], "ready")
    assert state(coupon) == ("locked", order["no"])
    done = move(fang, order["no"], "complete")
    assert (done["discount_fen"], done["total_fen"]) == (900, 0)
    assert state(coupon) == ("used", order["no"])


def statements(who, body):
    api = who.api
    with CaptureQueriesContext(connection) as caught:
        answer = api.post("/api/v1/orders/", body, HTTP_IDEMPOTENCY_KEY=uuid4().hex)
    assert answer.status_code == 201, answer.content
    return len(caught)


def test_a_coupon_costs_four_statements_and_none_costs_none(store, plan, hand, lin):
    dishes = [factories.dish(store, f"菜{n}", 100) for n in range(20)]
    submit(lin, basket(dishes[0]))
    small, large = (
        hand(plan(amount_fen=1, dishes=[row.pk for row in rows]), lin) for rows in (dishes[:1], dishes)
    )
    plain = statements(lin, basket(dishes[0]))
    assert statements(lin, basket(dishes[0], coupon=small.pk)) == plain + 4
    assert statements(lin, basket(*dishes, coupon=large.pk)) == plain + 4


def gateway_pays(order, amount_fen):
    """The gateway took this amount for the order; what became of it."""
    asked = {"appid": "wx", "mchid": "190", "amount": {"total": amount_fen, "currency": "CNY"}}
    number = f"P{uuid4().hex[:20]}"
    Payment.objects.create(
        store=Order.objects.get(no=order["no"]).store, order_no=order["no"], out_trade_no=number,
        channel="wechat_jsapi", state="pending", amount_fen=amount_fen, request=json.dumps(asked),
    )  # fmt: skip
    fact = PaymentFact(
        number, "SUCCESS", "wx", "190", f"T{number}", amount_fen, "CNY", amount_fen, clock.now()
    )
    return facts.apply_payment(fact, "query")


def test_the_gateway_s_money_uses_it_even_when_some_of_it_goes_back(lunch):
    order, coupon = lunch()
    assert gateway_pays(order, 6900) == "booked"
    assert state(coupon) == ("used", order["no"])
    assert Refund.objects.get().amount_fen == 100


def test_late_money_goes_back_and_leaves_the_coupon_free(lunch, lin):
    order, coupon = lunch()
    move(lin, order["no"], "cancel")
    assert gateway_pays(order, 6800) == "late"
    assert state(coupon) == ("claimed", None)
