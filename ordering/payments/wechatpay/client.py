"""The wechatpayv3 client as we run it: one pooled session, our base address, bytes signed as they are sent.

`Client` has all methods of the SDK; here they return a verified `Reply`, and raise `Lost` whenever nobody
knows what happened. Nothing is logged by the SDK, and no exception carries a request.
"""

import json
import logging
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core
from wechatpayv3.type import RequestType
from wechatpayv3.utils import aes_decrypt, build_authorization

from ordering.payments.wechatpay import facts
from ordering.payments.wechatpay.trust import Certificates, Unfetched
from ordering.users.wechat.config import Config, NotConfigured

log = logging.getLogger(__name__)

AGENT = "kaifan (wechatpayv3)"
SIGNED = ("timestamp", "nonce", "signature", "serial", "signature-type")
SCHEME = "WECHATPAY2-SHA256-RSA2048"
PREPAY_PATH = "/v3/pay/transactions/jsapi"
POOL = 32  # connections; more threads than that open short ones
MOST_BYTES = 1 << 20
MOST_BILL_BYTES = 32 << 20
# WeChat now and then sends a wrong signature on purpose, to see whether anybody looks.
PROBE = "WECHATPAY/SIGNTEST/"


class Lost(Exception):
    """Nobody knows whether it happened; ``args[0]`` is one word, nothing of the request."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its signature is right, or it has none and may do without (a refusal, a bill).

    ``at`` is the gateway's clock, in seconds since 1970.
    """

    status: int
    body: bytes
    request_id: str
    at: float | None
    signed: bool


class KeepAlive(HTTPAdapter):
    """A pool whose idle connections notice when a router has forgotten them."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        options = [*HTTPConnection.default_socket_options, (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
        if idle := getattr(socket, "TCP_KEEPIDLE", None):
            options.append((socket.IPPROTO_TCP, idle, 30))
        super().init_poolmanager(*args, **kwargs, socket_options=options)


def new_session() -> requests.Session:
    """Pooled; knows no proxies, .netrc or cookies."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, KeepAlive(pool_connections=4, pool_maxsize=POOL, max_retries=0))
    return session


class PayCore(Core):
    """The SDK's core with its network, its serialisation and its certificate store replaced."""

    def __init__(self, config: Config, timeout: tuple[float, float]) -> None:
        self._base = config.pay_base_url
        self._session = new_session()
        self.trust = Certificates(config.cert_dir, config.cert_serial_no, self._fetch_certificates)
        super().__init__(
            mchid=config.mchid,
            cert_serial_no=config.cert_serial_no,
            private_key=config.private_key,
            apiv3_key=config.apiv3_key,
            timeout=timeout,
            public_key=config.public_key or None,
            public_key_id=config.public_key_id or None,
        )

    # The SDK assigns these two; ours stay.
    _gate_way = property(lambda self: self._base, lambda self, value: None)
    _certificates = property(lambda self: self.trust.current(), lambda self, value: None)

    def _init_certificates(self) -> None:
        """The SDK would ask WeChat now; we do when an answer needs it."""

    def _update_certificates(self) -> None:
        """The SDK would drop what it has and ask for any stranger; `Certificates.know` has decided before."""

    def request(
        self,
        path: str,
        method: RequestType = RequestType.GET,
        data: Any = None,
        skip_verify: bool = False,
        most: int = MOST_BYTES,
        **unused: Any,
    ) -> Reply:
        """Send ``data`` (a dict, or text that goes out as it is) and verify the answer; raises `Lost`."""
        text = data if isinstance(data, str) else compact(data) if data else ""
        answer, body = self._exchange(path, method.value, text, most)
        signed = "Wechatpay-Signature" in answer.headers
        if answer.headers.get("Wechatpay-Signature", "").startswith(PROBE):
            raise Lost("probe")
        if 200 <= answer.status_code < 300:
            if not skip_verify and not self.verified(answer.headers, body, stranger=False):
                raise Lost("signature")
        elif not 400 <= answer.status_code < 600:
            raise Lost(f"http_{answer.status_code}")
        elif signed and not self.verified(answer.headers, body, stranger=False):
            raise Lost("signature")
        return Reply(
            answer.status_code,
            body,
            re.sub(r"[^\w.-]", "", answer.headers.get("Request-ID", ""))[:96],
            _clock_of(answer.headers),
            signed,
        )

    def _exchange(self, path: str, method: str, text: str, most: int) -> tuple[requests.Response, bytes]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": AGENT}
        if self._public_key_id:
            headers["Wechatpay-Serial"] = self._public_key_id
        headers["Authorization"] = build_authorization(
            path, method, self._mchid, self._cert_serial_no, self._private_key, data=text
        )
        try:
            with self._session.request(
                method,
                self._base + path,
                data=text.encode() or None,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as answer:
                return answer, _bounded(answer, most)
        except requests.RequestException as error:
            failure = type(error).__name__
        # Outside, so that the exception with the address, the body and the Authorization does not hang on it.
        raise Lost(failure)

    def verified(self, headers: Mapping[str, str], body: bytes, *, stranger: bool) -> bool:
        """Whether WeChat signed exactly these bytes. ``stranger``: whoever sent them may be anybody."""
        given = signature_headers(headers)
        serial = given.get("Wechatpay-Serial", "")
        try:
            known = serial == self._public_key_id or self.trust.know(serial, stranger=stranger)
            return known and bool(self._verify_signature(given, body.decode()))
        except Exception as error:  # noqa: BLE001 the SDK raises bare Exception for what it does not like
            log.debug("wechatpay: signature not verifiable: %s", type(error).__name__)
            return False

    def unsealed(self, resource: Mapping[str, Any]) -> str | None:
        """The text inside an encrypted resource; None when our APIv3 key does not open it."""
        try:
            if resource["algorithm"] != "AEAD_AES_256_GCM":
                return None
            return aes_decrypt(
                resource["nonce"],
                resource["ciphertext"],
                resource.get("associated_data") or "",
                self._apiv3_key,
            )
        except (KeyError, TypeError, AttributeError, ValueError):
            return None

    def _fetch_certificates(self) -> list[str]:
        try:
            reply = self.request("/v3/certificates", skip_verify=True)
            texts = [self.unsealed(one["encrypt_certificate"]) for one in facts.document(reply.body)["data"]]
        except Lost as lost:
            raise Unfetched(lost.args[0]) from None
        except (ValueError, KeyError, TypeError):
            raise Unfetched(f"http {reply.status}") from None
        if not all(texts):
            log.error("wechatpay alarm: platform certificates do not open; was the APIv3 key changed?")
            raise Unfetched("cannot be decrypted")
        return [text for text in texts if text]


class Client(WeChatPay):
    """The SDK's client around our core. Its own constructor would ask WeChat at once."""

    _core: PayCore

    def __init__(self, config: Config, timeout: tuple[float, float]) -> None:
        self._type = WeChatPayType.MINIPROG
        self._mchid, self._appid = config.mchid, config.app_id
        self._notify_url, self._partner_mode = config.notify_url, False
        try:
            self._core = PayCore(config, timeout)
        except Exception as error:  # noqa: BLE001 the SDK raises bare Exception for a bad key
            raise NotConfigured(f"the keys of WeChat Pay cannot be used ({type(error).__name__})") from None

    @property
    def core(self) -> PayCore:
        """For what the SDK has no method for: frozen bodies, bills by path, callbacks."""
        return self._core

    def prepay(self, frozen: str) -> Reply:
        """As `pay`, with a body that is already written."""
        return self._core.request(PREPAY_PATH, RequestType.POST, frozen)


def compact(data: Any) -> str:
    """JSON as it is signed and sent: raw UTF-8, no spaces."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def signature_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The five headers under the SDK's names, from whatever writes them: META, ASGI, any case."""
    plain = {str(name).lower().replace("_", "-").removeprefix("http-"): v for name, v in headers.items()}
    found = {name: str(plain.get(f"wechatpay-{name}", "")).strip() for name in SIGNED}
    found["signature-type"] = found["signature-type"] or SCHEME
    return {f"Wechatpay-{name.title()}": value for name, value in found.items()}


def _clock_of(headers: Mapping[str, str]) -> float | None:
    stamp = headers.get("Wechatpay-Timestamp", "")
    if re.fullmatch(r"[0-9]{1,12}", stamp):
        return float(stamp)
    try:
        return parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        return None


def _bounded(answer: requests.Response, most: int) -> bytes:
    body = bytearray()
    for chunk in answer.iter_content(1 << 16):
        body += chunk
        if len(body) > most:
            raise Lost("too_large")
    return bytes(body)
