"""A merchant beside the emulator: plain calls of its routes, and orders by the untouched client."""

import itertools
import json

from wechatpayv3 import WeChatPay, WeChatPayType

from tests.wechat.emulator import Emulator


class Shop:
    """What a merchant's server says to WeChat. Answers are parsed; `…_raw` are bare."""

    def __init__(self, emulator: Emulator):
        self.emulator, self.client = emulator, emulator.call("GET", "/client.json")
        self._numbers = itertools.count(1)

    def fresh(self):
        return next(self._numbers)

    def control(self, path, body=None):
        return self.emulator.control(path, body)

    def kept(self, kind):
        return self.control(kind)[kind]

    def session(self, **given):
        own = {"appid": self.client["app_id"], "secret": self.client["app_secret"], "js_code": "demo-lin"}
        query = own | {"grant_type": "authorization_code"} | given
        return self.emulator.ask("GET", "/sns/jscode2session", params=query)

    def log_in(self, code):
        return self.session(js_code=code).json()

    def fetch_token(self, **given):
        own = {"appid": self.client["app_id"], "secret": self.client["app_secret"]}
        body = {"grant_type": "client_credential"} | own | given
        return self.emulator.ask("POST", "/cgi-bin/stable_token", body).json()

    def post_raw(self, path, body, *, token=None, escaped=False):
        token = self.fetch_token()["access_token"] if token is None else token
        data = json.dumps(body, ensure_ascii=escaped).encode()
        return self.emulator.ask("POST", path, params={"access_token": token}, data=data)

    def post(self, path, body, **how):
        return self.post_raw(path, body, **how).json()

    def send(self, openid, template, **given):
        data = {"thing1": {"value": "宫保鸡丁"}}
        body = {"touser": openid, "template_id": template, "page": "pages/order/order?no=1", "data": data}
        return self.post("/cgi-bin/message/subscribe/send", body | given)

    def check_text(self, text, *, token=None, escaped=False, **given):
        openid = given.pop("openid", None) or self.log_in("demo-writer")["openid"]
        body = {"version": 2, "scene": 2, "openid": openid, "content": text} | given
        return self.post("/wxa/msg_sec_check", body, token=token, escaped=escaped)

    def ship(self, key, openid, **given):
        body = {"order_key": key, "logistics_type": 4, "delivery_mode": 1, "payer": {"openid": openid}}
        body |= {"shipping_list": [{"item_desc": "午餐"}], "upload_time": "2026-03-01T12:00:00+08:00"}
        return self.post("/wxa/sec/order/upload_shipping_info", body | given)

    def pay_client(self):
        """The library as it comes, in public-key mode; only its base address is ours."""
        own = self.client
        made = WeChatPay(
            wechatpay_type=WeChatPayType.JSAPI,
            mchid=own["mchid"],
            private_key=own["private_key"],
            cert_serial_no=own["cert_serial_no"],
            appid=own["app_id"],
            apiv3_key=own["apiv3_key"],
            notify_url="http://127.0.0.1:9/notify/",
            public_key=own["public_key"],
            public_key_id=own["public_key_id"],
            timeout=(3, 8),
        )
        made._core._gate_way = self.emulator.url
        return made

    def order(self, code, total_fen=1250, description="开饭小馆 午餐"):
        """A prepay: ``{"out_trade_no", "openid", "prepay_id", "params"}``, params as the client pays with."""
        openid, number = self.log_in(code)["openid"], f"Test{self.fresh():08d}"
        pay = self.pay_client()
        wanted = {"description": description, "out_trade_no": number, "amount": {"total": total_fen}}
        status, text = pay.pay(**wanted, payer={"openid": openid})
        assert status == 200, text
        prepay_id = json.loads(text)["prepay_id"]
        return {
            "out_trade_no": number,
            "openid": openid,
            "prepay_id": prepay_id,
            "params": self.params(prepay_id),
        }

    def params(self, prepay_id, *, stamp="1700000000", nonce="n0nce"):
        package = f"prepay_id={prepay_id}"
        signed = self.pay_client().sign([self.client["app_id"], stamp, nonce, package])
        own = {"timeStamp": stamp, "nonceStr": nonce, "package": package}
        return own | {"signType": "RSA", "paySign": signed}
