"""Attempts to pay, refunds, what gateways told us, and where their books differ from ours.

They know an order's number and an amount, not the order.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hub import clock
from ordering.restaurant.models import Store


class Payment(models.Model):
    """One attempt: created → pending → succeeded, or closing → closed, or failed; late money: succeeded_late.

    ``open_key`` is the order's number while the attempt is open: at most one open attempt an order.
    ``request`` is the frozen text of the prepay call, repeated byte for byte. ``next_check_at`` is when the
    worker looks again; whoever moves it forward has the attempt until then.
    """

    class State(models.TextChoices):
        CREATED = "created", _("已创建")
        PENDING = "pending", _("待支付")
        SUCCEEDED = "succeeded", _("已支付")
        SUCCEEDED_LATE = "succeeded_late", _("迟到支付")
        CLOSING = "closing", _("关闭中")
        CLOSED = "closed", _("已关闭")
        FAILED = "failed", _("失败")

    store = models.ForeignKey(Store, models.PROTECT, related_name="payments", verbose_name=_("门店"))
    order_no = models.CharField(_("订单号"), max_length=26, db_index=True)
    out_trade_no = models.CharField(_("商户单号"), max_length=32, unique=True)
    channel = models.CharField(_("渠道"), max_length=16)
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.CREATED)
    amount_fen = models.PositiveIntegerField(_("金额(分)"))
    open_key = models.CharField(max_length=26, null=True, unique=True)
    payer = models.CharField(_("付款人"), max_length=64, blank=True, editable=False)
    request = models.TextField(blank=True, editable=False)
    prepay_id = models.CharField(_("预支付编号"), max_length=64, null=True)
    prepaid_at = models.DateTimeField(_("预支付时间"), null=True)
    expires_at = models.DateTimeField(_("付款截止"), null=True)
    transaction_id = models.CharField(_("交易号"), max_length=64, null=True, unique=True)
    payer_total_fen = models.PositiveIntegerField(_("实付(分)"), null=True)
    checks = models.PositiveIntegerField(_("查询次数"), default=0)
    next_check_at = models.DateTimeField(_("下次查询"), null=True, db_index=True)
    last_code = models.CharField(_("最近结果"), max_length=64, blank=True)
    operator = models.CharField(_("经手人"), max_length=48, blank=True)
    created_at = models.DateTimeField(_("创建时间"), default=clock.now)
    paid_at = models.DateTimeField(_("支付时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("支付")
        constraints = [models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_is_money")]


class Refund(models.Model):
    """Money going back: requested → processing → succeeded, abnormal, closed or rejected."""

    class State(models.TextChoices):
        REQUESTED = "requested", _("已申请")
        PROCESSING = "processing", _("处理中")
        SUCCEEDED = "succeeded", _("已退款")
        ABNORMAL = "abnormal", _("异常")
        CLOSED = "closed", _("已关闭")
        REJECTED = "rejected", _("被拒绝")

    class Cause(models.TextChoices):
        STAFF = "staff", _("店员")
        ENDED = "ended", _("订单结束")
        VOIDED = "voided", _("退菜")
        LATE = "late", _("迟到支付")
        DUPLICATE = "duplicate", _("重复支付")
        EXCESS = "excess", _("多付")

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    order_no = models.CharField(_("订单号"), max_length=26, db_index=True)
    out_refund_no = models.CharField(_("退款单号"), max_length=64, unique=True)
    amount_fen = models.PositiveIntegerField(_("金额(分)"))
    state = models.CharField(_("状态"), max_length=16, choices=State, default=State.REQUESTED)
    reason = models.CharField(_("原因"), max_length=80, blank=True)
    cause = models.CharField(_("缘由"), max_length=16, choices=Cause, default=Cause.STAFF)
    lines = models.JSONField(_("明细"), default=list)
    refund_id = models.CharField(_("微信退款号"), max_length=64, null=True)
    attempts = models.PositiveIntegerField(_("尝试次数"), default=0)
    sent_at = models.DateTimeField(_("发出时间"), null=True)
    next_try_at = models.DateTimeField(_("下次尝试"), null=True, db_index=True)
    last_code = models.CharField(_("最近结果"), max_length=64, blank=True)
    requested_by = models.CharField(_("申请人"), max_length=48)
    requested_at = models.DateTimeField(_("申请时间"), default=clock.now)
    finished_at = models.DateTimeField(_("完成时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("退款")
        constraints = [models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_is_money")]


class GatewayEvent(models.Model):
    """A notification that was the gateway's: kept once by its id, with what it said and what became of it."""

    kind = models.CharField(_("类型"), max_length=32)
    notify_id = models.CharField(_("通知编号"), max_length=64)
    number = models.CharField(_("商户单号"), max_length=64, blank=True, db_index=True)
    digest = models.JSONField(_("内容"), default=dict)
    result = models.CharField(_("结果"), max_length=24, blank=True)
    received_at = models.DateTimeField(_("收到时间"), default=clock.now)
    times = models.PositiveIntegerField(_("次数"), default=1)

    class Meta:
        verbose_name = verbose_name_plural = _("网关通知")
        constraints = [models.UniqueConstraint(fields=["kind", "notify_id"], name="notified_once")]


class BillRun(models.Model):
    """The comparison of one day's bill with our books."""

    day = models.DateField(_("账单日"), unique=True)
    done_at = models.DateTimeField(_("完成时间"), null=True)
    next_try_at = models.DateTimeField(_("下次尝试"), null=True, db_index=True)
    attempts = models.PositiveIntegerField(_("尝试次数"), default=0)
    last_code = models.CharField(_("最近结果"), max_length=64, blank=True)
    payments = models.PositiveIntegerField(_("支付笔数"), default=0)
    refunds = models.PositiveIntegerField(_("退款笔数"), default=0)
    differences = models.PositiveIntegerField(_("差异"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("对账")


class Difference(models.Model):
    """A row in which the gateway's bill and our books differ, with what to do about it."""

    class Problem(models.TextChoices):
        MISSING_HERE = "missing_here", _("我方缺失")
        MISSING_THERE = "missing_there", _("微信缺失")
        AMOUNT = "amount", _("金额不符")
        STATE = "state", _("状态不符")

    day = models.DateField(_("账单日"))
    kind = models.CharField(_("类型"), max_length=8, choices=[("payment", _("支付")), ("refund", _("退款"))])
    number = models.CharField(_("商户单号"), max_length=64)
    problem = models.CharField(_("问题"), max_length=16, choices=Problem)
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+", verbose_name=_("门店"))
    order_no = models.CharField(_("订单号"), max_length=26, blank=True)
    ours_fen = models.PositiveIntegerField(_("我方(分)"), null=True)
    theirs_fen = models.PositiveIntegerField(_("微信(分)"), null=True)
    advice = models.CharField(_("处理建议"), max_length=120)
    found_at = models.DateTimeField(_("发现时间"), default=clock.now)
    resolved_at = models.DateTimeField(_("解决时间"), null=True)
    resolved_by = models.CharField(_("解决人"), max_length=48, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("对账差异")
        constraints = [
            models.UniqueConstraint(fields=["day", "kind", "number", "problem"], name="difference_once")
        ]
