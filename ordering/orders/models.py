"""Orders, their batches and lines, and the pickup counter."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub import clock, keys
from ordering.coupons.models import Coupon
from ordering.orders import states
from ordering.orders.states import LINE_LABELS, ORDER_LABELS
from ordering.restaurant.models import DiningTable, Store, TableSession

STATUSES = [(str(status), _(text)) for status, text in ORDER_LABELS.items()]
LINE_STATES = [(str(state), _(text)) for state, text in LINE_LABELS.items()]


class Order(models.Model):
    """What a guest ordered. ``version`` counts its events; ``status`` moves only by `states.ORDER_MOVES`.

    ``credited_fen`` is paid money that went back because lines left the order: it no longer counts as paid.
    ``shared``: it came from the table's shared cart, so the diners of its session may follow it.
    ``remark_check`` is what WeChat says of the remarks: "" (not asked), pending, pass, review or risky.
    ``promised_at`` is what the guest was told when the kitchen got the order and stays; ``eta_at`` what is
    expected now, told at ``eta_told_at``.
    """

    no = models.CharField(_("订单号"), max_length=26, unique=True, default=keys.ulid)
    store = models.ForeignKey(Store, models.PROTECT, related_name="orders", verbose_name=_("门店"))
    diner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="orders", verbose_name=_("顾客")
    )
    kind = models.CharField(_("方式"), max_length=8, choices=[("dine_in", _("堂食")), ("pickup", _("自取"))])
    table = models.ForeignKey(
        DiningTable, models.PROTECT, null=True, related_name="orders", verbose_name=_("桌台")
    )
    session = models.ForeignKey(TableSession, models.PROTECT, null=True, related_name="orders")
    shared = models.BooleanField(_("拼单"), default=False)
    status = models.CharField(_("状态"), max_length=16, choices=STATUSES)
    version = models.PositiveIntegerField(default=0)
    business_day = models.DateField(_("营业日"))
    pickup_no = models.CharField(_("取餐号"), max_length=8, null=True)
    coupon = models.ForeignKey(
        Coupon, models.PROTECT, null=True, related_name="orders", verbose_name=_("优惠券")
    )
    subtotal_fen = models.PositiveIntegerField(_("小计(分)"))
    discount_fen = models.PositiveIntegerField(_("优惠(分)"), default=0)
    total_fen = models.PositiveIntegerField(_("合计(分)"))
    paid_fen = models.PositiveIntegerField(_("已付(分)"), default=0)
    refunded_fen = models.PositiveIntegerField(_("已退(分)"), default=0)
    credited_fen = models.PositiveIntegerField(_("退菜抵扣(分)"), default=0)
    remark = models.CharField(_("备注"), max_length=200, blank=True)
    remark_check = models.CharField(_("备注检查"), max_length=8, blank=True, editable=False)
    rush_count = models.PositiveSmallIntegerField(_("催单"), default=0)
    last_rush_at = models.DateTimeField(_("最近催单"), null=True)
    rush_answer = models.CharField(_("催单答复"), max_length=16, null=True)
    cancel_requested_at = models.DateTimeField(_("申请取消时间"), null=True)
    cancel_request_reason = models.CharField(_("申请取消原因"), max_length=80, blank=True)
    cancel_kind = models.CharField(_("取消方"), max_length=8, null=True)
    cancel_reason = models.CharField(_("取消原因"), max_length=80, blank=True)
    submitted_by = models.CharField(_("下单人"), max_length=48)
    submitted_at = models.DateTimeField(_("下单时间"), default=clock.now)
    expires_at = models.DateTimeField(_("付款截止"), null=True)
    paid_at = models.DateTimeField(_("付款时间"), null=True)
    placed_at = models.DateTimeField(_("下单成功时间"), null=True)
    accepted_at = models.DateTimeField(_("接单时间"), null=True)
    promised_at = models.DateTimeField(_("承诺时间"), null=True)
    eta_at = models.DateTimeField(_("预计时间"), null=True)
    eta_told_at = models.DateTimeField(null=True, editable=False)
    ready_at = models.DateTimeField(_("出齐时间"), null=True)
    completed_at = models.DateTimeField(_("完成时间"), null=True)
    cancelled_at = models.DateTimeField(_("取消时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("订单")
        indexes = [
            models.Index(fields=["store", "status", "id"], name="order_by_status"),
            models.Index(fields=["store", "business_day", "id"], name="order_by_day"),
            models.Index(fields=["diner", "id"], name="order_by_diner"),
            models.Index(fields=["status", "expires_at"], name="order_by_expiry"),
        ]

    def __str__(self) -> str:
        return self.no

    @property
    def key(self) -> str:
        """The key of the order's events and rows."""
        return f"order:{self.no}"

    @property
    def due_fen(self) -> int:
        """What is still to be paid."""
        return states.due_fen(self.total_fen, self.paid_fen, self.credited_fen)

    @property
    def payment_status(self) -> str:
        """unpaid, paid, partly_refunded or refunded."""
        return states.payment_status(self.total_fen, self.paid_fen, self.refunded_fen, self.credited_fen)


class Batch(models.Model):
    """What was sent to the kitchen at once; never changed, so nothing can make kitchen work by accident."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="batches")
    number = models.PositiveSmallIntegerField()
    sent_by = models.CharField(max_length=48)
    sent_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = _("批次")
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="batch_number_once")]


class Line(models.Model):
    """A dish on an order, priced when it was ordered; what the kitchen works on.

    ``options`` is ``[{"id", "name", "price_delta_fen"}]``. A part of a combo has ``combo``: ``{"dish",
    "name", "part", "quantity"}``, where (batch, ``part``) tells one ordered combo from another. While it is
    to be made ``ahead`` portions of its station come before it; ``queued_behind`` is how many at first, and
    from ``reached_at`` on they are so few that the station has hands for it.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="lines")
    dish = models.ForeignKey("dishes.Dish", models.PROTECT, related_name="+")
    combo = models.JSONField(null=True)
    name = models.CharField(_("名称"), max_length=64)
    options = models.JSONField(_("规格"), default=list)
    quantity = models.PositiveSmallIntegerField(_("数量"))
    unit_price_fen = models.PositiveIntegerField(_("单价(分)"))
    amount_fen = models.PositiveIntegerField(_("金额(分)"))
    station = models.CharField(_("档口"), max_length=32)
    state = models.CharField(_("状态"), max_length=8, choices=LINE_STATES)
    version = models.PositiveIntegerField(default=1)
    remark = models.CharField(_("备注"), max_length=80, blank=True)
    queued_at = models.DateTimeField(_("进厨时间"), null=True)
    ahead = models.PositiveIntegerField(_("前面份数"), null=True)
    queued_behind = models.PositiveIntegerField(null=True, editable=False)
    reached_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(_("开做时间"), null=True)
    ready_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(_("上菜时间"), null=True)
    voided_at = models.DateTimeField(_("退菜时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("订单行")
        indexes = [models.Index(fields=["state", "queued_at"], name="line_by_waiting")]

    @property
    def begun_at(self) -> datetime | None:
        """When it was begun, said by a cook or supposed; anew after a recall."""
        return max(filter(None, (self.started_at, self.reached_at)), default=None)


class PrepSpeed(models.Model):
    """How fast a station makes a dish (any of its dishes: ``dish`` None), learned from ``lines`` lines.

    Half of them took ``p50_seconds`` of their own, four in five ``p80_seconds``; beyond ``hands`` portions at
    once each further one lengthens the wait by ``pace_seconds``.
    """

    store = models.ForeignKey(Store, models.CASCADE, related_name="speeds", verbose_name=_("门店"))
    station = models.CharField(_("档口"), max_length=32)
    dish = models.ForeignKey(
        "dishes.Dish", models.CASCADE, null=True, related_name="+", verbose_name=_("菜品")
    )
    lines = models.PositiveIntegerField(_("份数"))
    p50_seconds = models.FloatField()
    p80_seconds = models.FloatField()
    pace_seconds = models.FloatField()
    hands = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = verbose_name_plural = _("出餐速度")
        constraints = [models.UniqueConstraint(fields=["store", "station", "dish"], name="speed_once")]


class PickupCounter(models.Model):
    """The last pickup number of a store's business day."""

    store = models.ForeignKey(Store, models.CASCADE)
    day = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("取餐号")
        constraints = [models.UniqueConstraint(fields=["store", "day"], name="one_counter_per_day")]
