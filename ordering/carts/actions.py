"""What diners do with their table's cart. The session's row is the lock that all of it stands behind."""

from collections.abc import Mapping
from typing import Any

from hub import clock, errors
from hub.errors import Refusal
from hub.events import CartClosed, CartLineAdded, CartLineChanged, CartLineRemoved, HubEvent
from hub.transactions import Transaction
from ordering.carts import queries
from ordering.carts.models import CartLine
from ordering.orders.basket import Basket, wanted
from ordering.orders.submit import lock_session
from ordering.restaurant import queries as restaurant
from ordering.restaurant import sessions
from ordering.restaurant.models import DiningTable, TableSession
from ordering.users.actors import Actor
from ordering.users.models import User

LINES_LIMIT = 50
NAMELESS = "顾客"


def add(tx: Transaction, session: TableSession, *, actor: Actor, line: dict[str, Any]) -> dict[str, Any]:
    """Put a dish into the cart (``line`` as in the submit body); the line.

    Refuses 409 ``table.session_closed``, ``cart.too_many_lines``, and the per-line codes of submit.
    """
    locked = _open(tx, session)
    if CartLine.objects.filter(session=locked).count() >= LINES_LIMIT:
        raise Refusal("cart.too_many_lines", 409, "这桌的购物车已满", limit=LINES_LIMIT)
    basket = Basket(session.table.store, wanted([line]), clock.now())
    basket.check()
    added = _line(locked, _person(actor), basket)
    added.save(force_insert=True)
    return _told(tx, session, CartLineAdded, added)


def _open(tx: Transaction, session: TableSession) -> TableSession:
    """The session, locked; 409 when it takes no more orders."""
    return lock_session(tx, session.pk)


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise errors.forbidden()
    return actor.user


def _line(session: TableSession, owner: User, basket: Basket) -> CartLine:
    priced = basket.lines[0]
    return CartLine(
        session=session,
        owner=owner,
        owner_name=owner.name or NAMELESS,
        dish=priced.wanted.dish,
        name=basket.offers[priced.wanted.dish].name,
        options=list(priced.parts[0].options),
        unit_price_fen=priced.unit_price_fen,
        quantity=priced.wanted.quantity,
        remark=priced.wanted.remark,
    )


def _told(tx: Transaction, session: TableSession, kind: type[HubEvent], line: CartLine) -> dict[str, Any]:
    card = queries.line_card(line)
    tx.record(session.stream, kind(line.key, line.version, card))
    return card


def change(
    tx: Transaction, session: TableSession, line_id: str, *, actor: Actor, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """Change quantity or remark of one's own line (403 for another's); the line."""
    _open(tx, session)
    line = _find(session, line_id)
    if line.owner_id != _person(actor).pk:
        raise errors.forbidden()
    new = {name: value for name, value in fields.items() if getattr(line, name) != value}
    if not new:
        return queries.line_card(line)
    for name, value in new.items():
        setattr(line, name, value)
    line.version += 1
    line.save(update_fields=[*new, "version"])
    return _told(tx, session, CartLineChanged, line)


def _find(session: TableSession, line_id: str) -> CartLine:
    line = queries.lines(session).filter(id=line_id).first()
    if line is None:
        raise errors.not_found()
    return line


def remove(tx: Transaction, session: TableSession, line_id: str) -> None:
    """Take a line out, whoever's it is: its owner may have left, and it must not stay in the way."""
    _open(tx, session)
    _drop(tx, session, [_find(session, line_id)])


def _drop(tx: Transaction, session: TableSession, gone: list[CartLine]) -> None:
    CartLine.objects.filter(pk__in=[line.pk for line in gone]).delete()
    for line in gone:
        tx.record(session.stream, CartLineRemoved(line.key, line.version + 1))


def take_all(tx: Transaction, session: TableSession) -> list[CartLine]:
    """Take every line out of a locked session's cart; what was there."""
    taken = list(queries.lines(session))
    _drop(tx, session, taken)
    return taken


def announce(tx: Transaction, session: TableSession, kind: type[HubEvent], card: dict[str, Any]) -> None:
    """Tell of the cart as a whole; ``session`` is locked."""
    session.cart_version += 1
    session.save(update_fields=["cart_version", "cart_order"])
    tx.record(session.stream, kind(queries.cart_key(session), session.cart_version, card))


def close_table(tx: Transaction, table: DiningTable) -> dict[str, Any]:
    """The guests have left: the session ends, and its cart with it (``cart.closed``); the session."""
    session = sessions.close(tx, table)
    take_all(tx, session)
    announce(tx, session, CartClosed, {})
    return restaurant.session_row(session)
