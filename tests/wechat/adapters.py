"""The adapter and, as its control, the untouched SDK, both pointed at an emulator; forged callbacks."""

import json
import time
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from wechatpayv3 import WeChatPay, WeChatPayType

from hub import clock
from ordering.payments.wechatpay.gateway import WechatGateway
from ordering.users.wechat.config import Config
from tests.wechat.emulator import Emulator

SCHEME = "WECHATPAY2-SHA256-RSA2048"
NOWHERE = "http://127.0.0.1:9/api/payments/wechat/notify/"
STRANGE_SERIAL = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"


def config(
    emulator: Emulator, *, trust: str = "public_key", notify_url: str = NOWHERE, **changed: Any
) -> Config:
    """What the product would be configured with; ``certificate`` leaves out the public key."""
    made = emulator.call("GET", "/client.json")
    if trust == "certificate":
        made |= {"public_key": "", "public_key_id": ""}
    given = Config(
        mode="sandbox",
        notify_url=notify_url,
        refund_notify_url=notify_url,
        cert_dir="",
        pay_base_url=emulator.url,
        api_base_url=emulator.url,
        **made,
    )
    return replace(given, **changed)


def gateway(emulator: Emulator, **changed: Any) -> WechatGateway:
    """The adapter."""
    return WechatGateway(config(emulator, **changed))


def frozen(
    pay: WechatGateway, number: str, fen: int = 8800, description: str = "老店 · 两份“麻婆豆腐”"
) -> str:
    """A prepay body for lin."""
    return pay.freeze(number, fen, "o-lin-of-the-sandbox", clock.now() + timedelta(minutes=15), description)


def stock(emulator: Emulator, *, trust: str = "public_key", **options: Any) -> WeChatPay:
    """The SDK as it is on PyPI, with platform certificates from a folder: it would ask the real gateway."""
    made = config(emulator, trust=trust)
    keys = {"public_key": made.public_key, "public_key_id": made.public_key_id} if made.public_key else {}
    if trust == "certificate":
        keys = {"cert_dir": str(certificates_of(emulator))}
    client = WeChatPay(
        WeChatPayType.MINIPROG,
        made.mchid,
        made.private_key,
        made.cert_serial_no,
        made.app_id,
        made.apiv3_key,
        notify_url=made.notify_url,
        timeout=5,
        **keys,
        **options,
    )
    client._core._gate_way = emulator.url
    return client


def certificates_of(emulator: Emulator) -> Path:
    """A folder with the emulator's platform certificates and nothing else."""
    folder = emulator.folder / "certificates"
    folder.mkdir(exist_ok=True)
    for path in emulator.folder.glob("platform_*.pem"):
        if not path.name.endswith("_key.pem"):
            (folder / path.name).write_text(path.read_text())
    return folder


class Forger:
    """Writes callbacks with the gateway's own keys; every part can be spoiled."""

    def __init__(self, emulator: Emulator, trust: str = "public_key") -> None:
        self.client = emulator.call("GET", "/client.json")
        name, self.serial = "wechatpay_key.pem", self.client["public_key_id"]
        if trust == "certificate":
            newest = max(emulator.folder.glob("platform_*_key.pem"), key=lambda path: path.stat().st_mtime_ns)
            name, self.serial = newest.name, newest.name.split("_")[1]
        self._key = load_pem_private_key((emulator.folder / name).read_bytes(), None)

    def body(self, *, apiv3_key: str = "", spaces: bool = False, **changed: Any) -> bytes:
        """A payment's notification: compact JSON with raw CJK, as WeChat writes it."""
        said = {
            "mchid": self.client["mchid"],
            "appid": self.client["app_id"],
            "out_trade_no": "PFORGED0001",
            "transaction_id": "4200000000202611230000000001",
            "trade_state": "SUCCESS",
            "trade_state_desc": "支付成功",
            "success_time": "2026-11-23T12:00:00+08:00",
            "payer": {"openid": "o-lin-of-the-sandbox"},
            "amount": {"total": 8800, "payer_total": 8000, "currency": "CNY", "payer_currency": "CNY"},
            **changed,
        }
        separators = (", ", ": ") if spaces else (",", ":")
        text = json.dumps(said, ensure_ascii=False, separators=separators)
        key = (apiv3_key or self.client["apiv3_key"]).encode()
        sealed = AESGCM(key).encrypt(b"abcdefghijkl", text.encode(), b"transaction")
        notice = {
            "id": "EV-2026112300000001",
            "create_time": "2026-11-23T12:00:01+08:00",
            "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS",
            "summary": "支付成功",
            "resource": {
                "original_type": "transaction",
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": b64encode(sealed).decode(),
                "associated_data": "transaction",
                "nonce": "abcdefghijkl",
            },
        }
        return json.dumps(notice, ensure_ascii=False, separators=separators).encode()

    def headers(self, body: bytes, *, age: float = 0, **changed: str) -> dict[str, str]:
        """Signed over these bytes; a header that is changed to None is left out."""
        stamp = str(int(time.time() - age))
        message = f"{stamp}\nN0nce\n".encode() + body + b"\n"
        signature = b64encode(self._key.sign(message, PKCS1v15(), SHA256())).decode()
        made = {"timestamp": stamp, "nonce": "N0nce", "signature": signature, "serial": self.serial}
        made |= {"signature_type": SCHEME} | changed
        given = {f"Wechatpay-{name.replace('_', '-').title()}": value for name, value in made.items()}
        return {name: value for name, value in given.items() if value is not None}
