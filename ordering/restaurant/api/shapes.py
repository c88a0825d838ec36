"""Request bodies and the shapes of answers (the latter for the OpenAPI document)."""

from typing import Any

from rest_framework import serializers

from hub import clock
from hub.fields import Body, Text
from ordering.restaurant import queries, tokens
from ordering.restaurant.models import DiningTable, Station, Store


class TableToken(Body):
    """What the QR code on a table carries."""

    table_token = Text(max_length=64)


class Move(Body):
    """The code of the table to change to."""

    to = Text(max_length=16)


class OpeningShape(serializers.Serializer):
    """An opening on a weekday (0 = Monday); ``closes`` <= ``opens`` is on the next day."""

    weekday = serializers.IntegerField()
    opens = serializers.TimeField(format="%H:%M")
    closes = serializers.TimeField(format="%H:%M")


class StoreShape(serializers.ModelSerializer):
    """A restaurant; ``is_open``: takes orders at this moment; ``two_step``: cooks tap start, then ready."""

    is_open = serializers.SerializerMethodField()
    opening_hours = OpeningShape(many=True)

    class Meta:
        model = Store
        fields = ["code", "name", "notice", "is_open", "pay_first", "two_step", "opening_hours"]

    def get_is_open(self, store: Store) -> bool:
        """Switched on and within opening hours."""
        return queries.is_open_now(store, clock.now())


class SettingsShape(StoreShape):
    """A restaurant for its manager."""

    class Meta(StoreShape.Meta):
        fields = [*StoreShape.Meta.fields, "auto_accept", "auto_complete_hours", "cutover_hour", "tells_eta"]


class OpeningHoursShape(serializers.Serializer):
    """All openings of a restaurant."""

    opening_hours = OpeningShape(many=True)


class StationShape(serializers.ModelSerializer):
    """A station; its tickets show their age at ``warn_minutes`` and again at ``late_minutes``."""

    class Meta:
        model = Station
        fields = ["id", "code", "name", "sort", "warn_minutes", "late_minutes"]


class TableCodeShape(serializers.Serializer):
    """A table's QR code: the address in it, and its picture as a ``data:`` address."""

    code = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    qr = serializers.CharField()


class TableCodesShape(serializers.Serializer):
    """The codes of all tables of a restaurant, by its name."""

    store = serializers.CharField()
    codes = TableCodeShape(many=True)


class StaffTableShape(serializers.ModelSerializer):
    """A table for its staff; ``table_token`` is null for those who do not hand out QR codes."""

    table_token = serializers.SerializerMethodField()

    class Meta:
        model = DiningTable
        fields = ["id", "code", "name", "seats", "table_token"]

    def get_table_token(self, table: DiningTable) -> str | None:
        """The present token."""
        return tokens.write(table) if self.context.get("with_tokens") else None

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """As declared."""
        return dict(super().to_representation(instance))


class TableNameShape(serializers.Serializer):
    """A table by code and name."""

    code = serializers.CharField()
    name = serializers.CharField()


class SessionShape(serializers.Serializer):
    """A table session."""

    id = serializers.CharField()
    state = serializers.CharField()


class ResolveShape(serializers.Serializer):
    """Where a table's QR code leads."""

    store = serializers.CharField()
    table = TableNameShape()
    session = SessionShape()
    table_token = serializers.CharField()


class MapSessionShape(SessionShape):
    """A table session on the map."""

    opened_at = serializers.DateTimeField()


class TokenShape(serializers.Serializer):
    """A table's new token."""

    table_token = serializers.CharField()


class MiniCodeShape(serializers.Serializer):
    """A table's mini program code; ``image`` is its address once ``state`` is ready."""

    state = serializers.ChoiceField(choices=["none", "pending", "failed", "ready"])
    image = serializers.CharField(allow_null=True)
