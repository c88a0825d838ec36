"""What a payment gateway must be able to do, the facts it tells, and the three ways in which it can answer.

Calls are made outside transactions: the attempt's row is committed first, the answer is written afterwards.
A time-out or a broken answer is `Unknown`, never a failure: `query`, then repeat with the same number.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

from hub.errors import Refusal

F = TypeVar("F", covariant=True)


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """What the gateway knows of an attempt, in its own words (``state`` = SUCCESS, REFUND, NOTPAY, CLOSED …).

    Unpaid attempts have no transaction, time and amount. ``payer_total_fen`` may be below ``amount_fen`` (the
    gateway's own coupons); only ``amount_fen`` is compared.
    """

    out_trade_no: str
    state: str
    appid: str = ""
    mchid: str = ""
    transaction_id: str | None = None
    amount_fen: int | None = None
    currency: str | None = None
    payer_total_fen: int | None = None
    paid_at: datetime | None = None

    @property
    def paid(self) -> bool:
        """Whether the money was taken (a later refund does not change that)."""
        return self.state in ("SUCCESS", "REFUND")


@dataclass(frozen=True, slots=True)
class RefundFact:
    """What the gateway knows of a refund: ``state`` = PROCESSING, SUCCESS, CLOSED or ABNORMAL."""

    out_refund_no: str
    out_trade_no: str
    state: str
    mchid: str = ""
    refund_id: str | None = None
    amount_fen: int | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Callback:
    """A verified and decrypted notification: its id, its event type and the fact in it.

    ``digest`` is what may be kept of it: no openid, no signature.
    """

    notify_id: str
    event_type: str
    fact: PaymentFact | RefundFact | None
    digest: dict[str, object]


@dataclass(frozen=True, slots=True)
class Answered(Generic[F]):
    """The gateway did it, or told the facts; verified."""

    fact: F


@dataclass(frozen=True, slots=True)
class Refused:
    """The gateway said no and nothing changed there; ``code`` without underscores (ORDERPAID, ORDERNOTEXIST).

    ``slow_down``: it only wants fewer calls (429, RULELIMIT): the same call later.
    """

    code: str
    detail: str
    status: int = 400
    slow_down: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it happened."""

    reason: str


Outcome = Answered[F] | Refused | Unknown


class Gateway(Protocol):
    """A channel through which guests pay by themselves. Amounts in fen, numbers are ours."""

    @property
    def appid(self) -> str:
        """The app whose users pay."""

    @property
    def mchid(self) -> str:
        """The merchant that is paid."""

    def freeze(
        self, out_trade_no: str, amount_fen: int, payer: str, expires_at: datetime, description: str
    ) -> str:
        """The parameters of a prepay call as JSON text, to be kept and sent unchanged however often."""

    def prepay(self, frozen: str) -> Outcome[str]:
        """Open an attempt with frozen parameters; the prepay id."""

    def params(self, prepay_id: str) -> dict[str, str]:
        """What the guest's client pays with: timeStamp, nonceStr, package, signType, paySign; signed anew."""

    def query(self, out_trade_no: str) -> Outcome[PaymentFact]:
        """What became of an attempt (`Refused` ORDERNOTEXIST: it never got there)."""

    def close(self, out_trade_no: str) -> Outcome[None]:
        """Make an attempt unpayable (`Refused` ORDERPAID: too late)."""

    def refund(
        self, out_refund_no: str, out_trade_no: str, amount_fen: int, total_fen: int, reason: str
    ) -> Outcome[RefundFact]:
        """Send money back; the same number is the same refund."""

    def query_refund(self, out_refund_no: str) -> Outcome[RefundFact]:
        """What became of a refund."""

    def bill(self, day: date, kind: str) -> Outcome[bytes]:
        """The day's bill (``trade`` or ``fundflow``) as CSV bytes, its checksum verified.

        `Refused` NOSTATEMENTEXIST: nothing happened that day; a bill that is not ready yet is Refused too.
        """

    def callback(self, headers: Mapping[str, str], body: bytes) -> Callback:
        """A verified notification; refuses 401 ``payment.signature_invalid`` for any other request."""


def unavailable(channel: str) -> Refusal:
    """This restaurant has no such channel."""
    return Refusal("payment.channel_unavailable", 409, "该支付方式暂不可用", channel=channel)


def signature_invalid() -> Refusal:
    """Not the gateway's; says nothing of why."""
    return Refusal("payment.signature_invalid", 401, "签名无效")
