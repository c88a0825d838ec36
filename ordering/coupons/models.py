"""Plans of a store, and the coupons that people have claimed of them."""

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hub import clock, keys
from ordering.coupons import rules
from ordering.dishes.models import Dish
from ordering.restaurant.models import Store

NAMED = (MinValueValidator(1), MaxValueValidator(2**31 - 1))
DAYS = (MinValueValidator(1), MaxValueValidator(3650))


class Plan(models.Model):
    """A kind of coupon of one store. No ``dishes`` = every dish; no ``total_limit`` = as many as are wanted.

    Coupons are valid from ``valid_from`` until ``valid_until``, or for ``valid_days`` days from their claim.
    ``claimed_count`` rises by one conditional UPDATE a claim. Once somebody holds one, the terms stay.
    """

    class Kind(models.TextChoices):
        FIXED = rules.FIXED, _("立减")
        PERCENT = rules.PERCENT, _("折扣")

    store = models.ForeignKey(Store, models.PROTECT, related_name="coupon_plans", verbose_name=_("门店"))
    name = models.CharField(_("名称"), max_length=32)
    kind = models.CharField(_("类型"), max_length=8, choices=Kind)
    amount_fen = models.PositiveIntegerField(_("立减(分)"), null=True, blank=True, validators=NAMED)
    percent = models.PositiveSmallIntegerField(
        _("减免(%)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    cap_fen = models.PositiveIntegerField(_("最多减(分)"), null=True, blank=True, validators=NAMED)
    threshold_fen = models.PositiveIntegerField(_("满(分)"), default=0)
    claim_from = models.DateTimeField(_("领取开始"), null=True, blank=True)
    claim_until = models.DateTimeField(_("领取截止"), null=True, blank=True)
    valid_from = models.DateTimeField(_("生效时间"), null=True, blank=True)
    valid_until = models.DateTimeField(_("失效时间"), null=True, blank=True)
    valid_days = models.PositiveSmallIntegerField(_("领取后有效天数"), null=True, blank=True, validators=DAYS)
    total_limit = models.PositiveIntegerField(_("发放总数"), null=True, blank=True, validators=NAMED)
    per_user_limit = models.PositiveSmallIntegerField(
        _("每人限领"), default=1, validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    claimed_count = models.PositiveIntegerField(_("已领取"), default=0, editable=False)
    dishes = models.ManyToManyField(Dish, blank=True, related_name="+", verbose_name=_("适用菜品"))
    is_active = models.BooleanField(_("启用"), default=True)
    created_at = models.DateTimeField(_("创建时间"), default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("优惠券活动")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="fixed", amount_fen__gt=0, percent__isnull=True)
                | Q(kind="percent", percent__gte=1, percent__lte=99, amount_fen__isnull=True),
                name="plan_takes_something_off",
            ),
            models.CheckConstraint(
                condition=Q(total_limit__isnull=True) | Q(claimed_count__lte=F("total_limit")),
                name="plan_within_its_limit",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """The rules of a plan (asked by forms)."""
        wrong: dict[str, list[Any]] = {}
        for name, _code, detail in rules.problems(self):
            wrong.setdefault(name, []).append(_(detail))
        if wrong:
            raise ValidationError(wrong)

    @property
    def terms(self) -> rules.Terms:
        """What a coupon of this plan takes off; reads the dishes unless they are prefetched."""
        return rules.Terms(
            kind=self.kind,
            amount_fen=self.amount_fen,
            percent=self.percent,
            cap_fen=self.cap_fen,
            threshold_fen=self.threshold_fen,
            dishes=frozenset(dish.pk for dish in self.dishes.all()),
        )


class Coupon(models.Model):
    """One claimed coupon: claimed → locked by an order → used, and back to claimed when the order ends.

    ``locked_by`` is the number of the order that has it, also once it is used. That it has expired is
    read off ``expires_at``, never written. ``number`` counts a person's coupons of one plan.
    """

    class State(models.TextChoices):
        CLAIMED = "claimed", _("可用")
        LOCKED = "locked", _("已锁定")
        USED = "used", _("已使用")

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="coupons", verbose_name=_("活动"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="coupons", verbose_name=_("用户")
    )
    number = models.PositiveSmallIntegerField(default=1, editable=False)
    code = models.CharField(_("券码"), max_length=16, unique=True, default=partial(keys.short_code, 12))
    state = models.CharField(_("状态"), max_length=8, choices=State, default=State.CLAIMED)
    locked_by = models.CharField(_("订单号"), max_length=26, null=True)
    claimed_at = models.DateTimeField(_("领取时间"), default=clock.now)
    valid_from = models.DateTimeField(_("生效时间"), null=True)
    expires_at = models.DateTimeField(_("失效时间"))
    used_at = models.DateTimeField(_("使用时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("优惠券")
        constraints = [
            models.UniqueConstraint(fields=["plan", "user", "number"], name="coupon_within_a_persons_limit"),
            models.CheckConstraint(
                condition=Q(state="claimed", locked_by__isnull=True)
                | Q(state__in=["locked", "used"], locked_by__isnull=False),
                name="coupon_is_an_orders_or_free",
            ),
        ]
        indexes = [models.Index(fields=["user", "state", "expires_at"], name="coupon_by_wallet")]

    def __str__(self) -> str:
        return self.code

    def state_at(self, at: datetime) -> str:
        """claimed, locked, used, or expired: not in time and in no order."""
        return "expired" if self.state == self.State.CLAIMED and self.expires_at <= at else self.state
