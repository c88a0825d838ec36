"""Messages to the diner through the outbox: once, whoever works and whatever fails; and dead letters."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hub import jobs
from hub.models import Job
from ordering.orders import messages
from ordering.payments.models import Payment, Refund
from ordering.users.models import User, WechatIdentity
from ordering.users.wechat import subscribe
from tests import factories
from tests.ordering.orders.trips import basket, move, post, refused, submit
from tests.wechat.emulator import Emulator, fresh_folder, until
from tests.wechat.outbox import accepted, dead, forgetful, made

pytestmark = pytest.mark.django_db(transaction=True)
both = pytest.mark.both
PLAIN = {"ACCEPTED": "tpl-accepted", "READY": "tpl-ready", "REFUNDED": "tpl-refunded"}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One emulator for all tests here: to start one takes longer than most of them."""
    with Emulator(fresh_folder(tmp_path_factory.mktemp("wechat"))) as emulator:
        yield emulator


@pytest.fixture
def emulator(running):
    """It, with everything forgotten but its keys and tokens."""
    return forgetful(running)


@pytest.fixture
def templates(gateway, settings):
    """Three templates as our own fields suppose them; everybody wants messages."""
    settings.WECHAT = settings.WECHAT | {f"TEMPLATE_{name}": number for name, number in PLAIN.items()}
    for name, number in PLAIN.items():
        fields = [pair.partition("=")[0] for pair in messages.USUAL[name].split(",")]
        gateway.control("templates", {"template_id": number, "fields": fields})
    gateway.control("consents", {"everybody": True})
    return PLAIN


def sent(gateway):
    return gateway.control("messages")["messages"]


# Messages


@both
def test_each_message_comes_once_with_its_fields_though_workers_compete(
    till, gateway, templates, wang, at_once, store
):
    attempt = till.paid(2)
    accepted(till, attempt.no)
    made(wang, attempt.no)
    till.refund(attempt, 1200)
    till.later(61)
    till.later(61)
    assert sum(at_once(lambda i: jobs.run_due(), 3)) + jobs.run_due() == 3
    openid = WechatIdentity.objects.get().openid
    order, refund = attempt.order, Refund.objects.get()
    local = refund.finished_at.astimezone(messages.clock.local_zone())
    fields = {
        "tpl-accepted": {
            "thing1": "开饭小馆",
            "character_string2": order.pickup_no,
            "thing3": "宫保鸡丁等2份",
            "amount4": "¥76.00",
            "thing5": "商家已接单,后厨准备中",
        },
        "tpl-ready": {
            "thing1": "开饭小馆",
            "character_string2": order.pickup_no,
            "thing3": "宫保鸡丁等2份",
            "thing4": "请凭取餐号到取餐处取餐",
        },
        "tpl-refunded": {
            "thing1": "开饭小馆",
            "character_string2": attempt.no,
            "amount3": "¥12.00",
            "time4": local.strftime("%Y年%m月%d日 %H:%M"),
            "thing5": "退款已原路退回",
        },
    }
    found = {message["template_id"]: message for message in sent(gateway)}
    assert len(sent(gateway)) == 3
    for number, message in found.items():
        assert {name: field["value"] for name, field in message["data"].items()} == fields[number]
        assert (message["touser"], message["miniprogram_state"], message["lang"]) == (
            openid,
            "formal",
            "zh_CN",
        )
        assert (message["page"], message["escaped"]) == (f"pages/order/order?no={attempt.no}", False)
    rows = json.dumps(list(Job.objects.values()), default=str)
    assert openid not in rows
    assert not dead()


@both
@pytest.mark.parametrize(("lease", "times"), [(60.0, 1), (0.0, 2)])
def test_the_lease_is_what_keeps_a_slow_message_from_going_out_twice(
    till, gateway, templates, at_once, monkeypatch, lease, times
):
    """The second row is the control: without a lease both workers send it."""
    accepted(till)
    monkeypatch.setattr(jobs, "LEASE", lease)
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    gateway.fault("delay", route="message", seconds=0.3, times=2)

    def work(i):
        if i:
            until(lambda: gateway.calls("message"), "the first worker's message")
        return jobs.run_due()

    at_once(work, 2)
    gateway.clear()
    assert len(sent(gateway)) == times


def test_who_does_not_want_messages_gets_none_and_nobody_is_alarmed(till, gateway, templates):
    gateway.control("consents", {"everybody": False})
    accepted(till)
    assert jobs.run_due() == 1
    assert (sent(gateway), dead(), gateway.calls("message")) == ([], [], 1)
    assert Job.objects.get().done_at is not None


def test_with_wechat_gone_orders_go_on_and_messages_come_later(till, gateway, templates, wang, clock):
    first = accepted(till)
    jobs.run_due()
    gateway.stop()
    no = accepted(till)["no"]
    made(wang, no)
    assert jobs.run_due() == 2
    assert set(Job.objects.filter(done_at=None).values_list("last_error", "attempts")) == {
        ("wechat.unavailable", 1)
    }
    move(till.fang, no, "complete")
    gateway.start()
    assert jobs.run_due() == 0
    clock.shift(13)
    assert jobs.run_due() == 2
    assert [message["template_id"] for message in sent(gateway)].count("tpl-accepted") == 2
    assert sorted(message["page"][-26:] for message in sent(gateway)) == sorted([first["no"], no, no])


def test_an_order_that_has_ended_meanwhile_is_not_called_taken(till, gateway, templates):
    no = accepted(till)["no"]
    move(till.fang, no, "cancel")
    assert jobs.run_due() == 2
    assert [message["template_id"] for message in sent(gateway)] == ["tpl-refunded"]


def test_nobody_without_an_openid_gets_a_message(till, gateway, templates, zhao):
    for person in (zhao, till.fang):
        accepted(till, submit(person, basket(till.dish))["no"])
    assert Job.objects.count() == 1
    assert jobs.run_due() == 1
    assert (gateway.calls("message"), dead()) == (0, [])


def test_late_money_that_goes_back_is_told_with_its_amount(till, gateway, templates):
    attempt = till.attempt()
    move(till.guest, attempt.no, "cancel")
    Payment.objects.update(next_check_at=None)
    letter = till.pay(attempt)
    assert letter.post().status_code == 204
    till.settle()
    jobs.run_due()
    assert [m["data"]["amount3"]["value"] for m in sent(gateway)] == ["¥38.00"]
    assert attempt.order.refunded_fen == 0


def test_switched_off_an_order_costs_not_one_statement_more(till, settings, table):
    settings.WECHAT_TEXT_CHECK = settings.WECHAT_UPLOAD_SHIPPING = False
    off = trip(till)
    settings.WECHAT_TEXT_CHECK = settings.WECHAT_UPLOAD_SHIPPING = True
    settings.WECHAT = settings.WECHAT | {f"TEMPLATE_{name}": f"tpl-{name}" for name in PLAIN}
    settings.WECHAT_MODE = "off"
    assert trip(till) == off
    assert not Job.objects.exists()
    settings.WECHAT_MODE = "sandbox"
    on = trip(till)
    # The control. Submit: its job, and the mark on the order; accept: the message.
    assert (on["submit"] - off["submit"], on["accept"] - off["accept"]) == (2, 1)
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["message.accepted", "order.remarks"]


def trip(till):
    """How many statements each step of an order's trip takes."""
    counted = {}
    with CaptureQueriesContext(connection) as caught:
        no = submit(till.guest, basket(till.dish, remark="少油"))["no"]
    counted["submit"] = len(caught)
    post(till.fang, f"orders/{no}/pay/", {"channel": "cash"})
    with CaptureQueriesContext(connection) as caught:
        move(till.fang, no, "accept")
    counted["accept"] = len(caught)
    return counted


def test_a_text_is_cut_to_what_its_field_holds():
    ten = "一二三四五六七八九十"
    for field, text, fitted in [
        ("thing1", ten * 2, ten * 2),
        ("thing1", ten * 2 + "一", ten + "一二三四五六七八九…"),
        ("thing2", "两\n行", "两行"),
        ("thing2", " \t", "-"),
        ("character_string1", "A012 号", "A012"),
        ("character_string1", "x" * 40, "x" * 32),
        ("phrase3", "已接单,请稍候", "已接单请稍"),
        ("number1", "12 份", "12"),
        ("letter1", "a1b", "ab"),
        ("symbol1", "a!?", "!?"),
        ("amount4", "¥38.00", "¥38.00"),
        ("time5", "2026年01月02日 03:04", "2026年01月02日 03:04"),
    ]:
        assert subscribe.fit(field, text) == fitted


def test_a_template_may_be_filled_in_its_own_way(till, gateway, settings):
    gateway.control("consents", {"everybody": True})
    own = "tpl: character_string7 = pickup_no, phrase1=status,thing9=table"
    settings.WECHAT = settings.WECHAT | {"TEMPLATE_ACCEPTED": own, "ORDER_PAGE": "pages/o/o"}
    order = accepted(till)
    jobs.run_due()
    [message] = sent(gateway)
    assert {name: field["value"] for name, field in message["data"].items()} == {
        "character_string7": order["pickup_no"],
        "phrase1": "已接单",
        "thing9": "自取",
    }
    assert message["page"] == f"pages/o/o?no={order['no']}"


# Dead letters


def test_what_wechat_will_never_take_is_dead_at_once(till, gateway, templates, settings):
    refusals = {
        "unknown": "wechat.40037",
        "tpl-accepted:phrase1=pickup_no": "wechat.47003",
        "tpl-accepted:thing1=weather": "template.unknown_word",
    }
    for setting in refusals:
        settings.WECHAT = settings.WECHAT | {"TEMPLATE_ACCEPTED": setting}
        accepted(till)
        assert (jobs.run_due(), jobs.run_due()) == (1, 0)
    assert dead() == [("message.accepted", code, 1) for code in refusals.values()]


def test_the_manager_sees_dead_letters_and_tries_again(
    till, gateway, templates, settings, ma, zhao, anonymous, other_store
):
    settings.WECHAT = settings.WECHAT | {"TEMPLATE_ACCEPTED": "unknown"}
    no = accepted(till)["no"]
    jobs.run_due()
    job = Job.objects.get()
    url, retry = "/api/v1/jobs/dead/", f"/api/v1/jobs/{job.pk}/retry/"
    fang, stranger = till.fang, factories.staff("hu", other_store, "manager")
    assert [who.api.get(url, {"store": "demo"}).status_code for who in (fang, zhao, stranger)] == [403] * 3
    assert [who.api.post(retry).status_code for who in (fang, zhao, stranger)] == [403, 404, 404]
    assert [anonymous.get(url).status_code, anonymous.post(retry).status_code] == [401, 401]
    assert refused(ma.api.get(url)) == (400, "body.invalid")
    assert refused(ma.api.get(url, {"store": "nowhere"})) == (404, "resource.not_found")
    assert refused(ma.api.post("/api/v1/jobs/999999/retry/")) == (404, "resource.not_found")
    answer = ma.api.get(url, {"store": "demo"}).json()
    [row] = answer["results"]
    assert (answer["count"], set(row)) == (
        1,
        {"id", "kind", "key", "attempts", "last_error", "created_at", "dead_at"},
    )
    assert (row["id"], row["kind"], row["key"]) == (job.pk, "message.accepted", no)
    assert (row["attempts"], row["last_error"]) == (1, "wechat.40037")
    settings.WECHAT = settings.WECHAT | {"TEMPLATE_ACCEPTED": "tpl-accepted"}
    again = ma.api.post(retry)
    assert (again.status_code, again.json()["attempts"], again.json()["dead_at"]) == (200, 0, None)
    assert refused(ma.api.post(retry)) == (409, "job.not_dead")
    assert jobs.run_due() == 1
    assert [message["template_id"] for message in sent(gateway)] == ["tpl-accepted"]
    assert ma.api.get(url, {"store": "demo"}).json()["results"] == []


def test_the_admin_tries_again_by_the_same_door(db):
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", "demo", name="root"))
    at = messages.clock.now()
    gone = Job.objects.create(kind="message.ready", key="a", store="demo", created_at=at, dead_at=at)
    done = Job.objects.create(kind="message.ready", key="b", store="demo", created_at=at, done_at=at)
    assert browser.get("/admin/hub/job/").status_code == 200
    assert browser.get("/admin/hub/job/add/").status_code == 403
    form = {"action": "retry", "_selected_action": [gone.pk, done.pk]}
    assert browser.post("/admin/hub/job/", form).status_code == 302
    waiting = Job.objects.exclude(next_try_at=None)
    assert list(waiting.values_list("key", "attempts", "dead_at")) == [("a", 0, None)]
    assert Job.objects.get(key="b").done_at == at
