"""Pay an order, ask how its payment stands, and give money back by hand."""

from typing import Any

from hub import clock, errors
from hub.errors import Refusal
from hub.transactions import Transaction
from ordering.orders import access, pricing, settlement
from ordering.orders.change import Change, begin, live, lock
from ordering.orders.states import Who
from ordering.payments import actions as payments
from ordering.payments import gateway
from ordering.payments.models import Payment, Refund
from ordering.users.actors import Actor


def pay(
    tx: Transaction, no: str, *, actor: Actor, channel: str, version: int | None = None
) -> dict[str, Any]:
    """Pay what is due: ``{"payment", "params"}``. Cash is the counter's and settles at once.

    Refuses 403 for cash by a diner and for another channel by anyone but the diner, 409
    ``order.already_paid`` and ``payment.channel_unavailable``.
    """
    seen, who = access.may(no, actor, "pay")
    check_channel(who, channel)
    change = lock(tx, seen, who)
    change.expect(version)
    change.require("pay")
    if channel != payments.CASH:
        raise gateway.unavailable(channel)
    payment = settlement.settle_cash(change, actor.label)
    change.finish()
    return {"payment": payments.row(payment), "params": None}


def check_channel(who: frozenset[Who], channel: str) -> None:
    """Cash is taken by the counter, every other channel is the diner's own (403)."""
    if (Who.COUNTER if channel == payments.CASH else Who.DINER) not in who:
        raise errors.forbidden()


def sync(no: str, actor: Actor) -> dict[str, Any]:
    """How the order's newest payment stands; there is no open attempt to ask a gateway about."""
    order, who = access.visible(no, actor)
    if Who.DINER not in who:
        raise errors.forbidden()
    newest = Payment.objects.filter(order_no=no).order_by("-pk").first()
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
    row = {"field": f"lines.{number}.line", "code": "line.not_found", "detail": "订单中没有该菜品"}
    raise Refusal("body.invalid", 400, "请求内容有误", errors=[row])


def _refunded(ledger: payments.Ledger) -> dict[int, int]:
    done: dict[int, int] = {}
    for refund in ledger.refunds:
        if refund.state not in payments.GONE:
            for row in refund.lines:
                done[row["line"]] = done.get(row["line"], 0) + row["quantity"]
    return done
