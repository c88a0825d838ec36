"""Reads: who shares a cart, its rows, and what it became."""

from typing import Any

from django.db.models import QuerySet

from hub import errors
from hub.views import SKIP
from ordering.carts.models import CartLine
from ordering.orders import access
from ordering.orders.models import Order
from ordering.restaurant import queries as restaurant
from ordering.restaurant.models import TableSession
from ordering.users.actors import Actor

LINE, CART = "cart-line:", "cart:"
STREAM = "table:"


def shares(actor: Actor, session_no: str) -> bool:
    """Whether the actor is a diner of this table session, which is not over."""
    session = restaurant.session_of(session_no)
    return session is not None and access.is_diner(actor, session.pk)


def session_for(actor: Actor, session_no: str) -> TableSession:
    """The actor's table session with its table and store.

    Refuses 404 when it is absent, over or others', and 403 the store's own staff who do not dine there.
    """
    session = restaurant.session_of(session_no)
    if session is None:
        raise errors.not_found()
    if not access.is_diner(actor, session.pk):
        raise errors.forbidden() if actor.works_at(session.table.store.code) else errors.not_found()
    return session


def lines(session: TableSession) -> QuerySet[CartLine]:
    """The cart's lines in the order in which they came."""
    return CartLine.objects.filter(session=session).select_related("owner").order_by("added_at", "id")


def line_card(line: CartLine) -> dict[str, Any]:
    """A line as every diner of the table sees it; ``line.owner`` must be loaded."""
    return {
        "id": line.id,
        "owner": {"id": line.owner.uid, "name": line.owner_name},
        "dish": line.dish,
        "name": line.name,
        "options": line.options,
        "unit_price_fen": line.unit_price_fen,
        "quantity": line.quantity,
        "amount_fen": line.unit_price_fen * line.quantity,
        "remark": line.remark,
        "version": line.version,
    }


def cart_card(session: TableSession) -> dict[str, Any]:
    """What the cart became so far: the last order, and all, which the table's diners may follow."""
    orders = Order.objects.filter(session=session, shared=True).order_by("pk").values_list("no", flat=True)
    return {"session": session.no, "order": session.cart_order or None, "orders": list(orders)}


def body(session: TableSession) -> dict[str, Any]:
    """The cart by REST, with the stream that tells of its changes."""
    rows = [line_card(line) for line in lines(session)]
    subtotal = sum(row["amount_fen"] for row in rows)
    return {"stream": session.stream, **cart_card(session), "lines": rows, "subtotal_fen": subtotal}


def snapshot(stream: str) -> list[tuple[str, int, dict[str, Any]]]:
    """(key, version, card) of the cart and its lines; none once the guests have left."""
    session = restaurant.session_of(stream.removeprefix(STREAM))
    if session is None:
        return []
    rows = [(line.key, line.version, line_card(line)) for line in lines(session)]
    if session.cart_version:
        rows.insert(0, (cart_key(session), session.cart_version, cart_card(session)))
    return rows


def view(key: str, card: dict[str, Any], stations: frozenset[str] | None) -> Any:
    """The diners' view of an event of the table's stream: the row, or None for one that is gone."""
    return (card or None) if key.startswith((LINE, CART)) else SKIP


def cart_key(session: TableSession) -> str:
    """The key of the cart as a whole."""
    return f"{CART}{session.no}"
