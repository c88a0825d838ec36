"""A merchant's side in tests: the untouched client in both trust modes, and where callbacks arrive."""

import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


class Inbox:
    """Keeps every callback as (headers, raw body); answers ``statuses`` in turn, the last one for ever."""

    def __init__(self):
        self.letters, self.statuses, self.arrived = [], [204], threading.Condition()
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = inbox.take(dict(self.headers), body)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/notify/"
        # a short poll, or shutdown waits for half a second
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def take(self, headers, body):
        with self.arrived:
            self.letters.append((headers, body))
            self.arrived.notify_all()
            return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    def wait(self, count=1):
        """The first so many letters, once they are there."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.letters) >= count, 10), len(self.letters)
            return self.letters[:count]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Merchant:
    """The untouched wechatpayv3 client against the emulator, in ``public_key`` or ``certificate`` mode."""

    numbers = itertools.count(1)

    def __init__(self, emulator, notify_url, mode="public_key"):
        self.emulator, self.own = emulator, emulator.call("GET", "/client.json")
        own = self.own
        keys = {name: own[name] for name in ("mchid", "private_key", "cert_serial_no", "apiv3_key")}
        trust = {"public_key": own["public_key"], "public_key_id": own["public_key_id"]}
        kind, app_id = WeChatPayType.MINIPROG, own["app_id"]
        self.pay = WeChatPay(kind, appid=app_id, notify_url=notify_url, timeout=(3, 8), **keys, **trust)
        self.pay._core._gate_way = emulator.url
        if mode == "certificate":
            # this core asks the gateway while it is made, so its address must be there before
            fixed = {"_gate_way": property(lambda _: emulator.url, lambda *_: None)}
            self.pay._core = type("AddressedCore", (Core,), fixed)(timeout=(3, 8), **keys)

    def fresh(self):
        """An out_trade_no nobody used."""
        return f"PT{next(self.numbers):010d}"

    def prepay(self, number=None, total=8800, **given):
        """(status, answer, number) of a prepay."""
        number = number or self.fresh()
        asked = {"description": "宫保鸡丁等三件", "amount": {"total": total, "currency": "CNY"}} | given
        status, text = self.pay.pay(out_trade_no=number, payer={"openid": OPENID}, **asked)
        return status, json.loads(text), number

    def paid(self, total=8800, **given):
        """Number of an order that is paid."""
        status, answer, number = self.prepay(total=total, **given)
        assert status == 200, answer
        self.emulator.pay(answer["prepay_id"])
        return number

    def query(self, **number):
        status, text = self.pay.query(**number)
        return status, json.loads(text)

    def refund(self, number, fen, out_refund_no, total=8800, **given):
        amount = {"refund": fen, "total": total, "currency": "CNY"}
        status, text = self.pay.refund(
            out_refund_no=out_refund_no, amount=amount, out_trade_no=number, **given
        )
        return status, json.loads(text)

    def read(self, letter):
        """What a callback says, verified and decrypted by the client; None when it does not trust it."""
        headers, body = letter
        return self.pay.callback(headers, body)
