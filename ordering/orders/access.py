"""Who somebody is to an order, and what they may do with it now."""

from typing import Any

from hub import errors
from ordering.orders import guards, states
from ordering.orders.models import Order
from ordering.orders.states import ORDER_MOVES, Who
from ordering.restaurant import queries as restaurant
from ordering.users.actors import Actor

STAFF = frozenset({Who.COUNTER, Who.MANAGER, Who.KITCHEN})
AT_THE_TABLE = frozenset({Who.TABLE})
STAFF_ROLES = {"counter": Who.COUNTER, "manager": Who.MANAGER, "kitchen": Who.KITCHEN}


def relations(order: Order, actor: Actor) -> frozenset[Who]:
    """What the actor is to the order; empty for a stranger. ``order.store`` must be loaded."""
    if actor.label == "system":
        return frozenset({Who.SYSTEM})
    roles = actor.roles.get(order.store.code, frozenset())
    found = {who for role, who in STAFF_ROLES.items() if role in roles}
    if actor.user is not None and order.diner_id == actor.user.pk:
        found.add(Who.DINER)
    return frozenset(found)


def shares_table(order: Order, actor: Actor) -> bool:
    """Whether the actor has an order in the same table session."""
    if actor.user is None or order.session_id is None:
        return False
    return Order.objects.filter(session_id=order.session_id, diner_id=actor.user.pk).exists()


def is_diner(actor: Actor, session_id: int) -> bool:
    """Whether the actor is a diner of the table session: its guest, somebody who joined or ordered there."""
    if actor.user is None:
        return False
    if actor.is_guest:
        return actor.table_session == session_id
    here = Order.objects.filter(session_id=session_id, diner_id=actor.user.pk)
    return restaurant.sits_at(session_id, actor.user.pk) or here.exists()


def follows(order: Order, actor: Actor) -> bool:
    """Whether the order came from a cart that the actor shares, at a table that they have not left."""
    if not order.shared or order.session is None or order.session.closed_at:
        return False
    return is_diner(actor, order.session.pk)


def load(no: str) -> Order:
    """The order with its store and table, not locked; 404 when there is none."""
    order = Order.objects.select_related("store", "table", "session").filter(no=no).first()
    if order is None:
        raise errors.not_found()
    return order


def visible(no: str, actor: Actor) -> tuple[Order, frozenset[Who]]:
    """The order and what the actor is to it.

    Refuses with 404 when it is absent or nothing of theirs, with 403 a board of the store.
    """
    order = load(no)
    who = relations(order, actor) or (AT_THE_TABLE if follows(order, actor) else frozenset())
    if not who:
        raise _refusal(order, actor)
    return order, who


def may(no: str, actor: Actor, move: str) -> tuple[Order, frozenset[Who]]:
    """As `visible`, and refuses with 403 when the actor can do ``move`` in no state at all.

    Guests of the same table know an order of somebody's own only through the moves that are theirs (加菜).
    """
    order = load(no)
    who = relations(order, actor)
    if not who and (follows(order, actor) or (_is_theirs(move) and shares_table(order, actor))):
        who = AT_THE_TABLE
    if not who:
        raise _refusal(order, actor)
    if not states.may_ever(ORDER_MOVES, move, who):
        raise errors.forbidden()
    return order, who


def _is_theirs(move: str) -> bool:
    return states.may_ever(ORDER_MOVES, move, AT_THE_TABLE)


def _refusal(order: Order, actor: Actor) -> errors.Refusal:
    return errors.forbidden() if actor.roles.get(order.store.code) else errors.not_found()


def allowed_actions(order: Order, who: frozenset[Who]) -> list[str]:
    """What they may do now: the table's moves whose guards hold."""
    names = states.allowed(ORDER_MOVES, order.status, who)
    return [name for name in names if guards.failing(name, order) is None]


def body(card: dict[str, Any], order: Order, who: frozenset[Who]) -> dict[str, Any]:
    """The contract's order for this caller, from the card (already stripped)."""
    return {**card, "allowed_actions": allowed_actions(order, who)}
