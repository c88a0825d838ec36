"""Take payments and refunds from state to state, by the tables; the caller holds the order's lock."""

from typing import Any

from hub import clock
from ordering.payments import states
from ordering.payments.models import Payment, Refund


def move_payment(payment: Payment, name: str, **changes: Any) -> bool:
    """Move a locked payment and save ``changes`` with it; whether the table lets it.

    What is no longer open gives up the order's ``open_key`` and the worker's attention.
    """
    to = states.target(states.PAYMENT_MOVES, name, payment.state)
    if to is None:
        return False
    if to not in states.OPEN:
        changes |= {"open_key": None, "next_check_at": None}
    _save(payment, {**changes, "state": to})
    return True


def move_refund(refund: Refund, name: str, **changes: Any) -> bool:
    """Move a locked refund and save ``changes`` with it; whether the table lets it."""
    to = states.target(states.REFUND_MOVES, name, refund.state)
    if to is None:
        return False
    if to not in (Refund.State.REQUESTED, Refund.State.PROCESSING):
        changes |= {"next_try_at": None, "finished_at": changes.get("finished_at") or clock.now()}
    _save(refund, {**changes, "state": to})
    return True


def begin_close(order_no: str) -> bool:
    """The order's open attempt is to be closed, by the worker at once; whether there was one."""
    rows = Payment.objects.filter(open_key=order_no, state__in=states.PAYMENT_MOVES["begin_close"].sources)
    return bool(rows.update(state=Payment.State.CLOSING, next_check_at=clock.now(), checks=0))


def closing(out_trade_no: str) -> bool:
    """Nobody may pay this attempt any more as far as we are concerned; the gateway decides."""
    rows = Payment.objects.filter(
        out_trade_no=out_trade_no, state__in=states.PAYMENT_MOVES["begin_close"].sources
    )
    return bool(rows.update(state=Payment.State.CLOSING))


def opened(out_trade_no: str, prepay_id: str) -> bool:
    """The gateway took the attempt; whether it still is one that may be paid (rule: never backwards)."""
    rows = Payment.objects.filter(out_trade_no=out_trade_no, state__in=states.PAYMENT_MOVES["opened"].sources)
    return bool(rows.update(state=Payment.State.PENDING, prepay_id=prepay_id, prepaid_at=clock.now()))


def failed(out_trade_no: str, code: str) -> bool:
    """The gateway will never take the attempt; the next one gets another number."""
    rows = Payment.objects.filter(out_trade_no=out_trade_no, state__in=states.PAYMENT_MOVES["failed"].sources)
    changes = {"open_key": None, "next_check_at": None, "last_code": code[:64]}
    return bool(rows.update(state=Payment.State.FAILED, **changes))


def _save(row: Payment | Refund, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=list(changes))
