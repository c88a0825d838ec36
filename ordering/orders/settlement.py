"""Money and portions of one order inside its unit of work: booked, sent back, given back."""

from typing import Any

from hub.events import (
    HubEvent,
    LineVoided,
    OrderAccepted,
    OrderCompleted,
    OrderPaid,
    RefundRequested,
    RefundSucceeded,
)
from ordering.dishes import stock
from ordering.orders import coupons
from ordering.orders.change import Change, live
from ordering.orders.models import Line
from ordering.orders.states import LineState, OrderStatus
from ordering.payments import actions as payments
from ordering.payments.models import Payment, Refund


def settle_cash(change: Change, operator: str) -> Payment:
    """Book the due amount as cash; an order that waited for payment goes to the counter."""
    payment = take_cash(change, operator)
    book(change, payment.amount_fen)
    return payment


def take_cash(change: Change, operator: str) -> Payment:
    """The due amount is in the till; `book` it."""
    order = change.order
    payment = payments.settle_cash(change.tx, order.store, order.no, order.due_fen, operator)
    change.tx.created(payment)
    return payment


def book(change: Change, amount_fen: int) -> None:
    """Money for the order has come in."""
    order = change.order
    order.paid_fen += amount_fen
    order.paid_at = change.at
    change.tell(OrderPaid)
    if order.status == OrderStatus.PENDING_PAYMENT:
        change.place()
        accept_by_rule(change)
    if not order.due_fen:
        coupons.spend(change)


def complete(change: Change) -> None:
    """The order is handed over. Its coupon is used up, should nothing have been due before."""
    change.order.completed_at = change.at
    change.tell(OrderCompleted)
    coupons.spend(change)


def accept_by_rule(change: Change) -> None:
    """Take a placed order at once where the store accepts by itself."""
    if change.order.store.auto_accept:
        accept(change)


def accept(change: Change) -> None:
    """Hand the order to the kitchen: its clock starts for every line that is not held."""
    change.accept()
    queue(change, change.lines)
    change.tell(OrderAccepted)


def queue(change: Change, lines: list[Line]) -> None:
    """The kitchen has these lines from now on."""
    for line in lines:
        if line.state == LineState.QUEUED:
            line.queued_at = change.at


def end(change: Change, ended: type[HubEvent], *, kind: str | None, reason: str, operator: str) -> None:
    """End the order without handing it over: lines voided, money, portions and coupon back.

    The totals stay as they were: history tells what had been ordered.
    """
    order = change.order
    order.cancel_kind, order.cancel_reason, order.cancelled_at = kind, reason, change.at
    order.cancel_requested_at = None
    change.tell(ended)
    payments.retire(change.tx, order.no)
    if order.paid_fen:
        ledger = payments.ledger(change.tx, order.no)
        said = {"reason": reason, "operator": operator, "cause": Refund.Cause.ENDED}
        send_back(change, ledger, ledger.refundable_fen, **said)
    leave(change, live(change.lines))
    coupons.release(change)


def send_back(
    change: Change,
    ledger: payments.Ledger,
    amount_fen: int,
    *,
    reason: str,
    operator: str,
    lines: list[dict[str, Any]] | None = None,
    cause: str = Refund.Cause.STAFF,
) -> payments.Returned:
    """Refund an amount (nothing happens for 0) and tell how far it got."""
    if not amount_fen:
        return payments.Returned()
    said = {"reason": reason, "operator": operator, "lines": lines, "cause": cause}
    returned = payments.refund(ledger, amount_fen, **said)
    for made in returned.refunds:
        change.tx.created(made)
    change.tell(RefundRequested)
    if returned.settled_fen:
        change.order.refunded_fen += returned.settled_fen
        change.tell(RefundSucceeded)
    return returned


def return_excess(
    change: Change, ledger: payments.Ledger, *, reason: str, operator: str, cause: str = Refund.Cause.EXCESS
) -> None:
    """Send back what was paid beyond the bill, if anything."""
    order = change.order
    excess = order.paid_fen - order.credited_fen - order.total_fen
    if excess <= 0:
        return
    # Refunds given before count towards the excess: nobody gets the money of one dish twice.
    covered = min(excess, ledger.committed_fen - order.credited_fen)
    order.credited_fen += excess
    send_back(change, ledger, excess - covered, reason=reason, operator=operator, cause=cause)


def void(change: Change, line: Line, *, reason: str, operator: str) -> None:
    """Take one line off the order: it leaves the bill, and what was paid too much goes back."""
    order = change.order
    discount = min(order.discount_fen, order.subtotal_fen - line.amount_fen)
    order.subtotal_fen -= line.amount_fen
    order.discount_fen, order.total_fen = discount, order.subtotal_fen - discount
    change.tell(LineVoided)
    if order.paid_fen:
        ledger = payments.ledger(change.tx, order.no)
        return_excess(change, ledger, reason=reason, operator=operator, cause=Refund.Cause.VOIDED)
    leave(change, [line])


def leave(change: Change, lines: list[Line]) -> None:
    """These lines are made no more; their portions go back on the stock."""
    if not lines:
        return
    before = live(change.lines)
    for line in lines:
        line.state = LineState.VOIDED
        line.voided_at = change.at
        line.version += 1
    # What they took and the rest does not need; a combo counts until its last part is gone.
    had, has = portions(before), portions(live(change.lines))
    gone = {dish: count - has.get(dish, 0) for dish, count in had.items() if count > has.get(dish, 0)}
    stock.give_back(change.tx, change.order.store, gone)


def portions(lines: list[Line]) -> dict[int, int]:
    """How many portions of which dish these lines hold: their dishes, and each combo once."""
    total: dict[int, int] = {}
    for line in lines:
        total[line.dish_id] = total.get(line.dish_id, 0) + line.quantity
    combos = {(line.batch_id, line.combo["part"]): line.combo for line in lines if line.combo}
    for combo in combos.values():
        total[combo["dish"]] = total.get(combo["dish"], 0) + combo["quantity"]
    return total
