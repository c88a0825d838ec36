"""Book money in and money back. Every function runs under the order's lock and locks the payments itself."""

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

from hub import clock
from hub.errors import Refusal
from hub.transactions import Lock, Transaction
from ordering.payments import moves, states
from ordering.payments.models import Payment, Refund
from ordering.restaurant.models import Store

CASH = "cash"
RECEIVED = (Payment.State.SUCCEEDED,)
GONE = (Refund.State.CLOSED, Refund.State.REJECTED)
REFUNDS_A_PAYMENT = 50  # WeChat's limit


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
    received = any(payment.state in states.PAID for payment in payments)
    refunds = tx.lock(Lock.PAYMENT, Refund.objects.filter(order_no=order_no)) if received else []
    return Ledger(payments, refunds)


def settle_cash(tx: Transaction, store: Store, order_no: str, amount_fen: int, operator: str) -> Payment:
    """Book cash that is in the till; the payment is final at once, and an open attempt is closed."""
    retire(tx, order_no)
    return Payment.objects.create(
        store=store,
        order_no=order_no,
        out_trade_no=number(),
        channel=CASH,
        state=Payment.State.SUCCEEDED,
        amount_fen=amount_fen,
        operator=operator,
        paid_at=clock.now(),
    )


def retire(tx: Transaction, order_no: str) -> bool:
    """The order wants no more money by itself: its open attempt, if any, is to be closed at the gateway."""
    tx.reach(Lock.PAYMENT)
    return moves.begin_close(order_no)


def refund(
    ledger: Ledger,
    amount_fen: int,
    *,
    reason: str,
    operator: str,
    lines: list[dict[str, Any]] | None = None,
    cause: str = Refund.Cause.STAFF,
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
            count = sum(row.payment_id == payment.pk for row in ledger.refunds)
            if count >= REFUNDS_A_PAYMENT and payment.channel != CASH:
                raise too_many()
            number = f"R{payment.out_trade_no}-{count + 1}"
            said = {
                "reason": reason,
                "operator": operator,
                "cause": cause,
                "lines": [] if made else lines or [],
            }
            made.append(_insert(payment, number, part, **said))
            ledger.refunds.append(made[-1])
            amount_fen -= part
    return Returned(made)


def give_back(ledger: Ledger, payment: Payment, cause: str, reason: str) -> Refund:
    """Send a whole payment back that the order cannot take.

    Its number is made from the payment's (``L…`` late, ``D…`` double), so it can exist only once.
    """
    letter = "L" if cause == Refund.Cause.LATE else "D"
    number = f"{letter}{payment.out_trade_no}"
    said = {"reason": reason, "operator": "system", "cause": cause, "lines": []}
    made = _insert(payment, number, payment.amount_fen, **said)
    ledger.refunds.append(made)
    return made


def again(ledger: Ledger, failed: Refund, operator: str) -> Refund:
    """Try a refund once more that the gateway would not do.

    A rejected one goes with its own number, for the gateway never had it; a closed one needs a new number.
    Refuses 409 ``refund.not_failed`` and, when the money has gone back otherwise, ``refund.exceeds_paid``.
    """
    if failed.state not in GONE:
        raise Refusal("refund.not_failed", 409, "该退款无需重试", state=failed.state)
    payment = next(row for row in ledger.payments if row.pk == failed.payment_id)
    those = [row for row in ledger.refunds if row.payment_id == payment.pk]
    left = payment.amount_fen - sum(row.amount_fen for row in those if row.state not in GONE)
    if failed.amount_fen > left:
        raise exceeds_paid(left)
    if moves.move_refund(failed, "again", next_try_at=clock.now(), finished_at=None):
        return failed
    said = {"reason": failed.reason, "operator": operator, "cause": failed.cause, "lines": failed.lines}
    made = _insert(payment, f"{failed.out_refund_no}-{len(those) + 1}", failed.amount_fen, **said)
    ledger.refunds.append(made)
    return made


def _insert(
    payment: Payment,
    number: str,
    amount_fen: int,
    *,
    reason: str,
    operator: str,
    cause: str,
    lines: list[dict[str, Any]],
) -> Refund:
    cash = payment.channel == CASH
    return Refund.objects.create(
        payment=payment,
        order_no=payment.order_no,
        out_refund_no=number,
        amount_fen=amount_fen,
        state=Refund.State.SUCCEEDED if cash else Refund.State.REQUESTED,
        reason=reason,
        cause=cause,
        lines=lines,
        requested_by=operator,
        next_try_at=None if cash else clock.now(),
        finished_at=clock.now() if cash else None,
    )


def exceeds_paid(refundable_fen: int) -> Refusal:
    """More was asked back than came in."""
    return Refusal("refund.exceeds_paid", 409, "退款金额超过可退金额", refundable_fen=refundable_fen)


def too_many() -> Refusal:
    """The gateway takes only so many refunds of one payment."""
    detail = "该笔支付的退款次数已达上限"
    return Refusal("refund.too_many", 409, detail, limit=REFUNDS_A_PAYMENT)


def row(payment: Payment) -> dict[str, Any]:
    """A payment as the contract shows it."""
    return {
        "out_trade_no": payment.out_trade_no,
        "channel": payment.channel,
        "state": payment.state,
        "amount_fen": payment.amount_fen,
    }
