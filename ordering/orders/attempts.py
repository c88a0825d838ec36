"""Attempts to pay through a gateway: opened, asked about and closed, each call outside any transaction.

The row is committed before the gateway hears its number, and only the gateway's word ends it: an attempt that
may still be paid keeps its order waiting and its portions taken.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import F

from hub import clock
from hub.errors import Refusal
from hub.transactions import Lock, Transaction, transact
from ordering.orders import facts
from ordering.orders.change import Change
from ordering.orders.rounds import AT_ONCE, LEASE, SILENT, go_round
from ordering.payments import actions as payments
from ordering.payments import moves, states
from ordering.payments.channels import WECHAT
from ordering.payments.gateway import Answered, Gateway, PaymentFact, Refused, Unknown, unavailable
from ordering.payments.models import Payment
from ordering.users.actors import SYSTEM
from ordering.users.models import User, WechatIdentity

logger = logging.getLogger("ordering.payments")

FIRST_CHECKS = (5.0, 10.0, 15.0, 30.0)  # then every minute for as long as the guest may pay
EVERY_MINUTE = 60.0
CLOSE_AGAIN = (5.0, 10.0, 30.0, 60.0)
STUCK = 5  # closes that led nowhere until a person hears of it
GRACE = 30.0  # after the last moment to pay, until we close
PREPAY_LIVES = timedelta(minutes=110)
NEVER_ARRIVED = ("ORDERNOTEXIST", "RESOURCENOTEXISTS", "RESOURCENOTEXIST")
OVER_THERE = ("ORDERPAID", "ORDERCLOSED", *NEVER_ARRIVED)
FINAL = (facts.BOOKED, facts.LATE, facts.DUPLICATE, facts.CLOSED, facts.KNOWN)
PAYABLE = (Payment.State.CREATED, Payment.State.PENDING)


def find_or_open(tx: Transaction, change: Change, payer: User, door: Gateway) -> tuple[Payment, bool]:
    """The order's open attempt (made if there is none) and whether it is for what is due now.

    Refuses 409 ``payment.expired`` and ``payment.payer_unknown``.
    """
    order = change.order
    if order.expires_at and change.at >= order.expires_at and not order.placed_at:
        raise Refusal("payment.expired", 409, "付款时间已过,请重新下单", state=order.status)
    tx.reach(Lock.PAYMENT)
    found = Payment.objects.filter(open_key=order.no).first()
    if found is None:
        return _open(change, payer, door), True
    return found, found.state in PAYABLE and found.amount_fen == order.due_fen and not _is_over(found)


def _open(change: Change, payer: User, door: Gateway) -> Payment:
    order, number = change.order, payments.number()
    expires_at = order.expires_at if not order.placed_at else None
    expires_at = expires_at or change.at + timedelta(minutes=settings.WECHAT_PAY_EXPIRE_MINUTES)
    openid = _openid(payer, door)
    return Payment.objects.create(
        store=order.store,
        order_no=order.no,
        out_trade_no=number,
        channel=WECHAT,
        amount_fen=order.due_fen,
        open_key=order.no,
        payer=openid,
        request=door.freeze(number, order.due_fen, openid, expires_at, order.store.name),
        expires_at=expires_at,
        next_check_at=clock.now() + clock.scheduled(FIRST_CHECKS[0]),
    )


def _openid(payer: User, door: Gateway) -> str:
    known = WechatIdentity.objects.filter(user=payer, appid=door.appid).first()
    if known is None:
        raise Refusal("payment.payer_unknown", 409, "请在微信中打开后支付,或到前台付款")
    return known.openid


def prepay(door: Gateway, payment: Payment) -> str:
    """The attempt's prepay id, asked for with the very same bytes however often; "" when it is over.

    Refuses 503 ``payment.gateway_unavailable`` when the gateway does not say (repeat the request), 409
    ``payment.channel_unavailable`` when it will not have us.
    """
    if payment.prepay_id and payment.prepaid_at and clock.now() < payment.prepaid_at + PREPAY_LIVES:
        return payment.prepay_id
    number = payment.out_trade_no
    outcome = door.prepay(payment.request)
    if isinstance(outcome, Unknown):
        if ask(door, number) in FINAL:
            return ""
        outcome = door.prepay(payment.request)
    if isinstance(outcome, Answered):
        return outcome.fact if moves.opened(number, outcome.fact) else ""
    if isinstance(outcome, Unknown) or outcome.slow_down:
        raise no_answer()
    return _refused(door, number, outcome)


def _refused(door: Gateway, number: str, outcome: Refused) -> str:
    if outcome.code == "ORDERPAID":
        ask(door, number)
        return ""
    moves.failed(number, outcome.code)
    if outcome.code == "ORDERCLOSED":
        return ""
    facts.alarm("prepay_refused", number, gateway_code=outcome.code)
    raise unavailable(WECHAT)


def no_answer() -> Refusal:
    """Nobody knows whether the gateway did it; the same request may be repeated."""
    detail = "支付服务暂时没有响应,请稍后重试"
    return Refusal("payment.gateway_unavailable", 503, detail, headers={"Retry-After": "2"})


def ask(door: Gateway, number: str, source: str = "query") -> str:
    """Ask the gateway about an attempt and apply its answer: a word of `facts`, "" when it was silent.

    An attempt that never arrived there is closed if that is what we want, else ``ignored``.
    """
    outcome = door.query(number)
    if isinstance(outcome, Answered):
        return facts.apply_payment(outcome.fact, source)
    code = outcome.code if isinstance(outcome, Refused) else outcome.reason
    Payment.objects.filter(out_trade_no=number).update(last_code=code[:64])
    if code in NEVER_ARRIVED:
        closing = Payment.objects.filter(out_trade_no=number, state=Payment.State.CLOSING).exists()
        return facts.apply_payment(PaymentFact(number, "CLOSED"), source) if closing else facts.IGNORED
    return SILENT


def close(door: Gateway, number: str) -> str:
    """Make an attempt unpayable: ask, close, and ask again, for only that last answer counts.

    Answers as `ask`: anything in ``FINAL`` means that it is over, paid or not.
    """
    moves.closing(number)
    before = ask(door, number, "close")
    if before in FINAL or before == SILENT:
        return before
    outcome = door.close(number)
    if isinstance(outcome, Unknown) or (isinstance(outcome, Refused) and outcome.code not in OVER_THERE):
        return SILENT
    return ask(door, number, "close")


def settle_due() -> int:
    """Ask about every attempt whose time has come, close those that are over; how many (for the worker)."""
    due = Payment.objects.filter(next_check_at__lte=clock.now(), open_key__isnull=False).order_by(
        "next_check_at"
    )[:AT_ONCE]
    return go_round(due, claim, _step)


def claim(payment: Payment) -> bool:
    """Take an attempt for a minute: of several workers one moves ``next_check_at`` on."""

    def work(tx: Transaction) -> bool:
        # Found by its id alone: through the index of next_check_at, rivals would lock from the other end.
        mine = Payment.objects.filter(pk=payment.pk)
        [row] = tx.lock(Lock.PAYMENT, mine)
        if row.next_check_at != payment.next_check_at:
            return False
        mine.update(next_check_at=clock.now() + clock.scheduled(LEASE), checks=F("checks") + 1)
        return True

    return transact(work, actor=SYSTEM.label)


def _step(door: Gateway, payment: Payment) -> str:
    over = payment.state == Payment.State.CLOSING or _is_over(payment)
    result = close(door, payment.out_trade_no) if over else ask(door, payment.out_trade_no)
    if result not in FINAL:
        _again(payment, over)
    return result


def _again(payment: Payment, over: bool) -> None:
    schedule = CLOSE_AGAIN if over else FIRST_CHECKS[1:]
    beyond = CLOSE_AGAIN[-1] if over else EVERY_MINUTE
    wait = schedule[payment.checks] if payment.checks < len(schedule) else beyond
    at = clock.now() + clock.scheduled(wait)
    if not over and payment.expires_at:
        at = min(at, payment.expires_at + clock.scheduled(GRACE))
    # Not one that was decided or told to close meanwhile: those have their own time.
    leased = Payment.objects.filter(pk=payment.pk, state__in=states.OPEN, next_check_at__gt=clock.now())
    leased.update(next_check_at=at)
    if over and payment.checks == STUCK:
        facts.alarm("close_stuck", payment.out_trade_no)


def _is_over(payment: Payment) -> bool:
    return bool(payment.expires_at and clock.now() >= payment.expires_at + clock.scheduled(GRACE))
