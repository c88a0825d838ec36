"""WeChat Pay as a `Gateway`: freezes, sends, judges answers, verifies notifications.

A refusal needs a code; whatever else is not a verified answer (redirect, 5xx, html, no or wrong signature,
time-out, reset, nonsense) is `Unknown`. Logs name the call, the status, the code and the request id only.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any, TypeVar

from django.conf import settings

from hub import clock, metrics
from hub.errors import Refusal
from ordering.payments.gateway import (
    Answered,
    Callback,
    Outcome,
    PaymentFact,
    RefundFact,
    Unknown,
    signature_invalid,
)
from ordering.payments.wechatpay import facts
from ordering.payments.wechatpay.answers import (
    NOT_A_NUMBER,
    about,
    judged,
    nothing,
    of_json,
    told,
    weight,
)
from ordering.payments.wechatpay.client import (
    MOST_BILL_BYTES,
    PROBE,
    Client,
    Lost,
    Reply,
    compact,
    signature_headers,
)
from ordering.payments.wechatpay.facts import Nonsense
from ordering.users.wechat.config import Config

log = logging.getLogger(__name__)
F = TypeVar("F")

NUMBER = re.compile(r"[0-9A-Za-z_-]{6,32}")
REFUND_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")
STAMP = re.compile(r"[0-9]{1,12}")
WINDOW = 300  # seconds between the gateway's clock and ours
MOST_NOTICE_BYTES = 128 << 10
CHINA = timezone(timedelta(hours=8))
MIRRORS = ("https://api.mch.weixin.qq.com", "https://api2.mch.weixin.qq.com")


@dataclass(frozen=True, slots=True)
class Probe:
    """What a query for a number that cannot exist came to; ``skew`` in seconds, ours minus theirs."""

    outcome: Outcome[PaymentFact]
    signed: bool
    skew: float | None


class WechatGateway:
    """One a process and configuration; any number of threads. Raises NotConfigured for unusable keys.

    Makes no call when it is built: platform certificates are fetched when the first answer needs them.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._client = Client(config, settings.WECHAT_PAY_TIMEOUT)

    @property
    def appid(self) -> str:
        return self._config.app_id

    @property
    def mchid(self) -> str:
        return self._config.mchid

    def freeze(
        self, out_trade_no: str, amount_fen: int, payer: str, expires_at: datetime, description: str
    ) -> str:
        """The prepay body as it will be signed and sent; raises ValueError for what WeChat would refuse."""
        if type(amount_fen) is not int or amount_fen < 1:
            raise ValueError("amount_fen is no positive int")
        if not NUMBER.fullmatch(out_trade_no):
            raise ValueError("out_trade_no")
        if not 1 <= len(description) <= 127 or not payer or expires_at.tzinfo is None:
            raise ValueError("description, payer or expires_at")
        description.encode()  # half a character is a ValueError here, not when it is sent
        return compact(
            {
                "appid": self.appid,
                "mchid": self.mchid,
                "description": description,
                "out_trade_no": out_trade_no,
                "time_expire": expires_at.astimezone(CHINA).isoformat(timespec="seconds"),
                "notify_url": self._config.notify_url,
                "amount": {"total": amount_fen, "currency": "CNY"},
                "payer": {"openid": payer},
            }
        )

    def prepay(self, frozen: str) -> Outcome[str]:
        return self._ask("prepay", lambda: self._client.prepay(frozen), of_json(facts.prepay_id))

    def params(self, prepay_id: str) -> dict[str, str]:
        stamp, nonce, package = str(int(time.time())), secrets.token_hex(16), f"prepay_id={prepay_id}"
        return {
            "timeStamp": stamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._client.sign([self.appid, stamp, nonce, package]),
        }

    def query(self, out_trade_no: str) -> Outcome[PaymentFact]:
        if not NUMBER.fullmatch(out_trade_no):
            return NOT_A_NUMBER
        return self._ask(
            "query",
            lambda: self._client.query(out_trade_no=out_trade_no),
            about(out_trade_no, "out_trade_no", facts.payment),
        )

    def close(self, out_trade_no: str) -> Outcome[None]:
        if not NUMBER.fullmatch(out_trade_no):
            return NOT_A_NUMBER
        return self._ask("close", lambda: self._client.close(out_trade_no), nothing)

    def refund(
        self, out_refund_no: str, out_trade_no: str, amount_fen: int, total_fen: int, reason: str
    ) -> Outcome[RefundFact]:
        if not NUMBER.fullmatch(out_trade_no) or not REFUND_NUMBER.fullmatch(out_refund_no):
            return NOT_A_NUMBER
        if type(amount_fen) is not int or type(total_fen) is not int or not 1 <= amount_fen <= total_fen:
            raise ValueError("amount_fen and total_fen are no positive ints in order")
        return self._ask(
            "refund",
            lambda: self._client.refund(
                out_refund_no,
                {"refund": amount_fen, "total": total_fen, "currency": "CNY"},
                out_trade_no=out_trade_no,
                reason=reason[:80].encode(errors="replace").decode() or None,
                notify_url=self._config.refund_notify_url,
            ),
            about(out_refund_no, "out_refund_no", self._refund_fact),
        )

    def query_refund(self, out_refund_no: str) -> Outcome[RefundFact]:
        if not REFUND_NUMBER.fullmatch(out_refund_no):
            return NOT_A_NUMBER
        return self._ask(
            "query_refund",
            lambda: self._client.query_refund(out_refund_no),
            about(out_refund_no, "out_refund_no", self._refund_fact),
        )

    def bill(self, day: date, kind: str) -> Outcome[bytes]:
        ask = {"trade": self._client.trade_bill, "fundflow": self._client.fundflow_bill}[kind]
        place = self._ask("bill", lambda: ask(day.isoformat(), tar_type="GZIP"), of_json(facts.bill_place))
        if not isinstance(place, Answered):
            return place
        path = self._bill_path(place.fact.url)
        if path is None:
            return Unknown("bill_elsewhere")
        # A bill carries no signature; the checksum in the signed answer stands for it.
        return self._ask(
            "bill_file",
            lambda: self._client.core.request(path, skip_verify=True, most=MOST_BILL_BYTES),
            lambda reply: facts.bill_text(reply.body, place.fact.sha1),
        )

    def callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """A verified notification. Refuses 401 for everything else; the log says why, the answer does not.

        ``fact`` is None for a notification of another kind or without the documented content.
        """
        given = signature_headers(headers)
        reason = _doubt(given, body)
        if reason is None and not self._client.core.verified(given, body, stranger=True):
            reason = "signature"
        if reason is not None:
            raise _refusal_of_notice(reason)
        try:
            return self._opened(body)
        except Nonsense as error:
            raise _refusal_of_notice("nonsense", str(error)) from None

    def probe(self) -> Probe:
        """Ask for a number that cannot exist: a signed 404 says that keys, network and clocks are right."""
        number = "KAIFAN-" + secrets.token_hex(8)
        seen: list[Reply] = []

        def send() -> Reply:
            seen.append(self._client.query(out_trade_no=number))
            return seen[0]

        outcome = self._ask("probe", send, of_json(facts.payment))
        at = seen[0].at if seen else None
        skew = None if at is None else clock.now().timestamp() - at
        return Probe(outcome, bool(seen and seen[0].signed), skew)

    def _ask(self, call: str, send: Callable[[], Reply], read: Callable[[Reply], F]) -> Outcome[F]:
        request_id = "-"
        try:
            reply = send()
            outcome, request_id = judged(reply, read), reply.request_id
        except Lost as lost:
            outcome = Unknown(lost.args[0])
        metrics.GATEWAY_CALLS.labels(call, type(outcome).__name__.lower()).inc()
        if not isinstance(outcome, Answered) and call != "probe":
            log.log(weight(outcome), "wechatpay %s: %s, request id %s", call, told(outcome), request_id)
        return outcome

    def _refund_fact(self, said: Mapping[str, Any]) -> RefundFact:
        """Answers do not name the merchant; it is who asked."""
        return facts.refund(said, self.mchid)

    def _bill_path(self, url: str) -> str | None:
        """The path and query to fetch from our own base; None when the bill lies with somebody else."""
        base = self._config.pay_base_url
        for home in MIRRORS if base in MIRRORS else (base,):
            path = url.removeprefix(home)
            if path != url and re.fullmatch(r"/[\x21-\x7e]{1,2000}", path):
                return path
        return None

    def _opened(self, body: bytes) -> Callback:
        notice = facts.document(body)
        notify_id, event_type = facts.word(notice, "id"), facts.word(notice, "event_type")[:32]
        text = self._client.core.unsealed(notice.get("resource") or {})
        if text is None:
            log.error(
                "wechatpay alarm: signature ok, decrypt failed (notification %s); was the APIv3 key changed?",
                notify_id,
            )
            raise _refusal_of_notice("sealed")
        said = facts.document(text.encode())
        fact = _fact(event_type, said, notify_id)
        metrics.GATEWAY_NOTICES.labels("ok").inc()
        return Callback(notify_id, event_type, fact, facts.digest(notice, said))


def _fact(event_type: str, said: Mapping[str, Any], notify_id: str) -> PaymentFact | RefundFact | None:
    try:
        if event_type.startswith("TRANSACTION."):
            return facts.payment(said)
        if event_type.startswith("REFUND."):
            return facts.refund(said)
    except Nonsense as error:
        log.error("wechatpay alarm: notification %s without usable content: %s", notify_id, error)
    return None


def _doubt(given: Mapping[str, str], body: bytes) -> str | None:
    """Why a notification needs no look at its signature."""
    if given["Wechatpay-Signature"].startswith(PROBE):
        return "probe"
    stamp = given["Wechatpay-Timestamp"]
    if not given["Wechatpay-Signature"] or not given["Wechatpay-Nonce"] or not STAMP.fullmatch(stamp):
        return "malformed"
    if len(body) > MOST_NOTICE_BYTES:
        return "too_large"
    return "old" if abs(clock.now().timestamp() - int(stamp)) > WINDOW else None


def _refusal_of_notice(reason: str, field: str = "") -> Refusal:
    metrics.GATEWAY_NOTICES.labels(reason).inc()
    level = logging.INFO if reason == "probe" else logging.WARNING
    log.log(level, "wechatpay: notification refused: %s %s", reason, field)
    return signature_invalid()
