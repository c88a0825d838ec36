"""The cashier page, and the command that runs the emulator alone."""

import re
import socket
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from tests.databases import ROOT, process_env
from tests.live import free_port
from tests.sandbox.shop import Shop
from tests.wechat.emulator import Emulator, fresh_folder

HTML = {"Accept": "text/html"}
PAY = 'data-action="pay"'


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with Emulator(fresh_folder(tmp_path_factory.mktemp("cashier"))) as emulator:
        yield Shop(emulator)


def page(shop, path, status=200, **query):
    answer = shop.emulator.ask("GET", path, params=query, headers=HTML)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    return answer.text


def press(shop, prepay_id, action, **how):
    path = f"/cashier/{prepay_id}/{action}/"
    return shop.emulator.ask("POST", path, headers=HTML, allow_redirects=False, **how)


def test_pending_orders_stand_newest_first(shop):
    first, second = shop.order("demo-lin", 1250), shop.order("demo-mei", 8800)
    html = page(shop, "/cashier/")
    ids = re.findall(r'<section class="card" data-prepay="(.+?)"', html)
    assert ids[:2] == [second["prepay_id"], first["prepay_id"]]
    assert "12.50" in html and "88.00" in html and "开饭小馆 午餐" in html
    shop.emulator.pay(second["prepay_id"])
    html = page(shop, "/cashier/")
    assert second["prepay_id"] not in re.findall(r'data-prepay="(.+?)"', html)
    assert "支付成功" in html


def test_a_page_loads_nothing_and_runs_nothing(shop):
    order = shop.order("demo-lin")
    for path in ("/cashier/", f"/cashier/{order['prepay_id']}/"):
        answer = shop.emulator.ask("GET", path, headers=HTML)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; ")
        assert not re.search(r"<script|https?://|@import|url\(|\son\w+=", answer.text)
        assert 'lang="zh-Hans"' in answer.text and "width=device-width" in answer.text


def test_what_the_merchant_wrote_is_text(shop):
    order = shop.order("demo-lin", description='<img src="x">')
    assert "&lt;img" in page(shop, f"/cashier/{order['prepay_id']}/")
    assert "<img" not in page(shop, "/cashier/")


def test_signed_parameters_open_the_page_and_the_payment_is_told(shop):
    order = shop.order("demo-lin")
    path = f"/cashier/{order['prepay_id']}/"
    html = page(shop, path, **order["params"])
    assert PAY in html and "已验证" in html
    answer = press(shop, order["prepay_id"], "pay")
    assert (answer.status_code, answer.headers["location"]) == (303, "../")
    html = page(shop, path)
    assert PAY not in html and "支付成功" in html
    assert shop.emulator.order(order["out_trade_no"])["paid_times"] == 1


@pytest.mark.parametrize(
    "wrong", ["paySign", "timeStamp", "nonceStr", "package", "signType", "missing", "other"]
)
def test_parameters_that_the_merchant_did_not_sign_are_refused(shop, wrong):
    order = shop.order("demo-lin")
    params = dict(order["params"])
    if wrong == "missing":
        del params["paySign"]
    elif wrong == "other":
        params = shop.order("demo-mei")["params"]
    else:
        params[wrong] = params[wrong][:-4] + "AAAA"
    html = page(shop, f"/cashier/{order['prepay_id']}/", 400, **params)
    assert PAY not in html and "签名" in html
    assert PAY in page(shop, f"/cashier/{order['prepay_id']}/", **order["params"])


def test_a_program_gets_json_and_pays_once(shop):
    order = shop.order("demo-lin")
    paid = shop.emulator.pay(order["prepay_id"])
    assert paid.keys() == {"out_trade_no", "transaction_id", "trade_state"}
    assert (paid["out_trade_no"], paid["trade_state"]) == (order["out_trade_no"], "SUCCESS")
    again = shop.emulator.try_to_pay(order["prepay_id"])
    assert (again.status_code, again.json()["code"]) == (400, "ORDERPAID")
    assert "已支付" in press(shop, order["prepay_id"], "pay").text


def test_cancelling_leaves_the_order_payable(shop):
    order = shop.order("demo-lin")
    assert press(shop, order["prepay_id"], "cancel").status_code == 303
    html = page(shop, f"/cashier/{order['prepay_id']}/")
    assert PAY in html and "取消了付款" in html
    left = shop.emulator.call("POST", f"/cashier/{order['prepay_id']}/cancel/")
    assert left == {"out_trade_no": order["out_trade_no"], "trade_state": "NOTPAY"}
    assert shop.emulator.pay(order["prepay_id"])["trade_state"] == "SUCCESS"


def test_a_closed_or_unknown_order_cannot_be_paid(shop):
    order = shop.order("demo-lin")
    assert shop.pay_client().close(out_trade_no=order["out_trade_no"])[0] == 204
    html = page(shop, f"/cashier/{order['prepay_id']}/", **order["params"])
    assert PAY not in html and "已关闭" in html
    assert press(shop, order["prepay_id"], "pay").status_code == 400
    assert page(shop, "/cashier/nothing/", 404)
    assert shop.emulator.try_to_pay("nothing").json()["code"] == "ORDER_NOT_EXIST"


def test_only_a_post_pays(shop):
    order = shop.order("demo-lin")
    assert shop.emulator.ask("GET", f"/cashier/{order['prepay_id']}/pay/").status_code == 405
    assert shop.emulator.order(order["out_trade_no"])["state"] == "NOTPAY"


# The command


def test_the_command_prints_what_to_set(tmp_path):
    port = free_port()
    env = process_env(f"sqlite:///{tmp_path / 'none.sqlite3'}", env={"WECHAT_MODE": "sandbox"})
    line = [sys.executable, "manage.py", "wechat_sandbox", "--port", str(port)]
    line += ["--folder", str(fresh_folder(tmp_path)), "--speed", "60"]
    running = subprocess.Popen(line, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    try:
        told = [running.stdout.readline().strip() for _ in range(4)]
        base = f"http://127.0.0.1:{port}"
        assert told[:3] == [
            "WECHAT_MODE=sandbox",
            f"WECHAT_PAY_BASE_URL={base}",
            f"WECHAT_API_BASE_URL={base}",
        ]
        assert f"{base}/client.json" in told[3] and told[3].endswith(f"cashier: {base}/cashier/")
    finally:
        running.terminate()
        assert running.wait(20) is not None


def test_a_taken_port_is_said_clearly(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"cannot listen on 127\.0\.0\.1:{port}: another program"):
            call_command("wechat_sandbox", port=port, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"port": 70000}, {"port": -1}, {"speed": 0.0}])
def test_nonsense_is_refused(options):
    with pytest.raises(CommandError):
        call_command("wechat_sandbox", **({"port": 0} | options))


def test_production_settings_refuse_the_command(settings):
    settings.DEMO_ALLOWED = settings.WECHAT_ALLOW_SANDBOX = False
    with pytest.raises(CommandError, match="production"):
        call_command("wechat_sandbox", port=0)
