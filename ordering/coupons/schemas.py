"""The shapes of answers, for the OpenAPI document; the answers themselves are made by rows.py."""

from rest_framework import serializers

from ordering.coupons.models import Plan


class PlanShape(serializers.Serializer):
    """A plan as diners see it."""

    id = serializers.IntegerField()
    store = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Plan.Kind.values)
    amount_fen = serializers.IntegerField(allow_null=True)
    percent = serializers.IntegerField(allow_null=True, help_text="Percent off.")
    cap_fen = serializers.IntegerField(allow_null=True)
    threshold_fen = serializers.IntegerField()
    dishes = serializers.ListField(child=serializers.IntegerField(), help_text="Empty = all.")
    claim_from = serializers.DateTimeField(allow_null=True)
    claim_until = serializers.DateTimeField(allow_null=True)
    valid_from = serializers.DateTimeField(allow_null=True)
    valid_until = serializers.DateTimeField(allow_null=True)
    valid_days = serializers.IntegerField(allow_null=True)
    per_user_limit = serializers.IntegerField()
    left = serializers.IntegerField(allow_null=True, help_text="null = unlimited")


class StaffPlanShape(PlanShape):
    """A plan as its manager sees it."""

    total_limit = serializers.IntegerField(allow_null=True)
    claimed_count = serializers.IntegerField()
    is_active = serializers.BooleanField()


class ListedPlanShape(PlanShape):
    """A plan in a list; what only managers see is there with ``manage=1``."""

    total_limit = serializers.IntegerField(allow_null=True, required=False)
    claimed_count = serializers.IntegerField(required=False)
    is_active = serializers.BooleanField(required=False)


class CouponShape(serializers.Serializer):
    """A coupon as its owner sees it."""

    id = serializers.IntegerField()
    code = serializers.CharField()
    state = serializers.ChoiceField(["claimed", "locked", "used", "expired"])
    plan = PlanShape()
    order = serializers.CharField(allow_null=True, help_text="The order that has it.")
    claimed_at = serializers.DateTimeField()
    valid_from = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)
