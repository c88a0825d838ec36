"""The vocabulary: one frozen class per event. Frames, documents and tests are made from these classes.

An event carries the key of the row that changed, that row's version, and the whole card it left behind;
which part of the card a screen sees is the screen's business. Names are ``subject.past_verb``.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

Scope = Literal["store", "menu", "auth", "table"]


@dataclass(frozen=True, slots=True)
class HubEvent:
    """What every event has: the row's key, its version after the event, the card as a JSON-able dict."""

    name: ClassVar[str] = ""
    scope: ClassVar[Scope] = "store"

    key: str
    version: int
    card: dict[str, Any] = field(default_factory=dict)


class OrderSubmitted(HubEvent):
    """An order was submitted; it waits for payment or for the counter."""

    name = "order.submitted"


class OrderPaid(HubEvent):
    """Money for the order was booked."""

    name = "order.paid"


class OrderAccepted(HubEvent):
    """The counter (or the store's rule) took the order; the kitchen has it."""

    name = "order.accepted"


class OrderRejected(HubEvent):
    """The counter refused the order, with a reason."""

    name = "order.rejected"


class OrderPreparing(HubEvent):
    """The first line was started or made, or a recall or a batch took the order back to work."""

    name = "order.preparing"


class OrderReady(HubEvent):
    """Every live line is ready."""

    name = "order.ready"


class OrderCompleted(HubEvent):
    """The order was handed over and settled."""

    name = "order.completed"


class OrderCancelled(HubEvent):
    """The order ended without being handed over; ``cancel_kind`` says by whom."""

    name = "order.cancelled"


class OrderEtaChanged(HubEvent):
    """The order is expected at another time than was told, or its lines moved up the queue."""

    name = "order.eta_changed"


class CancelRequested(HubEvent):
    """The diner asks to cancel an order that the kitchen already has."""

    name = "order.cancel_requested"


class CancelRefused(HubEvent):
    """Staff declined a request to cancel."""

    name = "order.cancel_refused"


class BatchAdded(HubEvent):
    """More lines were sent to the kitchen (加菜)."""

    name = "order.batch_added"


class OrderMoved(HubEvent):
    """The order's guests changed tables; it is at the new one now."""

    name = "order.moved"


class RushRequested(HubEvent):
    """The diner or the counter asks the kitchen to hurry."""

    name = "order.rush_requested"


class RushAnswered(HubEvent):
    """The kitchen answered a rush: soon, five_minutes or missing."""

    name = "order.rush_answered"


class LineFired(HubEvent):
    """A held line was sent to the kitchen."""

    name = "line.fired"


class LineStarted(HubEvent):
    """A cook began a line."""

    name = "line.started"


class LineReady(HubEvent):
    """A line is made."""

    name = "line.ready"


class LineRecalled(HubEvent):
    """A line that was called ready goes back to work."""

    name = "line.recalled"


class LineServed(HubEvent):
    """A line is on the table."""

    name = "line.served"


class LineVoided(HubEvent):
    """A line was taken off the order."""

    name = "line.voided"


class PaymentLate(HubEvent):
    """Money arrived for an order that could no longer take it; it is refunded by itself."""

    name = "payment.late"


class RefundRequested(HubEvent):
    """A refund was asked for."""

    name = "refund.requested"


class RefundSucceeded(HubEvent):
    """The money went back."""

    name = "refund.succeeded"


class RefundFailed(HubEvent):
    """The gateway could not return the money; a person must act."""

    name = "refund.failed"


class StoreOpened(HubEvent):
    """The store takes orders."""

    name = "store.opened"


class StorePaused(HubEvent):
    """The store takes no new orders for now."""

    name = "store.paused"


class TableOpened(HubEvent):
    """Guests sat down: a table session began."""

    name = "table.opened"


class TableMoved(HubEvent):
    """A table session went to another table."""

    name = "table.moved"


class TableClosed(HubEvent):
    """A table session ended; its orders take no more lines."""

    name = "table.closed"


class ScreenStale(HubEvent):
    """A ticket was not seen by its station's screen in time."""

    name = "screen.stale"


class ScreenBack(HubEvent):
    """The screen is current again."""

    name = "screen.back"


class MenuChanged(HubEvent):
    """The menu document is another one; fetch it again."""

    name = "menu.changed"
    scope = "menu"


class DishSoldOut(HubEvent):
    """A dish can no longer be ordered (估清)."""

    name = "dish.sold_out"
    scope = "menu"


class DishRestored(HubEvent):
    """A dish can be ordered again."""

    name = "dish.restored"
    scope = "menu"


class DishStockLow(HubEvent):
    """At most ten portions are left; every further change tells the number."""

    name = "dish.stock_low"
    scope = "menu"


class CartLineAdded(HubEvent):
    """A diner put a dish into the table's cart."""

    name = "cart.line_added"
    scope = "table"


class CartLineChanged(HubEvent):
    """Its owner changed a line of the table's cart."""

    name = "cart.line_changed"
    scope = "table"


class CartLineRemoved(HubEvent):
    """A line left the table's cart: taken out by a diner, ordered, or its guests are gone."""

    name = "cart.line_removed"
    scope = "table"


class CartSubmitted(HubEvent):
    """The table's cart became an order, or a batch of one; ``order`` is its number."""

    name = "cart.submitted"
    scope = "table"


class CartClosed(HubEvent):
    """The guests have left; the table's cart is no more."""

    name = "cart.closed"
    scope = "table"


class SessionRevoked(HubEvent):
    """A log-in ended; its sockets close."""

    name = "session.revoked"
    scope = "auth"


class DeviceRevoked(HubEvent):
    """A device lost its token; its sockets close."""

    name = "device.revoked"
    scope = "auth"


class MembershipChanged(HubEvent):
    """Somebody's role in a store changed; their sockets close and come back with new rights."""

    name = "membership.changed"
    scope = "auth"


class UserDisabled(HubEvent):
    """A user may no longer do anything; their sockets close."""

    name = "user.disabled"
    scope = "auth"


def vocabulary() -> dict[str, type[HubEvent]]:
    """Every event by its name, in the order of this file."""
    return {kind.name: kind for kind in HubEvent.__subclasses__()}
