"""What a payment gateway must be able to do, and the three ways in which it can answer.

Calls are made outside transactions: the attempt's row is committed first, the answer is written afterwards.
A time-out or a broken answer is `Unknown`, never a failure: `query`, then repeat with the same number.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from hub.errors import Refusal


@dataclass(frozen=True, slots=True)
class Answered:
    """The gateway did it, or told the facts; ``facts`` are its own words, verified."""

    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """The gateway said no, with its code; nothing changed there."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether it happened."""

    reason: str


Outcome = Answered | Refused | Unknown


class Gateway(Protocol):
    """A channel through which guests pay by themselves. Amounts in fen, numbers are ours."""

    def prepay(self, out_trade_no: str, amount_fen: int, payer: str, expires_at: datetime) -> Outcome:
        """Open an attempt; ``facts`` hold the parameters with which the guest's client pays."""

    def query(self, out_trade_no: str) -> Outcome:
        """What became of an attempt."""

    def close(self, out_trade_no: str) -> Outcome:
        """Make an attempt unpayable."""

    def refund(self, out_refund_no: str, out_trade_no: str, amount_fen: int, reason: str) -> Outcome:
        """Send money back; the same number is the same refund."""


def unavailable(channel: str) -> Refusal:
    """This restaurant has no such channel."""
    return Refusal("payment.channel_unavailable", 409, "该支付方式暂不可用", channel=channel)
