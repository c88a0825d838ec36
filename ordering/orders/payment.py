"""Pay an order, ask how its payment stands, and give money back by hand."""

from typing import Any

from hub import clock, errors
from hub.errors import Refusal
from hub.transactions import Lock, Transaction, transact
from ordering.orders import access, attempts, pricing, settlement
from ordering.orders.change import Change, begin, live, lock
from ordering.orders.states import Who
from ordering.payments import actions as payments
from ordering.payments.channels import gateway
from ordering.payments.models import Payment, Refund
from ordering.users.actors import Actor

ATTEMPTS_A_REQUEST = 3


def settle(
    tx: Transaction, no: str, *, actor: Actor, channel: str, version: int | None = None
) -> dict[str, Any]:
    """Take what is due as cash: ``{"payment", "params"}``; it settles at once.

    Refuses 403 for cash by a diner, 409 ``order.already_paid``.
    """
    change = _payable(tx, no, actor, channel, version)
    payment = settlement.settle_cash(change, actor.label)
    change.finish()
    return {"payment": payments.row(payment), "params": None}


def prepay(no: str, *, actor: Actor, channel: str, version: int | None = None) -> tuple[str, str]:
    """An attempt that the gateway knows, for what is due now: its number and prepay id.

    Not inside a transaction, for it calls the gateway. An attempt over another amount is closed first, and
    when that was paid after all, the order is paid as it was. Refuses as `settle`, 409 ``payment.expired``,
    ``payment.payer_unknown``, ``payment.channel_unavailable``, 503 ``payment.gateway_unavailable``.
    """
    door = gateway(channel)

    def find(tx: Transaction) -> tuple[Payment, bool]:
        change = _payable(tx, no, actor, channel, version)
        if actor.user is None:
            raise errors.forbidden()
        return attempts.find_or_open(tx, change, actor.user, door)

    for _ in range(ATTEMPTS_A_REQUEST):
        payment, fits = transact(find, actor=actor.label)
        if not fits and attempts.close(door, payment.out_trade_no) not in attempts.FINAL:
            break
        if fits and (prepay_id := attempts.prepay(door, payment)):
            return payment.out_trade_no, prepay_id
    raise attempts.no_answer()


def offer(tx: Transaction, number: str, prepay_id: str) -> dict[str, Any]:
    """What the guest's client pays with; refuses 409 ``payment.attempt_over`` when it no longer may."""
    payment = tx.lock_one(Lock.PAYMENT, Payment.objects.filter(out_trade_no=number))
    if payment.state not in attempts.PAYABLE:
        raise Refusal("payment.attempt_over", 409, "该笔支付已结束,请刷新", state=payment.state)
    return {"payment": payments.row(payment), "params": gateway(payment.channel).params(prepay_id)}


def _payable(tx: Transaction, no: str, actor: Actor, channel: str, version: int | None) -> Change:
    seen, who = access.may(no, actor, "pay")
    check_channel(who, channel)
    change = lock(tx, seen, who)
    change.expect(version)
    change.require("pay")
    return change


def check_channel(who: frozenset[Who], channel: str) -> None:
    """Cash is taken by the counter, every other channel is the diner's own (403)."""
    if (Who.COUNTER if channel == payments.CASH else Who.DINER) not in who:
        raise errors.forbidden()


def sync(no: str, actor: Actor) -> dict[str, Any]:
    """How the order's newest payment stands; of an open attempt the gateway is asked now."""
    order, who = access.visible(no, actor)
    if Who.DINER not in who:
        raise errors.forbidden()
    newest = Payment.objects.filter(order_no=no).order_by("-pk").first()
    if newest and newest.open_key:
        attempts.ask(gateway(newest.channel), newest.out_trade_no)
        order.refresh_from_db()
        newest.refresh_from_db()
    return {
        "status": order.status,
        "payment_status": order.payment_status,
        "payment": payments.row(newest) if newest else None,
    }


def refund(
    tx: Transaction,
    no: str,
    *,
    actor: Actor,
    reason: str,
    lines: list[dict[str, Any]] | None = None,
    amount_fen: int | None = None,
    version: int | None = None,
) -> dict[str, Any]:
    """Give back portions of lines, an amount, or (with neither) everything that is left.

    ``lines`` are ``{"line", "quantity"}``; their price is what they cost after the discount. With both,
    ``amount_fen`` is what goes back and ``lines`` say for what. Refuses 409 ``refund.exceeds_paid``.
    """
    change = begin(tx, no, actor, "refunds", version)
    ledger = payments.ledger(tx, no)
    priced = _priced(change, ledger, lines or [])
    amount = amount_fen if amount_fen is not None else sum(line["amount_fen"] for line in priced)
    if amount_fen is None and not lines:
        amount = ledger.refundable_fen
    if amount <= 0:
        raise payments.exceeds_paid(ledger.refundable_fen)
    returned = settlement.send_back(change, ledger, amount, reason=reason, operator=actor.label, lines=priced)
    change.finish()
    return body(returned.refunds)


def body(refunds: list[Refund]) -> dict[str, Any]:
    """The contract's refund; one that touches several payments counts as one, named by its first."""
    first = refunds[0]
    return {
        "id": first.pk,
        "state": first.state,
        "amount_fen": sum(refund.amount_fen for refund in refunds),
        "lines": first.lines,
        "reason": first.reason,
        "requested_at": clock.iso(first.requested_at),
    }


def refunds(no: str, actor: Actor) -> list[dict[str, Any]]:
    """The order's refunds, oldest first, for staff of its store (404 for strangers, 403 for the diner)."""
    access.may(no, actor, "refunds")
    return [refund_row(row) for row in Refund.objects.filter(order_no=no).order_by("pk")]


def refund_row(refund: Refund) -> dict[str, Any]:
    """A refund as the counter sees it; ``last_code`` is the gateway's last word on it."""
    return {
        **body([refund]),
        "out_refund_no": refund.out_refund_no,
        "cause": refund.cause,
        "finished_at": clock.iso(refund.finished_at),
        "last_code": refund.last_code,
    }


def _priced(change: Change, ledger: payments.Ledger, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The asked portions with their price; refuses portions that are refunded already."""
    lines = live(change.lines) or change.lines
    amounts = pricing.refundable([line.amount_fen for line in lines], change.order.total_fen)
    cost = {line.pk: (line, amount) for line, amount in zip(lines, amounts, strict=True)}
    done = _refunded(ledger)
    priced = []
    for row in asked:
        line, amount = cost.get(row["line"]) or _no_line(asked.index(row))
        before = done.get(line.pk, 0)
        if before + row["quantity"] > line.quantity:
            raise payments.exceeds_paid(ledger.refundable_fen)
        done[line.pk] = before + row["quantity"]
        fen = pricing.portion_fen(amount, line.quantity, before, row["quantity"])
        priced.append({"line": line.pk, "quantity": row["quantity"], "amount_fen": fen})
    return priced


def _no_line(number: int) -> Any:
    raise errors.invalid(errors.row(f"lines.{number}.line", "line.not_found", "订单中没有该菜品"))


def _refunded(ledger: payments.Ledger) -> dict[int, int]:
    done: dict[int, int] = {}
    for refund in ledger.refunds:
        if refund.state not in payments.GONE:
            for row in refund.lines:
                done[row["line"]] = done.get(row["line"], 0) + row["quantity"]
    return done
