"""The one door through which the gateway's word reaches the books: callbacks, queries, refused closes, bills.

Facts only add up: money that came in stays in, a repeated fact changes nothing, and a fact that does not fit
what we asked for is kept and shouted about, never booked.
"""

import json
import logging

from django.db import IntegrityError
from django.db.models import F, Q, QuerySet

from hub import clock, metrics
from hub.events import HubEvent, PaymentLate, RefundFailed, RefundRequested, RefundSucceeded
from hub.languages import in_house
from hub.transactions import Lock, Transaction, transact
from ordering.orders import settlement
from ordering.orders.change import Change, lines_of
from ordering.orders.models import Order
from ordering.orders.states import LIVE, Who
from ordering.payments import actions as payments
from ordering.payments import moves, states
from ordering.payments.gateway import Callback, PaymentFact, RefundFact
from ordering.payments.models import GatewayEvent, Payment, Refund

logger = logging.getLogger("ordering.payments")

SYSTEM_ALONE = frozenset({Who.SYSTEM})
BOOKED, LATE, DUPLICATE, CLOSED = "booked", "late", "duplicate", "closed"
KNOWN, IGNORED, MISMATCH, STRANGER = "known", "ignored", "mismatch", "unknown_number"


class _Heard(Exception):
    """This notification was committed before."""


def receive(callback: Callback) -> str:
    """Keep a verified notification and apply its fact, in one transaction; the result's word.

    A repeat changes nothing. Once this returns, the gateway may be told that we have it.
    """
    try:
        return transact(lambda tx: _receive(tx, callback), actor="gateway:callback")
    except _Heard:
        _inbox(callback).update(times=F("times") + 1)
        return KNOWN


def apply_payment(fact: PaymentFact, source: str) -> str:
    """Bring our books to what the gateway says of an attempt; ``source`` is query, close or bill.

    Answers ``booked``, ``late`` or ``duplicate`` (both go back by themselves), ``closed``, ``known``,
    ``ignored`` (not final), ``mismatch`` or ``unknown_number`` (both alarmed).
    """
    return transact(lambda tx: _payment(tx, fact), actor=f"gateway:{source}")


def apply_refund(fact: RefundFact, source: str) -> str:
    """Bring our books to what the gateway says of a refund; the words of `apply_payment`."""
    return transact(lambda tx: _refund(tx, fact), actor=f"gateway:{source}")


def open_order(tx: Transaction, payment: Payment) -> tuple[Change, payments.Ledger]:
    """The order behind a payment (which comes with its store), and its ledger, both locked."""
    order = tx.lock_one(Lock.ORDER, Order.objects.filter(no=payment.order_no))
    order.store = payment.store
    tx.about(order)
    return Change(tx, order, lines_of(order), SYSTEM_ALONE, clock.now()), payments.ledger(tx, order.no)


def alarm(word: str, number: str, **facts: str) -> str:
    """Something that a person has to look at: in the log and in a metric that alerts can watch; the word."""
    metrics.PAYMENT_ALARMS.labels(word).inc()
    logger.error("payment alarm", extra={"alarm": word, "number": number, **facts})
    return word


def _inbox(callback: Callback) -> QuerySet[GatewayEvent]:
    return GatewayEvent.objects.filter(kind=callback.event_type, notify_id=callback.notify_id)


def _receive(tx: Transaction, callback: Callback) -> str:
    fact = callback.fact
    kept = GatewayEvent(kind=callback.event_type, notify_id=callback.notify_id, digest=callback.digest)
    kept.number = _number(fact)
    kept.result = _apply(tx, fact)
    try:
        GatewayEvent.objects.bulk_create([kept])
    except IntegrityError:
        raise _Heard from None
    return kept.result


def _number(fact: PaymentFact | RefundFact | None) -> str:
    if isinstance(fact, PaymentFact):
        return fact.out_trade_no
    return fact.out_refund_no if fact else ""


def _apply(tx: Transaction, fact: PaymentFact | RefundFact | None) -> str:
    if isinstance(fact, PaymentFact):
        return _payment(tx, fact)
    return _refund(tx, fact) if fact else IGNORED


def _payment(tx: Transaction, fact: PaymentFact) -> str:
    meant = Q(out_trade_no=fact.out_trade_no)
    if fact.transaction_id:
        meant |= Q(transaction_id=fact.transaction_id)
    named = {row.out_trade_no: row for row in Payment.objects.select_related("store").filter(meant)}
    seen = named.get(fact.out_trade_no)
    if seen is None:
        return alarm(STRANGER, fact.out_trade_no)
    if not fact.paid:
        return _unpaid(tx, seen, fact)
    change, ledger = open_order(tx, seen)
    payment = next(row for row in ledger.payments if row.pk == seen.pk)
    # Two rows mean that this transaction paid another attempt.
    if wrong := mismatch(payment, fact) or ("transaction_id" if len(named) > 1 else ""):
        Payment.objects.filter(pk=payment.pk).update(last_code=f"mismatch {wrong}")
        return alarm(MISMATCH, fact.out_trade_no, field=wrong)
    if payment.state in states.PAID:
        return KNOWN
    result = _book(change, ledger, payment, fact)
    change.finish()
    return result


def _unpaid(tx: Transaction, seen: Payment, fact: PaymentFact) -> str:
    if fact.state != "CLOSED":
        return IGNORED
    payment = tx.lock_one(Lock.PAYMENT, Payment.objects.filter(pk=seen.pk))
    return CLOSED if moves.move_payment(payment, "closed") else KNOWN


def mismatch(payment: Payment, fact: PaymentFact) -> str:
    """Which field of a paid attempt is not what we asked for; "" when all are."""
    asked = json.loads(payment.request or "{}")
    amount = asked.get("amount", {})
    compared = {
        "appid": (asked.get("appid"), fact.appid),
        "mchid": (asked.get("mchid"), fact.mchid),
        "amount": (payment.amount_fen, fact.amount_fen),
        "currency": (amount.get("currency"), fact.currency),
        "transaction_id": (payment.transaction_id or fact.transaction_id or None, fact.transaction_id),
    }
    wrong = (name for name, (ours, theirs) in compared.items() if ours is None or ours != theirs)
    return next(wrong, "")


def _book(change: Change, ledger: payments.Ledger, payment: Payment, fact: PaymentFact) -> str:
    order = change.order
    news = {
        "transaction_id": fact.transaction_id,
        "payer_total_fen": fact.payer_total_fen,
        "paid_at": fact.paid_at or change.at,
        "last_code": fact.state,
    }
    if order.status in LIVE and order.due_fen:
        moves.move_payment(payment, "paid", **news)
        settlement.book(change, payment.amount_fen)
        settlement.return_excess(change, ledger, reason="多付自动退款", operator="system")
        return BOOKED
    moves.move_payment(payment, "paid_late", **news)
    late = order.status not in LIVE and not order.paid_fen
    cause = Refund.Cause.LATE if late else Refund.Cause.DUPLICATE
    change.tell(PaymentLate)
    payments.give_back(ledger, payment, cause, f"{in_house(cause.label)}自动退款")
    change.tell(RefundRequested)
    return LATE if late else DUPLICATE


REFUND_NEWS: dict[str, type[HubEvent]] = {
    "succeeded": RefundSucceeded,
    "abnormal": RefundFailed,
    "closed": RefundFailed,
}


def _refund(tx: Transaction, fact: RefundFact) -> str:
    seen = Refund.objects.select_related("payment__store").filter(out_refund_no=fact.out_refund_no).first()
    if seen is None:
        return alarm(STRANGER, fact.out_refund_no)
    change, ledger = open_order(tx, seen.payment)
    refund = next(row for row in ledger.refunds if row.pk == seen.pk)
    payment = next(row for row in ledger.payments if row.pk == refund.payment_id)
    asked = json.loads(payment.request or "{}")
    if (fact.amount_fen, fact.out_trade_no) != (refund.amount_fen, payment.out_trade_no) or (
        fact.mchid and fact.mchid != asked.get("mchid")
    ):
        return alarm(MISMATCH, fact.out_refund_no)
    return _follow(change, payment, refund, fact)


def _follow(change: Change, payment: Payment, refund: Refund, fact: RefundFact) -> str:
    name = states.REFUND_STATES.get(fact.state)
    before = refund.state
    news = {"refund_id": fact.refund_id, "last_code": fact.state}
    if name in ("succeeded", "closed"):
        news["finished_at"] = fact.finished_at or change.at
    if name is None or not moves.move_refund(refund, name, **news):
        return KNOWN
    if refund.state == before:
        return IGNORED
    if name == "abnormal" or name == "closed":
        alarm(f"refund_{name}", refund.out_refund_no)
    _tell_refund(change, payment, refund, name)
    return BOOKED if name == "succeeded" else name


def _tell_refund(change: Change, payment: Payment, refund: Refund, name: str) -> None:
    if news := REFUND_NEWS.get(name):
        if name == "succeeded" and payment.state in payments.RECEIVED:
            change.order.refunded_fen += refund.amount_fen
        change.tell(news)
        change.finish()


def reject_refund(refund_no: str, code: str) -> None:
    """The gateway will never do this refund: a person must act."""

    def work(tx: Transaction) -> None:
        seen = Refund.objects.select_related("payment__store").get(out_refund_no=refund_no)
        change, ledger = open_order(tx, seen.payment)
        refund = next(row for row in ledger.refunds if row.pk == seen.pk)
        if moves.move_refund(refund, "rejected", last_code=code[:64]):
            change.tell(RefundFailed)
            change.finish()

    transact(work, actor="gateway:refund")
    alarm("refund_rejected", refund_no, gateway_code=code)
