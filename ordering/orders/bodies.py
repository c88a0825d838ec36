"""Request bodies and query strings of orders: what a client may say."""

from typing import Any

from rest_framework import serializers

from hub.fields import Body, Text, WholeNumber
from ordering.orders.states import OrderStatus

MAX_ID = 2**63 - 1
MAX_FEN = 2**31 - 1


def identifier(**arguments: Any) -> WholeNumber:
    """An id of ours."""
    return WholeNumber(min_value=1, max_value=MAX_ID, **arguments)


class MoveBody(Body):
    """A move: the order's ``version`` as seen, a tap's ``op_id``, a reason; all optional."""

    version = WholeNumber(required=False, allow_null=True, min_value=0, max_value=MAX_FEN)
    op_id = serializers.UUIDField(required=False, allow_null=True)
    reason = Text(required=False, allow_blank=True, max_length=80)


class WantedBody(Body):
    """A line of a basket; a price in it is ignored."""

    dish = identifier()
    quantity = WholeNumber(min_value=1, max_value=99)
    options = serializers.ListField(child=identifier(), required=False, max_length=50)
    remark = Text(required=False, allow_blank=True, max_length=80)


class SubmitBody(Body):
    """A basket with where it is eaten."""

    store = Text(max_length=32)
    kind = serializers.ChoiceField(["dine_in", "pickup"])
    table_token = Text(required=False, allow_null=True, allow_blank=True, max_length=100)
    lines = WantedBody(many=True, min_length=1, max_length=50)
    coupon = identifier(required=False, allow_null=True)
    remark = Text(required=False, allow_blank=True, max_length=200)


class BatchBody(Body):
    """More lines."""

    lines = WantedBody(many=True, min_length=1, max_length=50)
    version = WholeNumber(required=False, allow_null=True, min_value=0, max_value=MAX_FEN)
    op_id = serializers.UUIDField(required=False, allow_null=True)


class PayBody(Body):
    """How to pay."""

    channel = serializers.ChoiceField(["wechat_jsapi", "cash"])
    version = WholeNumber(required=False, allow_null=True, min_value=0, max_value=MAX_FEN)
    op_id = serializers.UUIDField(required=False, allow_null=True)


class TablePayBody(Body):
    """Cash for a whole table: ``amount_fen`` is what the counter sees as due."""

    amount_fen = WholeNumber(min_value=1, max_value=MAX_FEN)
    op_id = serializers.UUIDField(required=False, allow_null=True)


class RefundedLineBody(Body):
    """Portions of a line."""

    line = identifier()
    quantity = WholeNumber(min_value=1, max_value=10_000)


class RefundBody(Body):
    """What to give back: portions of lines, an amount, or (neither) everything that is left."""

    lines = RefundedLineBody(many=True, required=False, min_length=1, max_length=100)
    amount_fen = WholeNumber(required=False, min_value=1, max_value=MAX_FEN)
    reason = Text(max_length=80)
    version = WholeNumber(required=False, allow_null=True, min_value=0, max_value=MAX_FEN)
    op_id = serializers.UUIDField(required=False, allow_null=True)


class RushAnswerBody(MoveBody):
    """What the kitchen says to a rush."""

    answer = serializers.ChoiceField(["soon", "five_minutes", "missing"])


class ListQuery(Body):
    """Filters of the staff's list; without ``store`` the caller's own orders."""

    store = serializers.CharField(required=False, max_length=32)
    status = serializers.CharField(required=False, max_length=200, help_text="One or more, comma-separated.")
    day = serializers.DateField(required=False, help_text="Business day, YYYY-MM-DD.")
    table = serializers.CharField(required=False, max_length=16)
    search = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=26,
        help_text="Pickup number (its digits suffice), table, order number, or (for the counter) the last "
        "digits of the diner's phone, four at least. Of the current business day, unless `day` names one.",
    )

    def validate_status(self, value: str) -> list[str]:
        """The states asked for."""
        names = [name.strip() for name in value.split(",")]
        if any(name not in list(OrderStatus) for name in names):
            raise serializers.ValidationError("未知的订单状态", code="invalid_choice")
        return names


class EventsQuery(Body):
    """From which version on."""

    after = serializers.IntegerField(required=False, min_value=0, max_value=MAX_FEN, default=0)


def said(body: dict[str, Any]) -> dict[str, Any]:
    """A validated body as an action's arguments: ``op_id`` did its work at the door."""
    return {name: value for name, value in body.items() if name != "op_id"}
