"""Serializer fields that take only what they mean: no "2" for 2, no silent truncation."""

from datetime import date
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from hub.errors import Refusal

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)


class WholeNumber(serializers.IntegerField):
    """A JSON integer; strings, floats and booleans are refused."""

    default_error_messages = {"invalid": "必须是整数"}

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A JSON string; numbers and booleans are refused instead of being turned into text."""

    default_error_messages = {"invalid": "必须是文本"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """JSON true or false; words and numbers that could be meant so are refused."""

    default_error_messages = {"invalid": "必须是 true 或 false"}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Body(serializers.Serializer[Any]):
    """A request body: a JSON object; unknown fields are ignored, as the contract says."""


class Days(Body):
    """Business days ``from`` and ``to``, both included; days that a calendar on the wall knows."""

    to = serializers.DateField(required=False)

    def get_fields(self) -> dict[str, serializers.Field]:
        """Also ``from``, which is no name in Python."""
        return {"from": serializers.DateField(required=False), **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Far-off days are refused: arithmetic beyond them overflows."""
        for name in ("from", "to"):
            if name in attrs and not EARLIEST <= attrs[name] <= LATEST:
                between = format_lazy(_("须在 {earliest} 与 {latest} 之间"), earliest=EARLIEST, latest=LATEST)
                raise serializers.ValidationError({name: between}, "out_of_range")
        return attrs


def accept(body: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """The validated body; refuses with 400 and a row per field."""
    if not isinstance(data, dict):
        raise Refusal("body.invalid", 400, "请求内容必须是 JSON 对象")
    serializer = body(data=data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
