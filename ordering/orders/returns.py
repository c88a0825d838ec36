"""Refunds on their way: sent with the same number until the gateway has decided, spaced as it wants them."""

import logging
from datetime import timedelta

from django.db.models import F, Q

from hub import clock, errors
from hub.audit import Call
from hub.events import RefundRequested
from hub.transactions import Lock, Transaction, transact
from ordering.orders import facts
from ordering.orders.attempts import NEVER_ARRIVED
from ordering.orders.rounds import AT_ONCE, LEASE, SILENT, go_round
from ordering.payments import actions as payments
from ordering.payments.gateway import Answered, Gateway, Outcome, RefundFact, Refused
from ordering.payments.models import Refund
from ordering.users.actors import SYSTEM

logger = logging.getLogger("ordering.payments")

SPACING = 60.0  # the gateway takes one refund a minute of one payment
FIRST_TRIES = (5.0, 30.0, 120.0, 600.0, 1800.0)
HOURLY = 3600.0
WORRYING = timedelta(days=7)
NOT_ENOUGH = "NOTENOUGH"
OPEN = (Refund.State.REQUESTED, Refund.State.PROCESSING)


def send_due() -> int:
    """Send what was asked for and ask about what is under way; how many (for the worker)."""
    due = Refund.objects.filter(next_try_at__lte=clock.now(), state__in=OPEN)
    waiting = due.select_related("payment").order_by("next_try_at", "pk")[:AT_ONCE]
    return go_round(waiting, lambda refund: _is_spaced(refund) and claim(refund), _step)


def claim(refund: Refund) -> bool:
    """Take a refund for a minute: of several workers one moves ``next_try_at`` on."""

    def work(tx: Transaction) -> bool:
        # Found by its id alone: through the index of next_try_at, rivals would lock from the other end.
        mine = Refund.objects.filter(pk=refund.pk)
        [row] = tx.lock(Lock.PAYMENT, mine)
        if (row.next_try_at, row.state) != (refund.next_try_at, refund.state):
            return False
        now = clock.now()
        changes = {"next_try_at": now + clock.scheduled(LEASE), "attempts": F("attempts") + 1}
        if refund.state == Refund.State.REQUESTED:
            changes["sent_at"] = now
        mine.update(**changes)
        return True

    return transact(work, actor=SYSTEM.label)


def _is_spaced(refund: Refund) -> bool:
    """Whether no other refund of this payment was sent in the last minute; else it waits for its turn."""
    if refund.state != Refund.State.REQUESTED:
        return True
    others = Refund.objects.filter(payment_id=refund.payment_id, sent_at__isnull=False).exclude(pk=refund.pk)
    last = others.order_by("-sent_at").values_list("sent_at", flat=True).first()
    turn = last + clock.scheduled(SPACING) if last else clock.now()
    if turn > clock.now():
        Refund.objects.filter(pk=refund.pk, next_try_at=refund.next_try_at).update(next_try_at=turn)
        return False
    return True


def _step(door: Gateway, refund: Refund) -> str:
    """One call for one refund; the word of what it led to, "" when the gateway was silent."""
    outcome = _send(door, refund) if refund.state == Refund.State.REQUESTED else _ask(door, refund)
    if isinstance(outcome, Answered):
        return _apply(refund, outcome.fact)
    if isinstance(outcome, Refused) and not outcome.slow_down:
        return _refused(door, refund, outcome)
    _again(refund, outcome.code if isinstance(outcome, Refused) else outcome.reason)
    return SILENT


def _send(door: Gateway, refund: Refund) -> Outcome[RefundFact]:
    payment = refund.payment
    amounts = (refund.amount_fen, payment.amount_fen)
    return door.refund(refund.out_refund_no, payment.out_trade_no, *amounts, refund.reason)


def _ask(door: Gateway, refund: Refund) -> Outcome[RefundFact]:
    return door.query_refund(refund.out_refund_no)


def _apply(refund: Refund, fact: RefundFact) -> str:
    word = facts.apply_refund(fact, "refund")
    if word in (facts.IGNORED, facts.MISMATCH, "taken"):
        _again(refund)
    return word


def _refused(door: Gateway, refund: Refund, outcome: Refused) -> str:
    if outcome.code == NOT_ENOUGH:
        # The merchant's balance, not the refund: the same number goes again when there is money.
        _again(refund, outcome.code, HOURLY)
        return facts.alarm("refund_not_enough", refund.out_refund_no)
    if refund.state == Refund.State.PROCESSING:
        _again(refund, outcome.code)
        return facts.alarm("refund_not_found", refund.out_refund_no, gateway_code=outcome.code)
    # An earlier call may have done it unheard: a repeat that is refused says nothing of that.
    known = _ask(door, refund) if refund.attempts else None
    if isinstance(known, Answered):
        return _apply(refund, known.fact)
    if known is None or (isinstance(known, Refused) and known.code in NEVER_ARRIVED):
        facts.reject_refund(refund.out_refund_no, outcome.code)
        return "rejected"
    _again(refund, outcome.code)
    return SILENT


def _again(refund: Refund, code: str = "", seconds: float | None = None) -> None:
    count = refund.attempts
    wait = seconds or (FIRST_TRIES[count] if count < len(FIRST_TRIES) else HOURLY)
    changes = {"next_try_at": clock.now() + clock.scheduled(wait)}
    if code:
        changes["last_code"] = code[:64]
    Refund.objects.filter(Q(pk=refund.pk), state__in=OPEN).update(**changes)
    if clock.now() - refund.requested_at > WORRYING:
        facts.alarm("refund_slow", refund.out_refund_no)


def retry(no: str, refund_id: int, operator: str, call: Call | None = None) -> Refund:
    """Try an order's failed refund again (`payments.again`), in a transaction of its own; 404 for no such."""
    seen = Refund.objects.select_related("payment__store").filter(pk=refund_id, order_no=no).first()
    if seen is None:
        raise errors.not_found()

    def work(tx: Transaction) -> Refund:
        change, ledger = facts.open_order(tx, seen.payment)
        failed = next(row for row in ledger.refunds if row.pk == refund_id)
        made = payments.again(ledger, failed, operator)
        if made is not failed:
            tx.created(made)
        change.tell(RefundRequested)
        change.finish()
        return made

    return transact(work, actor=operator, call=call)
