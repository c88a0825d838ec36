"""Coupons in the admin: plans are changed by the API's own actions, coupons are only looked at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hub import clock, money
from ordering.coupons import actions as plans
from ordering.coupons.models import Coupon, Plan
from ordering.users.evented import EventedAdmin, ReadOnlyAdmin
from ordering.users.shown import yuan

MAX_FEN = 2**31 - 1
STATES = {**dict(Coupon.State.choices), "expired": _("已过期")}


class Yuan(forms.Field):
    """An amount typed in yuan (``12.34``) and kept in fen."""

    widget = forms.TextInput
    default_validators = [MinValueValidator(0), MaxValueValidator(MAX_FEN)]

    def prepare_value(self, value: Any) -> Any:
        """What stands in the box: fen as yuan, or what was typed."""
        return money.yuan(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        """Fen; ValidationError below one fen or for nonsense."""
        if value in self.empty_values or isinstance(value, int):
            return value or None
        try:
            return money.fen(str(value).strip())
        except (ValueError, ArithmeticError):
            raise ValidationError(_("请输入金额(元),最多两位小数")) from None


class PlanForm(forms.ModelForm):
    """A plan with its amounts in yuan."""

    amount_fen = Yuan(label=_("立减(元)"), required=False)
    cap_fen = Yuan(label=_("最多减(元)"), required=False)
    threshold_fen = Yuan(label=_("满(元)"), required=False, initial=0)

    class Meta:
        model = Plan
        fields = (
            "store", "name", "kind", "amount_fen", "percent", "cap_fen", "threshold_fen", "claim_from",
            "claim_until", "valid_from", "valid_until", "valid_days", "total_limit", "per_user_limit",
            "dishes", "is_active",
        )  # fmt: skip

    def clean_threshold_fen(self) -> int:
        """Nothing said is no threshold."""
        return self.cleaned_data["threshold_fen"] or 0

    def clean_dishes(self) -> Any:
        """Dishes of the plan's own store."""
        dishes = self.cleaned_data["dishes"]
        store = self.cleaned_data.get("store") or self.instance.store_id
        if store and dishes.exclude(store=store).exists():
            raise ValidationError(_("适用菜品必须属于该门店"))
        return dishes


@admin.register(Plan)
class PlanAdmin(EventedAdmin):
    """Plans; nothing is deleted, it is switched off (启用)."""

    form = PlanForm
    actions = None
    list_display = ("name", "store", "kind", "off", "threshold", "claimed", "per_user_limit", "is_active")
    list_filter = ("store", "kind", "is_active")
    list_select_related = ("store",)
    search_fields = ("name",)
    filter_horizontal = ("dishes",)

    @admin.display(description=_("优惠"))
    def off(self, plan: Plan) -> str:
        """What it takes off."""
        if plan.kind == Plan.Kind.FIXED:
            return yuan(plan.amount_fen)
        said = _("减 {percent}%,最多 {cap}") if plan.cap_fen else _("减 {percent}%")
        return format_lazy(said, percent=plan.percent, cap=yuan(plan.cap_fen or 0))

    @admin.display(description=_("门槛"), ordering="threshold_fen")
    def threshold(self, plan: Plan) -> str:
        """From which amount on."""
        return yuan(plan.threshold_fen)

    @admin.display(description=_("已领/总数"), ordering="claimed_count")
    def claimed(self, plan: Plan) -> str:
        """How many are out."""
        return f"{plan.claimed_count}/{plan.total_limit or _('不限')}"

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> tuple[str, ...]:
        """The store stays, and what was promised stays too."""
        if obj is None:
            return ()
        return ("store", *sorted(plans.TERMS)) if obj.claimed_count else ("store",)

    def save_model(self, request: HttpRequest, obj: Plan, form: Any, change: bool) -> None:
        """A new plan as it is; of a known one what was changed, under its lock."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name != "dishes"}
        plans.change_plan(self.door(request), obj.pk, changes)


@admin.register(Coupon)
class CouponAdmin(ReadOnlyAdmin):
    """Who holds what, and which order has it."""

    list_display = ("code", "plan", "user", "now", "locked_by", "claimed_at", "expires_at", "used_at")
    list_filter = ("state", "plan__store", "plan")
    list_select_related = ("plan", "user")
    search_fields = ("code", "locked_by", "user__uid", "user__name")
    date_hierarchy = "claimed_at"

    @admin.display(description=_("状态"), ordering="state")
    def now(self, coupon: Coupon) -> str:
        """The state, expired ones told apart."""
        return STATES[coupon.state_at(clock.now())]
