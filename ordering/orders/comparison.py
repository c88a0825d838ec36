"""Hold a day's bill against our payments and refunds, both ways and by number; what differs, what to do.

Our clock decides nothing. A row of ours belongs to the bill of one of the days between its beginning and its
end, so it is missing there only when it stands in none of them; it is judged with the day in which it ended.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from ordering.orders import facts
from ordering.payments import states
from ordering.payments.bills import CHINA, BadBill, Bill, BillPayment, BillRefund, parse
from ordering.payments.channels import WECHAT
from ordering.payments.gateway import Answered, Gateway, Outcome, Refused
from ordering.payments.models import Difference, Payment, Refund

F = TypeVar("F")
T = TypeVar("T")
Problem = Difference.Problem
DAY = timedelta(days=1)
CLOCKS_APART = timedelta(minutes=10)
LONGEST = 30  # days from a refund's request to its end; bills go back three months
AT_ONCE = 500
# The bill's word for a refund is of the morning after: what ours may be by now.
AGREES = {
    "SUCCESS": {Refund.State.SUCCEEDED},
    "PROCESSING": {
        Refund.State.PROCESSING,
        Refund.State.SUCCEEDED,
        Refund.State.ABNORMAL,
        Refund.State.CLOSED,
    },
}
TROUBLE = {Refund.State.ABNORMAL, Refund.State.CLOSED}


class Unanswered(Exception):
    """The gateway did not say; ``code`` is its word, or UNKNOWN, or BADBILL."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Finding:
    """A row in which the books differ, or did until just now (``repaired``). Amounts in fen."""

    kind: str
    number: str
    problem: Problem
    advice: str
    store_id: int | None = None
    order_no: str = ""
    ours_fen: int | None = None
    theirs_fen: int | None = None
    repaired: bool = False


class Inquiry:
    """What a comparison asks the gateway; ``hold`` is called before each call, to keep what it works on."""

    def __init__(self, gateway: Gateway, hold: Callable[[], None]) -> None:
        self._gateway, self._hold = gateway, hold
        self._bills: dict[date, Bill] = {}

    def bill(self, day: date) -> Bill:
        """The day's trade bill, fetched once; empty when nothing happened. Raises Unanswered."""
        if day not in self._bills:
            self._bills[day] = self._fetch(day)
        return self._bills[day]

    def payment(self, payment: Payment) -> None:
        """Bring one attempt to what the gateway says of it."""
        fact = self._fact(lambda: self._gateway.query(payment.out_trade_no))
        if fact:
            facts.apply_payment(fact, "bill")
            payment.refresh_from_db()

    def refund(self, refund: Refund) -> str:
        """Bring one refund to what the gateway says of it; the gateway's word, "" when it knows nothing."""
        fact = self._fact(lambda: self._gateway.query_refund(refund.out_refund_no))
        if fact is None:
            return ""
        facts.apply_refund(fact, "bill")
        refund.refresh_from_db()
        return fact.state

    def _fetch(self, day: date) -> Bill:
        self._hold()
        outcome = self._gateway.bill(day, "trade")
        if isinstance(outcome, Refused) and outcome.code == "NOSTATEMENTEXIST":
            return Bill()
        if not isinstance(outcome, Answered):
            raise _unanswered(outcome)
        try:
            return parse(outcome.fact)
        except BadBill as error:
            raise Unanswered("BADBILL") from error

    def _fact(self, call: Callable[[], Outcome[F]]) -> F | None:
        self._hold()
        outcome = call()
        if isinstance(outcome, Answered):
            return outcome.fact
        if isinstance(outcome, Refused) and not outcome.slow_down:
            return None
        raise _unanswered(outcome)


def _unanswered(outcome: object) -> Unanswered:
    return Unanswered(outcome.code if isinstance(outcome, Refused) else "UNKNOWN")


def findings(day: date, inquiry: Inquiry) -> Iterator[Finding]:
    """Everything in which the day's bill and our books differ, as it is found; raises Unanswered."""
    bill = inquiry.bill(day)
    yield from _payments(bill.payments.values(), inquiry)
    yield from _refunds(bill.refunds.values(), inquiry)
    for payment in [row for row in _paid_by(day) if row.out_trade_no not in bill.payments]:
        days = _days(payment.created_at, payment.paid_at)
        if not any(payment.out_trade_no in inquiry.bill(each).payments for each in days):
            yield _payment_gone(payment)
    for refund in [row for row in _refunded_by(day) if row.out_refund_no not in bill.refunds]:
        days = _days(refund.requested_at, refund.finished_at)
        if not any(refund.out_refund_no in inquiry.bill(each).refunds for each in days):
            yield _refund_gone(refund)


# The bill's rows against ours


def _payments(rows: Iterable[BillPayment], inquiry: Inquiry) -> Iterator[Finding]:
    for part in _parts(rows):
        numbers = [row.out_trade_no for row in part]
        found = Payment.objects.filter(channel=WECHAT, out_trade_no__in=numbers)
        ours = {payment.out_trade_no: payment for payment in found}
        for row in part:
            yield from _payment(row, ours.get(row.out_trade_no), inquiry)


def _parts(rows: Iterable[T]) -> Iterator[list[T]]:
    todo = list(rows)
    for first in range(0, len(todo), AT_ONCE):
        yield todo[first : first + AT_ONCE]


def _payment(row: BillPayment, ours: Payment | None, inquiry: Inquiry) -> Iterator[Finding]:
    if ours is None:
        advice = "本系统没有这笔支付:请确认该商户号是否有其他系统收款,否则联系技术人员并在商户平台核实"
        yield Finding("payment", row.out_trade_no, Problem.MISSING_HERE, advice, theirs_fen=row.paid_fen)
        return
    missed = ours.state not in states.PAID
    if missed:
        inquiry.payment(ours)
    if row.paid_fen != ours.amount_fen:
        advice = "金额与微信不符:请在商户平台核对该笔交易,多收的退还顾客,少收的联系技术人员"
        yield _of_payment(ours, Problem.AMOUNT, advice, row.paid_fen)
    elif ours.state not in states.PAID:
        advice = "微信已收款而我方未入账,自动补记未成功:请在商户平台核实后为顾客办理退款或补单"
        yield _of_payment(ours, Problem.MISSING_HERE, advice, row.paid_fen)
    elif ours.transaction_id != row.transaction_id:
        advice = "微信交易号与我方不一致:请联系技术人员核对该笔交易"
        yield _of_payment(ours, Problem.STATE, advice, row.paid_fen)
    elif missed:
        advice = "已按微信查询结果自动补记,无需处理;若订单已结束,款项会自动退回"
        yield _of_payment(ours, Problem.MISSING_HERE, advice, row.paid_fen, repaired=True)


def _refunds(rows: Iterable[BillRefund], inquiry: Inquiry) -> Iterator[Finding]:
    for part in _parts(rows):
        numbers = [row.out_refund_no for row in part]
        found = Refund.objects.filter(payment__channel=WECHAT, out_refund_no__in=numbers)
        ours = {refund.out_refund_no: refund for refund in found.select_related("payment")}
        for row in part:
            known = ours.get(row.out_refund_no)
            yield from _refund(row, known, inquiry) if known else _refund_unknown(row)


def _refund(row: BillRefund, ours: Refund, inquiry: Inquiry) -> Iterator[Finding]:
    if row.fen != ours.amount_fen or row.out_trade_no != ours.payment.out_trade_no:
        advice = "退款金额或原支付单与微信不符:请在商户平台核对后联系技术人员"
        yield _of_refund(ours, Problem.AMOUNT, advice, row.fen)
        return
    if ours.state in AGREES.get(row.state, TROUBLE):
        return
    word = inquiry.refund(ours)
    now = states.REFUND_STATES.get(word)
    if now and ours.state == states.REFUND_MOVES[now].target:
        advice = "以微信最新查询结果为准,双方状态已一致,无需处理"
        yield _of_refund(ours, Problem.STATE, advice, row.fen, repaired=True)
    else:
        advice = "退款状态与微信不符:请在商户平台查看该退款,必要时在那里处理异常退款"
        yield _of_refund(ours, Problem.STATE, advice, row.fen)


def _refund_unknown(row: BillRefund) -> Iterator[Finding]:
    payment = Payment.objects.filter(channel=WECHAT, out_trade_no=row.out_trade_no).first()
    if payment:
        advice = "此退款不是由本系统发起:请确认是谁在商户平台操作,并在账目中登记,勿再重复退款"
    else:
        advice = "本系统没有这笔退款及其支付:请确认该商户号是否有其他系统收款"
    yield Finding(
        kind="refund",
        number=row.out_refund_no,
        problem=Problem.MISSING_HERE,
        advice=advice,
        store_id=payment.store_id if payment else None,
        order_no=payment.order_no if payment else "",
        theirs_fen=row.fen,
    )


# Ours against the bills


def midnight(day: date) -> datetime:
    """When a bill's day begins: in China."""
    return datetime.combine(day, time.min, CHINA)


def _days(begun: datetime, ended: datetime | None) -> list[date]:
    """The days whose bill may hold a row, the likeliest first."""
    ended = ended or begun
    first = (min(begun, ended) - CLOCKS_APART).astimezone(CHINA).date()
    last = (ended + CLOCKS_APART).astimezone(CHINA).date()
    return [last - DAY * back for back in range(min((last - first).days, LONGEST) + 1)]


def _within(day: date) -> tuple[datetime, datetime]:
    """The ends that are judged with this day: those that no later bill can hold."""
    return midnight(day) - CLOCKS_APART, midnight(day + DAY) - CLOCKS_APART - timedelta(microseconds=1)


def _paid_by(day: date) -> Iterator[Payment]:
    paid = Payment.objects.filter(channel=WECHAT, state__in=states.PAID, paid_at__range=_within(day))
    return paid.order_by("pk").iterator(AT_ONCE)


def _refunded_by(day: date) -> Iterator[Refund]:
    done = Refund.objects.filter(payment__channel=WECHAT, state=Refund.State.SUCCEEDED)
    done = done.filter(finished_at__range=_within(day))
    return done.select_related("payment").order_by("pk").iterator(AT_ONCE)


def _payment_gone(payment: Payment) -> Finding:
    advice = "我方已入账而微信账单中没有:请在商户平台按商户单号查询,查不到则联系技术人员"
    return _of_payment(payment, Problem.MISSING_THERE, advice, None)


def _refund_gone(refund: Refund) -> Finding:
    advice = "我方已退款而微信账单中没有:请在商户平台按退款单号查询,顾客未收到则重新退款"
    return _of_refund(refund, Problem.MISSING_THERE, advice, None)


def _of_payment(
    payment: Payment, problem: Problem, advice: str, theirs_fen: int | None, *, repaired: bool = False
) -> Finding:
    return Finding(
        kind="payment",
        number=payment.out_trade_no,
        problem=problem,
        advice=advice,
        store_id=payment.store_id,
        order_no=payment.order_no,
        ours_fen=payment.amount_fen,
        theirs_fen=theirs_fen,
        repaired=repaired,
    )


def _of_refund(
    refund: Refund, problem: Problem, advice: str, theirs_fen: int | None, *, repaired: bool = False
) -> Finding:
    return Finding(
        kind="refund",
        number=refund.out_refund_no,
        problem=problem,
        advice=advice,
        store_id=refund.payment.store_id,
        order_no=refund.order_no,
        ours_fen=refund.amount_fen,
        theirs_fen=theirs_fen,
        repaired=repaired,
    )
