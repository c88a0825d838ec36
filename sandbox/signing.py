"""Signatures and ciphers of WeChat Pay v3: what the emulator signs, and how it checks the merchant."""

import itertools
import re
import secrets
import string
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.errors import Refused
from sandbox.keys import Keys
from sandbox.ledger import Ledger

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW_SECONDS = 300
PUBLIC_KEY, CERTIFICATE, DUAL = "public_key", "certificate", "dual"
MODES = (PUBLIC_KEY, CERTIFICATE, DUAL)
PAIR = re.compile(r'(\w+)="([^"]*)"')
FIELDS = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
LETTERS = string.ascii_letters + string.digits


def nonce(length: int = 32) -> str:
    """Random letters and digits."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def sign(key: RSAPrivateKey, message: bytes) -> str:
    """RSA with SHA-256, as base64."""
    return b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def verify(key: RSAPublicKey, message: bytes, signature: str) -> bool:
    """Whether this base64 signature of the message is the key's; False for nonsense too."""
    try:
        key.verify(b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True


def encrypt(apiv3_key: str, text: str, associated: str) -> dict[str, str]:
    """AES-256-GCM as WeChat wraps resources; the nonce's twelve characters are its bytes."""
    salt = nonce(12)
    sealed = AESGCM(apiv3_key.encode()).encrypt(salt.encode(), text.encode(), associated.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": b64encode(sealed).decode(),
        "associated_data": associated,
        "nonce": salt,
    }


class Signer:
    """Signs answers and callbacks with the public key's pair or the platform certificate, by trust mode."""

    def __init__(self, ledger: Ledger, keys: Keys):
        self._ledger, self.keys = ledger, keys
        # two rows of turns, or answers between callbacks would take all the turns of one key
        self._turns = {True: itertools.count(), False: itertools.count()}

    def trust(self) -> tuple[str, int]:
        """(mode, share of signatures by the public key in percent)."""
        mode = self._ledger.setting("trust", PUBLIC_KEY)
        return mode, int(self._ledger.setting("public_key_percent", "50")) if mode == DUAL else 100

    def headers(
        self, body: bytes, *, public: bool = True, callback: bool = False, age: float = 0
    ) -> dict[str, str]:
        """The five signature headers over these bytes; ``age`` seconds old.

        ``public``: in dual mode, whether this client can check the public key's signature at all.
        """
        serial, key = self._key(public, callback)
        timestamp, salt = str(int(self._ledger.now() - age)), nonce()
        return {
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": salt,
            "Wechatpay-Signature": sign(key, f"{timestamp}\n{salt}\n".encode() + body + b"\n"),
            "Wechatpay-Serial": serial,
            "Wechatpay-Signature-Type": SCHEME,
        }

    def _key(self, public: bool, callback: bool) -> tuple[str, RSAPrivateKey]:
        mode, percent = self.trust()
        if mode == PUBLIC_KEY or (mode == DUAL and public and self._public_turn(percent, callback)):
            return self.keys.public_key_id, self.keys.public_key
        return self.keys.platform()

    def _public_turn(self, percent: int, callback: bool) -> bool:
        """Exactly so many of a hundred, spread evenly."""
        turn = next(self._turns[callback])
        return (turn + 1) * percent // 100 > turn * percent // 100


def authorize(
    ledger: Ledger, keys: Keys, headers: Mapping[str, str], method: str, path: bytes, body: bytes
) -> None:
    """Refuse a request the merchant did not sign as WeChat Pay wants it, or that was seen before.

    ``path`` is path and query as the client signed them, raw. Raises Refused (401 SIGN_ERROR).
    """
    given = parse(headers.get("authorization", ""))
    if given["mchid"] != keys.mchid:
        raise Refused("SIGN_ERROR", "商户号错误", 401)
    if given["serial_no"].upper().lstrip("0") != keys.cert_serial_no:
        raise Refused("SIGN_ERROR", "商户证书序列号有误，请检查后再试", 401)
    if not given["timestamp"].isdigit() or abs(int(given["timestamp"]) - ledger.now()) > WINDOW_SECONDS:
        raise Refused("SIGN_ERROR", "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", 401)
    head = f"{method}\n".encode() + path + f"\n{given['timestamp']}\n{given['nonce_str']}\n".encode()
    if not verify(keys.merchant_public, head + body + b"\n", given["signature"]):
        raise Refused("SIGN_ERROR", "签名错误，请检查后再试", 401)
    spend(ledger, given["nonce_str"])


def parse(header: str) -> dict[str, str]:
    """The five fields of an Authorization header; raises Refused (401) for another form."""
    scheme, _, rest = header.partition(" ")
    fields = dict(PAIR.findall(rest))
    if scheme != SCHEME or set(fields) != FIELDS or not fields["nonce_str"]:
        raise Refused(
            "SIGN_ERROR", "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》", 401
        )
    return fields


def spend(ledger: Ledger, used: str) -> None:
    """Use up a nonce; raises Refused (401) when it was used within the window."""
    now = time.time()
    with ledger.connect() as db:
        db.execute("DELETE FROM nonces WHERE at < ?", (now - 3 * WINDOW_SECONDS,))
        if not db.execute("INSERT OR IGNORE INTO nonces VALUES (?, ?)", (used, now)).rowcount:
            raise Refused("SIGN_ERROR", "请求重放：nonce_str已被使用", 401)
