"""Book money in and money back. Every function runs under the order's lock and locks the payments itself."""

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

from hub import clock
from hub.errors import Refusal
from hub.transactions import Lock, Transaction
from ordering.payments.models import Payment, Refund

CASH = "cash"
RECEIVED = (Payment.State.SUCCEEDED,)
GONE = (Refund.State.CLOSED, Refund.State.REJECTED)


@dataclass(slots=True)
class Ledger:
    """What came in for an order and what goes back, locked until commit. Amounts in fen."""

    payments: list[Payment]
    refunds: list[Refund]

    @property
    def committed_fen(self) -> int:
        """Refunded or on its way back."""
        return sum(refund.amount_fen for refund in self.refunds if refund.state not in GONE)

    @property
    def refundable_fen(self) -> int:
        """What can still go back."""
        received = sum(payment.amount_fen for payment in self.payments if payment.state in RECEIVED)
        return received - self.committed_fen

    def left_of(self, payment: Payment) -> int:
        """What can still go back from one payment."""
        if payment.state not in RECEIVED:
            return 0
        those = [refund for refund in self.refunds if refund.payment_id == payment.pk]
        return payment.amount_fen - sum(refund.amount_fen for refund in those if refund.state not in GONE)


@dataclass(frozen=True, slots=True)
class Returned:
    """Refunds made at once; ``settled_fen`` is what the guest already has back (cash)."""

    refunds: list[Refund] = field(default_factory=list)

    @property
    def settled_fen(self) -> int:
        """What has gone back."""
        return sum(refund.amount_fen for refund in self.refunds if refund.state == Refund.State.SUCCEEDED)


def number() -> str:
    """A new payment number: ``P``, the second, ten random base32 characters; valid at every gateway."""
    stamp = clock.now().astimezone(clock.local_zone()).strftime("%y%m%d%H%M%S")
    return f"P{stamp}{base64.b32encode(secrets.token_bytes(7)).decode()[:10]}"


def ledger(tx: Transaction, order_no: str) -> Ledger:
    """The order's payments and refunds, locked."""
    payments = tx.lock(Lock.PAYMENT, Payment.objects.filter(order_no=order_no))
    refunds = tx.lock(Lock.PAYMENT, Refund.objects.filter(order_no=order_no)) if payments else []
    return Ledger(payments, refunds)


def settle_cash(tx: Transaction, order_no: str, amount_fen: int, operator: str) -> Payment:
    """Book cash that is in the till; the payment is final at once."""
    tx.reach(Lock.PAYMENT)
    return Payment.objects.create(
        order_no=order_no,
        out_trade_no=number(),
        channel=CASH,
        state=Payment.State.SUCCEEDED,
        amount_fen=amount_fen,
        operator=operator,
        paid_at=clock.now(),
    )


def refund(
    ledger: Ledger, amount_fen: int, *, reason: str, operator: str, lines: list[dict[str, Any]] | None = None
) -> Returned:
    """Send ``amount_fen`` back, from the newest payment first; refuses 409 ``refund.exceeds_paid``.

    Each payment's refunds are numbered ``R<payment number>-<n>``, so a repeat can never be a second refund.
    Cash goes back at once; other channels stay ``requested`` until the gateway has answered.
    """
    if amount_fen > ledger.refundable_fen:
        raise exceeds_paid(ledger.refundable_fen)
    made: list[Refund] = []
    for payment in sorted(ledger.payments, key=lambda payment: -payment.pk):
        part = min(amount_fen, ledger.left_of(payment))
        if part > 0:
            made.append(_refund(ledger, payment, part, reason, operator, [] if made else lines or []))
            amount_fen -= part
    return Returned(made)


def _refund(
    ledger: Ledger, payment: Payment, amount_fen: int, reason: str, operator: str, lines: list[dict[str, Any]]
) -> Refund:
    cash = payment.channel == CASH
    count = sum(refund.payment_id == payment.pk for refund in ledger.refunds)
    made = Refund.objects.create(
        payment=payment,
        order_no=payment.order_no,
        out_refund_no=f"R{payment.out_trade_no}-{count + 1}",
        amount_fen=amount_fen,
        state=Refund.State.SUCCEEDED if cash else Refund.State.REQUESTED,
        reason=reason,
        lines=lines,
        requested_by=operator,
        finished_at=clock.now() if cash else None,
    )
    ledger.refunds.append(made)
    return made


def exceeds_paid(refundable_fen: int) -> Refusal:
    """More was asked back than came in."""
    return Refusal("refund.exceeds_paid", 409, "退款金额超过可退金额", refundable_fen=refundable_fen)


def row(payment: Payment) -> dict[str, Any]:
    """A payment as the contract shows it."""
    return {
        "out_trade_no": payment.out_trade_no,
        "channel": payment.channel,
        "state": payment.state,
        "amount_fen": payment.amount_fen,
    }
