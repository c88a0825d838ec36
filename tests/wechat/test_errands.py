"""What goes out to WeChat besides money and messages: hand-overs, remarks to be read, table codes."""

import io

import pytest
from PIL import Image

from hub import jobs
from hub.models import Job
from hub.transactions import transact
from ordering.orders import shipping
from ordering.orders.models import Order
from ordering.restaurant import sessions, tokens
from ordering.users.models import WechatIdentity
from ordering.users.wechat import textcheck
from tests import factories
from tests.ordering.orders.trips import basket, move, post, refused, submit
from tests.wechat.emulator import Emulator, fresh_folder
from tests.wechat.outbox import accepted, dead, forgetful, made

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """One emulator for all tests here: to start one takes longer than most of them."""
    with Emulator(fresh_folder(tmp_path_factory.mktemp("wechat"))) as emulator:
        yield emulator


@pytest.fixture
def emulator(running):
    """It, with everything forgotten but its keys and tokens."""
    return forgetful(running)


# Hand-over


def test_a_completed_order_that_wechat_was_paid_for_is_told_as_handed_over(till, gateway, settings, wang):
    settings.WECHAT_UPLOAD_SHIPPING = True
    attempt, cash = till.paid(2), till.order()
    for no in (attempt.no, cash):
        accepted(till, no)
        made(wang, no)
        move(till.fang, no, "complete")
    assert (jobs.run_due(), jobs.run_due()) == (1, 0)
    [told] = gateway.control("shippings")["shippings"]
    payment = attempt.payment
    assert told["order_key"] == {"order_number_type": 2, "transaction_id": payment.transaction_id}
    assert (told["logistics_type"], told["delivery_mode"]) == (4, 1)
    assert told["shipping_list"] == [{"item_desc": "宫保鸡丁等2份"}]
    shipping.upload(Job.objects.get().payload)
    assert len(gateway.control("shippings")["shippings"]) == 1
    assert not dead()


# Remarks


def test_remarks_are_read_in_plain_utf8_and_judged(till, gateway, settings):
    settings.WECHAT_TEXT_CHECK = True
    verdicts = {"少放辣": "pass", "赌博": "risky", "加微信": "review"}
    found = {}
    for remark in verdicts:
        body = basket(till.dish, remark="快一点")
        body["lines"][0]["remark"] = remark
        no = submit(till.guest, body)["no"]
        assert Order.objects.get(no=no).remark_check == "pending"
        assert jobs.run_due() == 1
        check = gateway.control("checks")["checks"][-1]
        assert (check["content"], check["escaped"], check["scene"]) == (f"快一点\n{remark}", False, 2)
        order = Order.objects.get(no=no)
        assert order.version == 1
        found[remark] = order.remark_check
    assert found == verdicts


def test_what_cannot_be_checked_stays_pending_and_the_order_goes_on(till, gateway, settings):
    settings.WECHAT_TEXT_CHECK = True
    gateway.control("users", {"openid": WechatIdentity.objects.get().openid, "visited_ago": 3 * 3600})
    no = submit(till.guest, basket(till.dish, remark="少油"))["no"]
    jobs.run_due()
    assert dead() == [("order.remarks", "wechat.61010", 1)]
    assert accepted(till, no)["status"] == "accepted"
    assert Order.objects.get(no=no).remark_check == "pending"
    submit(till.guest, basket(till.dish))
    assert Job.objects.count() == 1


def test_a_check_says_nothing_of_lines_that_came_meanwhile(till, gateway, settings, monkeypatch, store):
    settings.WECHAT_TEXT_CHECK = True
    no = accepted(till, submit(till.guest, basket(till.dish, remark="少油"))["no"])["no"]
    check = textcheck.check
    lines = [{"dish": till.dish.pk, "quantity": 1, "remark": "赌博"}]

    def slow(text, openid):
        found = check(text, openid)
        if "赌博" not in text:
            assert post(till.fang, f"orders/{no}/batches/", {"lines": lines}).status_code == 201
        return found

    monkeypatch.setattr("ordering.users.wechat.textcheck.check", slow)
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    jobs.run_due()
    assert Order.objects.get(no=no).remark_check == "pending"
    jobs.run_due()
    assert Order.objects.get(no=no).remark_check == "risky"


# Table codes


def test_a_tables_code_is_drawn_once_and_leads_to_the_table(
    gateway, settings, tmp_path, store, table, ma, fang, lin
):
    settings.MEDIA_ROOT = tmp_path / "media"
    url = f"/api/v1/tables/{table.pk}/mini-code/"
    assert [who.api.post(url).status_code for who in (fang, lin)] == [403, 404]
    assert ma.api.get(url).json() == {"state": "none", "image": None}
    for _ in range(2):
        answer = ma.api.post(url)
        assert (answer.status_code, answer.json()) == (202, {"state": "pending", "image": None})
    assert jobs.run_due() == 1
    assert ma.api.post(url).json()["state"] == "ready"
    image = ma.api.get(url).json()["image"]
    assert jobs.run_due() == 0
    drawn = (settings.MEDIA_ROOT / image.removeprefix("/media/")).read_bytes()
    assert Image.open(io.BytesIO(drawn)).format == "PNG"
    [code] = gateway.control("wxacodes")["wxacodes"]
    assert len(code["scene"]) <= 32 and code["scene"] not in image
    place = factories.client().get("/api/v1/tables/resolve/", {"token": code["scene"]})
    assert place.json()["table"]["code"] == "t1"
    transact(lambda tx: sessions.rotate_token(tx, table), actor="tests")
    assert ma.api.get(url).json() == {"state": "none", "image": None}
    assert refused(factories.client().get("/api/v1/tables/resolve/", {"token": code["scene"]}))[0] == 403


def test_a_code_that_cannot_be_drawn_is_failed_until_it_is_ordered_again(
    gateway, settings, tmp_path, store, table, ma
):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.WECHAT = settings.WECHAT | {"TABLE_PAGE": "/pages/menu"}
    url = f"/api/v1/tables/{table.pk}/mini-code/"
    ma.api.post(url)
    jobs.run_due()
    assert dead() == [("table.code", "wechat.41030", 1)]
    assert ma.api.get(url).json() == {"state": "failed", "image": None}
    settings.WECHAT = settings.WECHAT | {"TABLE_PAGE": ""}
    assert ma.api.post(url).json()["state"] == "pending"
    jobs.run_due()
    assert ma.api.get(url).json()["state"] == "ready"


def test_a_token_rotated_before_it_is_drawn_is_not_drawn(gateway, settings, tmp_path, store, table, ma):
    settings.MEDIA_ROOT = tmp_path / "media"
    ma.api.post(f"/api/v1/tables/{table.pk}/mini-code/")
    transact(lambda tx: sessions.rotate_token(tx, table), actor="tests")
    assert jobs.run_due() == 1
    assert (gateway.calls("wxacode"), (tmp_path / "media").exists()) == (0, False)


def test_without_wechat_there_are_no_codes(settings, table, ma):
    settings.WECHAT_MODE = "off"
    answer = ma.api.post(f"/api/v1/tables/{table.pk}/mini-code/")
    assert refused(answer) == (409, "wechat.off")
    assert not Job.objects.exists()
    assert len(tokens.write(table)) <= 32
