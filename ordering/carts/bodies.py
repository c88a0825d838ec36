"""Request bodies of the shared cart."""

from rest_framework import serializers

from hub.fields import Body, Text, WholeNumber
from ordering.orders.bodies import WantedBody, identifier


class NewCartLine(WantedBody):
    """A dish for the cart; a price in it is ignored."""

    op_id = serializers.UUIDField(required=False, allow_null=True)


class CartLineChange(Body):
    """What changes about one's own line."""

    quantity = WholeNumber(min_value=1, max_value=99, required=False)
    remark = Text(required=False, allow_blank=True, max_length=80)
    op_id = serializers.UUIDField(required=False, allow_null=True)


class CartSubmitBody(Body):
    """Order what is in the cart."""

    remark = Text(required=False, allow_blank=True, max_length=200)
    coupon = identifier(required=False, allow_null=True)
    op_id = serializers.UUIDField(required=False, allow_null=True)
