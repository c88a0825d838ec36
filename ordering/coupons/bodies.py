"""Request bodies and query strings of coupons: what a client may say."""

from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers

from hub.fields import Body, Text, WholeNumber
from ordering.coupons.models import Plan

MAX_ID = 2**63 - 1
MAX_FEN = 2**31 - 1
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
NOT_NULL = {"required": False, "allow_null": False}
NULL = {"required": False, "allow_null": True}


class Moment(serializers.DateTimeField):
    """A time of this century; numbers are refused."""

    default_error_messages = {"range": "时间超出范围"}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="ISO 8601")
        moment: datetime = super().to_internal_value(value)
        if not EARLIEST <= moment <= LATEST:
            self.fail("range")
        return moment


def fen(low: int = 1, **arguments: Any) -> WholeNumber:
    """An amount."""
    return WholeNumber(min_value=low, max_value=MAX_FEN, **arguments)


class PlanBody(Body):
    """What a manager may say of a plan; what is absent stays as it is."""

    name = Text(max_length=32, **NOT_NULL)
    kind = serializers.ChoiceField(Plan.Kind.values, **NOT_NULL)
    amount_fen = fen(**NULL)
    percent = WholeNumber(min_value=1, max_value=99, help_text="Percent off.", **NULL)
    cap_fen = fen(**NULL)
    threshold_fen = fen(0, **NOT_NULL)
    claim_from = Moment(**NULL)
    claim_until = Moment(**NULL)
    valid_from = Moment(**NULL)
    valid_until = Moment(**NULL)
    valid_days = WholeNumber(min_value=1, max_value=3650, **NULL)
    total_limit = fen(**NULL)
    per_user_limit = WholeNumber(min_value=1, max_value=99, **NOT_NULL)
    dishes = serializers.ListField(
        child=WholeNumber(min_value=1, max_value=MAX_ID), max_length=200, help_text="Empty = all.", **NOT_NULL
    )
    is_active = serializers.BooleanField(**NOT_NULL)


class NewPlanBody(PlanBody):
    """A new plan: a fixed amount or a percentage, and how long its coupons are valid."""

    store = Text(max_length=32)
    name = Text(max_length=32)
    kind = serializers.ChoiceField(Plan.Kind.values)


class StoreNamed(Body):
    """Which store, before anything else is looked at."""

    store = Text(max_length=32)


class PlansQuery(Body):
    """Whose plans, and whether to manage them."""

    store = serializers.CharField(max_length=32)
    manage = serializers.BooleanField(required=False, default=False)


class WalletQuery(Body):
    """Filters of one's coupons."""

    store = serializers.CharField(required=False, max_length=32)
    state = serializers.ChoiceField(["claimed", "locked", "used", "expired"], required=False)
