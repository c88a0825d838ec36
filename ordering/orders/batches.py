"""加菜: more lines for an order whose guests are still at the table."""

from typing import Any

from hub import clock
from hub.errors import Refusal
from hub.events import BatchAdded
from hub.transactions import Transaction
from ordering.orders import access
from ordering.orders.basket import Basket, check_open, wanted
from ordering.orders.change import Change, lock
from ordering.orders.models import Batch, Order
from ordering.orders.states import Who
from ordering.orders.submit import lock_session
from ordering.users.actors import Actor


def add(
    tx: Transaction, no: str, *, actor: Actor, lines: list[dict[str, Any]], version: int | None = None
) -> dict[str, Any]:
    """Send ``lines`` (as in the submit body) to the kitchen as one more batch; the contract's order.

    The added amount becomes due. Refuses as the moves do, and 409 ``table.session_closed``,
    ``order.not_at_table`` (a diner's pickup order), ``store.closed`` and the per-line codes of submit.
    """
    seen, who = access.may(no, actor, "batches")
    _check_table(tx, seen, who)
    change = lock(tx, seen, who)
    change.expect(version)
    change.require("batches")
    check_open(seen.store, change.at)
    basket = Basket(seen.store, wanted(lines), clock.now())
    basket.check(present=len(change.lines))
    basket.take(tx)
    append(change, basket, actor)
    return change.finish()


def _check_table(tx: Transaction, order: Order, who: frozenset[Who]) -> None:
    if order.session_id is not None:
        lock_session(tx, order.session_id)
    elif Who.COUNTER not in who:
        raise Refusal("order.not_at_table", 409, "自取订单请到前台加菜")


def append(change: Change, basket: Basket, actor: Actor) -> None:
    """Write the basket, whose portions were taken, as the order's next batch."""
    order = change.order
    number = Batch.objects.filter(order_id=order.pk).count() + 1
    added = basket.insert(order, number, actor.label, change.at)
    change.add(added)
    order.subtotal_fen += basket.subtotal_fen
    order.total_fen += basket.subtotal_fen
    change.tell(BatchAdded)
