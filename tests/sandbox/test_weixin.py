"""The emulated api.weixin.qq.com: WeChat's rules, error codes and forms, over HTTP."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.shop import Shop
from tests.wechat.emulator import Emulator, fresh_folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with Emulator(fresh_folder(tmp_path_factory.mktemp("weixin"))) as emulator:
        yield Shop(emulator)


@pytest.fixture
def template(shop):
    return f"tpl-{shop.fresh()}"


# Log-in


def test_a_demo_person_is_the_same_each_time_and_another_name_is_another(shop):
    lin, again, mei = shop.log_in("demo-lin"), shop.log_in("demo-lin"), shop.log_in("demo-mei")
    assert lin["openid"] == again["openid"] != mei["openid"]
    assert lin["openid"][0] == "o" and len(lin["openid"]) == 28
    assert lin.keys() == {"openid", "session_key"}
    assert lin["session_key"] != again["session_key"]


def test_answers_of_the_log_in_are_json_that_calls_itself_plain_text(shop):
    for code in ("demo-lin", "nobody-issued-this"):
        answer = shop.session(js_code=code)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert isinstance(answer.json(), dict)


def test_a_code_works_once(shop):
    issued = shop.control("codes", {})
    assert shop.log_in(issued["code"])["openid"] == issued["openid"]
    assert shop.log_in(issued["code"])["errcode"] == 40163


def test_of_many_at_once_one_gets_the_session(shop):
    code = shop.control("codes", {})["code"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.log_in(code), range(16)))
    assert sorted(answer.get("errcode", 0) for answer in answers) == [0] + [40163] * 15


def test_a_code_lives_five_minutes(shop):
    young = shop.control("codes", {"age": 290})
    old = shop.control("codes", {"age": 301})
    assert shop.log_in(young["code"])["openid"] == young["openid"]
    assert shop.log_in(old["code"])["errcode"] == 40029


@pytest.mark.parametrize(
    ("given", "errcode"),
    [
        ({"appid": "wx0"}, 40013),
        ({"secret": "0"}, 40125),
        ({"grant_type": "x"}, 40002),
        ({"js_code": ""}, 41008),
        ({"js_code": "demo-"}, 40029),
        ({"js_code": "0123456789abcdef"}, 40029),
    ],
)
def test_a_wrong_log_in_has_its_code(shop, given, errcode):
    answer = shop.session(**given).json()
    assert answer["errcode"] == errcode
    assert " rid: " in answer["errmsg"]


def test_a_blocked_person_cannot_log_in_until_unblocked(shop):
    openid = shop.log_in("demo-blocked")["openid"]
    shop.control("users", {"openid": openid, "blocked": True})
    assert shop.log_in("demo-blocked")["errcode"] == 40226
    shop.control("users", {"openid": openid, "blocked": False})
    assert shop.log_in("demo-blocked")["openid"] == openid


def test_a_person_may_log_in_a_hundred_times_a_minute(shop):
    answers = [shop.log_in("demo-eager") for _ in range(101)]
    assert [answer.get("errcode") for answer in answers] == [None] * 100 + [45011]
    assert "openid" in shop.log_in("demo-calm")


def test_busy_is_minus_one_as_often_as_ordered_and_calls_are_counted(shop):
    before = shop.emulator.calls("code2session")
    shop.emulator.fault("busy", route="code2session", times=2)
    assert [shop.log_in("demo-lin").get("errcode") for _ in range(3)] == [-1, -1, None]
    assert shop.emulator.calls("code2session") == before + 3


# Tokens


def test_the_token_is_the_same_until_its_last_five_minutes_and_both_are_good_then(shop):
    first, second = shop.fetch_token(), shop.fetch_token()
    assert first["access_token"] == second["access_token"]
    assert 7100 < first["expires_in"] <= 7200
    assert len(first["access_token"]) >= 512
    shop.control("tokens/expire", {"left": 299})
    third = shop.fetch_token()
    assert third["access_token"] != first["access_token"]
    for token in (first, third):
        assert shop.check_text("好吃", token=token["access_token"])["errcode"] == 0


def test_a_forced_token_ends_the_old_one_and_not_twice_in_half_a_minute(shop):
    old = shop.fetch_token()["access_token"]
    new = shop.fetch_token(force_refresh=True)["access_token"]
    assert new != old
    assert shop.check_text("好吃", token=old)["errcode"] == 40001
    assert shop.fetch_token(force_refresh=True)["access_token"] == new == shop.fetch_token()["access_token"]


def test_ended_and_unknown_and_missing_tokens_are_told_apart(shop):
    ended = shop.fetch_token()["access_token"]
    assert shop.control("tokens/expire", {})["ended"] >= 1
    assert [shop.check_text("好", token=token)["errcode"] for token in (ended, "x", "")] == [
        42001,
        40001,
        41001,
    ]
    again = shop.fetch_token()["access_token"]
    shop.control("tokens/expire", {"errcode": 40001})
    assert shop.check_text("好", token=again)["errcode"] == 40001


def test_parallel_fetches_get_one_token(shop):
    shop.control("tokens/expire", {})
    with ThreadPoolExecutor(8) as pool:
        assert (
            len({token["access_token"] for token in pool.map(lambda _: shop.fetch_token(), range(16))}) == 1
        )


@pytest.mark.parametrize(
    ("given", "errcode"), [({"appid": "wx0"}, 40013), ({"secret": "0"}, 40125), ({"grant_type": "x"}, 40002)]
)
def test_a_token_is_for_the_app_alone(shop, given, errcode):
    assert shop.fetch_token(**given)["errcode"] == errcode


@pytest.mark.parametrize(
    ("body", "errcode"), [(b"", 44002), (b"{", 47001), (b"[]", 47001), (b"[" * 9999, 47001)]
)
def test_a_body_must_be_an_object(shop, body, errcode):
    assert shop.emulator.ask("POST", "/cgi-bin/stable_token", data=body).json()["errcode"] == errcode


# Phone


def test_a_phone_code_gives_the_number_once(shop):
    openid = shop.log_in("demo-lin")["openid"]
    code = shop.control("phone-codes", {"openid": openid, "phone": "13800138000"})["code"]
    answer = shop.post("/wxa/business/getuserphonenumber", {"code": code, "openid": openid})
    assert answer["phone_info"]["purePhoneNumber"] == "13800138000"
    assert answer["phone_info"]["watermark"]["appid"] == shop.client["app_id"]
    assert shop.post("/wxa/business/getuserphonenumber", {"code": code})["errcode"] == 40029


def test_a_phone_code_is_of_its_person_and_no_log_in_code(shop):
    openid = shop.log_in("demo-lin")["openid"]
    code = shop.control("phone-codes", {"openid": openid, "phone": "13800138000"})["code"]
    assert shop.log_in(code)["errcode"] == 40029
    stranger = {"code": code, "openid": shop.log_in("demo-mei")["openid"]}
    assert shop.post("/wxa/business/getuserphonenumber", stranger)["errcode"] == 40003
    old = shop.control("phone-codes", {"openid": openid, "phone": "13800138000", "age": 301})["code"]
    assert shop.post("/wxa/business/getuserphonenumber", {"code": old})["errcode"] == 40029


# Subscribe messages


def test_one_consent_is_one_message(shop, template):
    openid = shop.log_in("demo-lin")["openid"]
    assert shop.send(openid, template)["errcode"] == 43101
    shop.control("consents", {"openid": openid, "template_id": template, "count": 2})
    assert [shop.send(openid, template)["errcode"] for _ in range(3)] == [0, 0, 43101]
    [first, _] = [one for one in shop.kept("messages") if one["template_id"] == template]
    assert first["data"]["thing1"]["value"] == "宫保鸡丁" and first["escaped"] is False


def test_everybody_consents_only_while_control_says_so(shop, template):
    openid = shop.log_in("demo-lin")["openid"]
    shop.control("consents", {"everybody": True})
    assert shop.send(openid, template)["errcode"] == 0
    shop.control("consents", {"everybody": False})
    assert shop.send(openid, template)["errcode"] == 43101


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("thing1", "一二三四五六七八九十一二三四五六七八九十", "一二三四五六七八九十一二三四五六七八九十多"),
        ("thing1", "A012 🌶", ""),
        ("number2", "12.50", "12元"),
        ("character_string3", "A012-x", "号012"),
        ("character_string3", "x" * 32, "x" * 33),
        ("amount4", "¥88.00", "八十八"),
        ("phrase5", "已出餐", "ready"),
        ("phrase5", "请来取餐", "请您快来取餐"),
        ("time6", "2026年3月1日 15:01", "2026-03-01 15:01"),
        ("date7", "2026年3月1日", "3/1"),
        ("letter8", "abc", "abc1"),
        ("name9", "林小姐", "林" * 11),
    ],
)
def test_each_kind_of_field_has_its_rule(shop, template, name, good, bad):
    openid = shop.log_in("demo-lin")["openid"]
    shop.control("consents", {"openid": openid, "template_id": template, "count": 2})
    refused = shop.send(openid, template, data={name: {"value": bad}})
    assert refused["errcode"] == 47003
    assert f"data.{name}.value" in refused["errmsg"]
    assert shop.send(openid, template, data={name: {"value": good}})["errcode"] == 0


@pytest.mark.parametrize(
    ("given", "errcode"),
    [
        ({"touser": "nobody"}, 40003),
        ({"touser": None}, 40003),
        ({"template_id": ""}, 40037),
        ({"template_id": "模板"}, 40037),
        ({"data": {}}, 47003),
        ({"data": {"thing1": "text"}}, 47003),
        ({"data": {"colour1": {"value": "red"}}}, 47003),
        ({"page": "/pages/order/order"}, 41030),
        ({"miniprogram_state": "live"}, 40097),
        ({"lang": "zh"}, 40097),
    ],
)
def test_a_wrong_message_uses_up_no_consent(shop, template, given, errcode):
    openid = shop.log_in("demo-lin")["openid"]
    shop.control("consents", {"openid": openid, "template_id": template})
    assert shop.send(openid, template, **given)["errcode"] == errcode
    assert [shop.send(openid, template)["errcode"] for _ in range(2)] == [0, 43101]


def test_a_declared_template_must_be_filled_and_others_are_unknown(tmp_path):
    with Emulator(fresh_folder(tmp_path)) as emulator:
        shop = Shop(emulator)
        openid = shop.log_in("demo-lin")["openid"]
        shop.control("consents", {"everybody": True})
        shop.control("templates", {"template_id": "ready", "fields": ["thing1", "phrase2"]})
        assert shop.send(openid, "other")["errcode"] == 40037
        missing = shop.send(openid, "ready")
        assert (missing["errcode"], "data.phrase2" in missing["errmsg"]) == (47003, True)
        full = {"thing1": {"value": "面"}, "phrase2": {"value": "好了"}}
        assert shop.send(openid, "ready", data=full)["errcode"] == 0


# Mini program codes


def test_a_code_of_a_table_is_a_picture(shop):
    body = {"scene": "t=Ab3xY9kLmN0pQrSt", "page": "pages/menu/menu", "check_path": False, "width": 600}
    answer = shop.post_raw("/wxa/getwxacodeunlimit", body)
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")
    width = int.from_bytes(answer.content[16:20], "big")
    assert 500 < width <= 600


@pytest.mark.parametrize(
    ("given", "errcode"),
    [
        ({"scene": "x" * 33}, 40169),
        ({"scene": ""}, 40169),
        ({"scene": "t=桌"}, 40169),
        ({"scene": "a b"}, 40169),
        ({"page": "/pages/menu/menu"}, 41030),
        ({"page": "pages/menu/menu?x=1"}, 41030),
        ({"page": "elsewhere/menu", "check_path": True}, 41030),
        ({"width": 100}, 40097),
        ({"env_version": "live"}, 40097),
    ],
)
def test_a_refused_code_is_json_with_a_reason(shop, given, errcode):
    body = {"scene": "t=1", "page": "pages/menu/menu", "check_path": False} | given
    answer = shop.post_raw("/wxa/getwxacodeunlimit", body)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["errcode"] == errcode


# Text check


@pytest.mark.parametrize(
    ("text", "suggest"), [("味道很好 🌶 𠮷", "pass"), ("老板是傻子", "risky"), ("加微信领券", "review")]
)
def test_texts_are_judged_by_their_words(shop, text, suggest):
    answer = shop.check_text(text)
    assert answer["result"]["suggest"] == suggest
    assert (answer["result"]["label"] == 100) is (suggest == "pass")
    assert (
        shop.kept("checks")[-1] | {"content": text, "escaped": False, "suggest": suggest}
        == shop.kept("checks")[-1]
    )


def test_escaped_text_always_passes_and_is_seen_to_have_been_escaped(shop):
    answer = shop.check_text("老板是傻子", escaped=True)
    assert answer["result"] == {"suggest": "pass", "label": 100}
    assert shop.kept("checks")[-1]["escaped"] is True


@pytest.mark.parametrize(
    ("given", "errcode"),
    [
        ({"version": 1}, 40129),
        ({"scene": 9}, 40129),
        ({"content": "好" * 2501}, 44004),
        ({"content": ""}, 44004),
        ({"openid": "stranger"}, 40003),
    ],
)
def test_a_wrong_check_has_its_code(shop, given, errcode):
    assert shop.check_text("好", **given)["errcode"] == errcode


def test_only_texts_of_recent_visitors_are_checked(shop):
    openid = shop.log_in("demo-gone")["openid"]
    assert shop.check_text("好", openid=openid)["errcode"] == 0
    shop.control("users", {"openid": openid, "visited_ago": 2 * 3600 + 5})
    assert shop.check_text("好", openid=openid)["errcode"] == 61010


# Delivery information


def test_delivery_is_of_a_paid_order_and_once(shop):
    order = shop.order("demo-lin")
    key = {"order_number_type": 1, "mchid": shop.client["mchid"], "out_trade_no": order["out_trade_no"]}
    assert shop.ship(key, order["openid"])["errcode"] == 10060004
    paid = shop.emulator.pay(order["prepay_id"])
    by_transaction = {"order_number_type": 2, "transaction_id": paid["transaction_id"]}
    assert shop.ship(by_transaction, shop.log_in("demo-mei")["openid"])["errcode"] == 10060022
    assert shop.ship(by_transaction, order["openid"]) == {"errcode": 0, "errmsg": "ok"}
    assert shop.ship(key, order["openid"])["errcode"] == 10060023
    assert len([one for one in shop.kept("shippings") if one["order_key"] == by_transaction]) == 1


@pytest.mark.parametrize(
    ("given", "errcode"),
    [
        ({"order_key": None}, 268485228),
        ({"order_key": {"order_number_type": 2, "transaction_id": "42"}}, 10060001),
        ({"order_key": {"order_number_type": 1, "mchid": "0", "out_trade_no": "x"}}, 268485197),
        ({"logistics_type": 5}, 10060005),
        ({"delivery_mode": 0}, 268485224),
        ({"shipping_list": []}, 10060006),
        ({"shipping_list": [{}]}, 10060008),
        ({"shipping_list": [{"item_desc": "饭" * 121}]}, 10060009),
        ({"upload_time": "2026-03-01"}, 268485216),
        ({"payer": None}, 10060022),
    ],
)
def test_a_wrong_delivery_has_its_code(shop, given, errcode):
    if not hasattr(shop, "lunch"):
        shop.lunch = shop.order("demo-lin")
        shop.lunch["paid"] = shop.emulator.pay(shop.lunch["prepay_id"])
    key = {"order_number_type": 2, "transaction_id": shop.lunch["paid"]["transaction_id"]}
    assert shop.ship(key, shop.lunch["openid"], **given)["errcode"] == errcode


def test_what_must_not_leak_can_be_looked_up(shop):
    session = shop.log_in("demo-secret")
    told = shop.control("people")
    [person] = [one for one in told["people"] if one["openid"] == session["openid"]]
    assert person["session_key"] == session["session_key"]
    assert shop.fetch_token()["access_token"] in told["tokens"]


@pytest.mark.parametrize("path", ["codes", "phone-codes", "users", "consents", "templates"])
def test_nonsense_to_the_control_side_is_400(shop, path):
    body = json.dumps({"openid": {}, "age": "x", "blocked": "y"}).encode()
    assert shop.emulator.ask("POST", f"/control/{path}/", data=body).status_code == 400
