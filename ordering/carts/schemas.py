"""The shapes of answers, for the OpenAPI document; the answers themselves are made by queries.py."""

from rest_framework import serializers

from ordering.orders.schemas import ChosenOption


class CartOwnerShape(serializers.Serializer):
    """Who put a line into the cart; ``id`` is the one of that person's log-in."""

    id = serializers.CharField()
    name = serializers.CharField()


class CartLineShape(serializers.Serializer):
    """A line of a shared cart; name and price as when it was put there."""

    id = serializers.CharField()
    owner = CartOwnerShape()
    dish = serializers.IntegerField()
    name = serializers.CharField()
    options = ChosenOption(many=True)
    unit_price_fen = serializers.IntegerField()
    quantity = serializers.IntegerField()
    amount_fen = serializers.IntegerField()
    remark = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()


class SharedCartShape(serializers.Serializer):
    """A table's cart; ``order`` is what it became last, ``orders`` all that its diners may follow."""

    stream = serializers.CharField()
    session = serializers.CharField()
    order = serializers.CharField(allow_null=True)
    orders = serializers.ListField(child=serializers.CharField())
    lines = CartLineShape(many=True)
    subtotal_fen = serializers.IntegerField()
