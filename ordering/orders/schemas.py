"""The shapes of answers, for the OpenAPI document; the answers themselves are made by cards.py and others."""

from typing import Any

from rest_framework import serializers

from ordering.orders.states import LineState, OrderStatus
from ordering.restaurant.api.shapes import MapSessionShape

STATUSES = [status.value for status in OrderStatus]
MONEY = ["unpaid", "paid", "partly_refunded", "refunded"]


def moment(**arguments: Any) -> serializers.DateTimeField:
    """A time that may not have come."""
    return serializers.DateTimeField(allow_null=True, **arguments)


class TableShape(serializers.Serializer):
    """A table."""

    code = serializers.CharField()
    name = serializers.CharField()


class MapTableShape(serializers.Serializer):
    """A table on the map.

    ``orders``: how many are live. ``waiting_since``: the oldest dish that is not made yet, or order that
    nobody has taken; null when nobody waits.
    """

    id = serializers.IntegerField()
    code = serializers.CharField()
    name = serializers.CharField()
    seats = serializers.IntegerField()
    version = serializers.IntegerField()
    session = MapSessionShape(allow_null=True)
    state = serializers.ChoiceField(["free", "open", "settling"])
    orders = serializers.IntegerField()
    due_fen = serializers.IntegerField()
    waiting_since = moment()


class TableMapShape(serializers.Serializer):
    """All tables of a store with who sits there."""

    tables = MapTableShape(many=True)


class ChosenOption(serializers.Serializer):
    """An option as it was when ordered."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    price_delta_fen = serializers.IntegerField()


class ComboShape(serializers.Serializer):
    """The combo a line is a part of."""

    dish = serializers.IntegerField()
    name = serializers.CharField()


class LineShape(serializers.Serializer):
    """A line of an order."""

    id = serializers.IntegerField()
    batch = serializers.IntegerField()
    dish = serializers.IntegerField()
    name = serializers.CharField()
    combo = ComboShape(allow_null=True)
    options = ChosenOption(many=True)
    quantity = serializers.IntegerField()
    unit_price_fen = serializers.IntegerField()
    amount_fen = serializers.IntegerField()
    station = serializers.CharField()
    state = serializers.ChoiceField([state.value for state in LineState])
    version = serializers.IntegerField()
    remark = serializers.CharField(allow_blank=True)
    ahead = serializers.IntegerField(
        allow_null=True, help_text="Portions of its station that come before it, while it is to be made."
    )
    queued_at = moment()
    started_at = moment()
    ready_at = moment()


class OrderShape(serializers.Serializer):
    """An order as its diner and the staff see it."""

    no = serializers.CharField()
    store = serializers.CharField()
    kind = serializers.ChoiceField(["dine_in", "pickup"])
    table = TableShape(allow_null=True)
    status = serializers.ChoiceField(STATUSES)
    payment_status = serializers.ChoiceField(MONEY)
    version = serializers.IntegerField()
    pickup_no = serializers.CharField(allow_null=True)
    lines = LineShape(many=True)
    subtotal_fen = serializers.IntegerField()
    discount_fen = serializers.IntegerField()
    total_fen = serializers.IntegerField()
    paid_fen = serializers.IntegerField()
    refunded_fen = serializers.IntegerField()
    due_fen = serializers.IntegerField()
    coupon = serializers.IntegerField(allow_null=True)
    remark = serializers.CharField(allow_blank=True)
    rush_count = serializers.IntegerField()
    rush_answer = serializers.ChoiceField(["soon", "five_minutes", "missing"], allow_null=True)
    submitted_at = serializers.DateTimeField()
    expires_at = moment()
    paid_at = moment()
    accepted_at = moment()
    promised_at = moment(help_text="What the guest was told when the kitchen got the order; it stays.")
    eta_at = moment(help_text="When all is expected to be ready, kept up to date.")
    ready_at = moment()
    completed_at = moment()
    cancelled_at = moment()
    cancel_requested_at = moment()
    cancel_kind = serializers.ChoiceField(["diner", "timeout", "staff", "system"], allow_null=True)
    cancel_reason = serializers.CharField(allow_blank=True)
    cancel_request_reason = serializers.CharField(allow_blank=True)


class OrderBody(OrderShape):
    """An order with what the caller may do with it now."""

    allowed_actions = serializers.ListField(child=serializers.CharField())


class TablePayShape(serializers.Serializer):
    """What was paid for a whole table."""

    session = MapSessionShape()
    paid_fen = serializers.IntegerField()
    orders = OrderBody(many=True)


class OrderPage(serializers.Serializer):
    """A page of orders, newest first."""

    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = OrderBody(many=True)


class EventFrame(serializers.Serializer):
    """An event of an order, as its stream tells it, with who did it."""

    type = serializers.CharField()
    stream = serializers.CharField()
    prev = serializers.IntegerField()
    seq = serializers.IntegerField()
    cursor = serializers.CharField()
    event = serializers.CharField()
    key = serializers.CharField()
    version = serializers.IntegerField()
    at = serializers.DateTimeField()
    data = OrderShape()
    actor = serializers.CharField()
    actor_name = serializers.CharField()


class EventPage(serializers.Serializer):
    """Events, oldest first."""

    results = EventFrame(many=True)
    next = serializers.CharField(allow_null=True)


class QuoteLine(serializers.Serializer):
    """A line's price, or why it cannot be had."""

    dish = serializers.IntegerField()
    quantity = serializers.IntegerField()
    unit_price_fen = serializers.IntegerField()
    amount_fen = serializers.IntegerField()
    refusal = serializers.CharField(allow_null=True)


class QuoteCoupon(serializers.Serializer):
    """A coupon that would apply."""

    id = serializers.IntegerField()
    discount_fen = serializers.IntegerField()
    best = serializers.BooleanField()


class QuoteEta(serializers.Serializer):
    """Minutes until it would be ready: likely, and all but surely."""

    low = serializers.IntegerField()
    high = serializers.IntegerField()


class QuoteBody(serializers.Serializer):
    """What a basket would cost."""

    lines = QuoteLine(many=True)
    subtotal_fen = serializers.IntegerField()
    discount_fen = serializers.IntegerField()
    total_fen = serializers.IntegerField()
    coupons = QuoteCoupon(many=True)
    eta_minutes = QuoteEta(allow_null=True)


class CartLine(QuoteLine):
    """A quoted line that can be submitted again."""

    options = serializers.ListField(child=serializers.IntegerField())
    remark = serializers.CharField(allow_blank=True)


class CartBody(QuoteBody):
    """An earlier order's basket at today's prices."""

    store = serializers.CharField()
    kind = serializers.ChoiceField(["dine_in", "pickup"])
    lines = CartLine(many=True)


class PaymentShape(serializers.Serializer):
    """An attempt to pay."""

    out_trade_no = serializers.CharField()
    channel = serializers.CharField()
    state = serializers.CharField()
    amount_fen = serializers.IntegerField()


class PayAnswer(serializers.Serializer):
    """A payment, and what the guest's client needs to make it."""

    payment = PaymentShape()
    params = serializers.DictField(child=serializers.CharField(), allow_null=True)


class PaymentState(serializers.Serializer):
    """How an order's payment stands."""

    status = serializers.ChoiceField(STATUSES)
    payment_status = serializers.ChoiceField(MONEY)
    payment = PaymentShape(allow_null=True)


class RefundedLine(serializers.Serializer):
    """Portions that were paid back."""

    line = serializers.IntegerField()
    quantity = serializers.IntegerField()
    amount_fen = serializers.IntegerField()


class RefundShape(serializers.Serializer):
    """Money on its way back."""

    id = serializers.IntegerField()
    state = serializers.CharField()
    amount_fen = serializers.IntegerField()
    lines = RefundedLine(many=True)
    reason = serializers.CharField(allow_blank=True)
    requested_at = serializers.DateTimeField()


class RefundRow(RefundShape):
    """A refund and how far it got."""

    out_refund_no = serializers.CharField()
    cause = serializers.ChoiceField(["staff", "ended", "voided", "late", "duplicate", "excess"])
    finished_at = moment()
    last_code = serializers.CharField(help_text="The gateway's last word.")


class RefundsShape(serializers.Serializer):
    """An order's refunds, oldest first."""

    results = RefundRow(many=True)
