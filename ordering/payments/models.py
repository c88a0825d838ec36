"""Attempts to pay and refunds. They know an order's number and an amount, not the order."""

from django.db import models
from django.db.models import Q

from hub import clock


class Payment(models.Model):
    """One attempt: created → pending → succeeded, or closing → closed, or failed; late money: succeeded_late.

    ``open_key`` is the order's number while the attempt is open: at most one open attempt an order.
    """

    class State(models.TextChoices):
        CREATED = "created", "已创建"
        PENDING = "pending", "待支付"
        SUCCEEDED = "succeeded", "已支付"
        SUCCEEDED_LATE = "succeeded_late", "迟到支付"
        CLOSING = "closing", "关闭中"
        CLOSED = "closed", "已关闭"
        FAILED = "failed", "失败"

    order_no = models.CharField("订单号", max_length=26, db_index=True)
    out_trade_no = models.CharField("商户单号", max_length=32, unique=True)
    channel = models.CharField("渠道", max_length=16)
    state = models.CharField("状态", max_length=16, choices=State, default=State.CREATED)
    amount_fen = models.PositiveIntegerField("金额(分)")
    open_key = models.CharField(max_length=26, null=True, unique=True)
    transaction_id = models.CharField("交易号", max_length=64, null=True, unique=True)
    operator = models.CharField("经手人", max_length=48, blank=True)
    created_at = models.DateTimeField("创建时间", default=clock.now)
    paid_at = models.DateTimeField("支付时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "支付"
        constraints = [models.CheckConstraint(condition=Q(amount_fen__gt=0), name="payment_is_money")]


class Refund(models.Model):
    """Money going back: requested → processing → succeeded, abnormal, closed or rejected."""

    class State(models.TextChoices):
        REQUESTED = "requested", "已申请"
        PROCESSING = "processing", "处理中"
        SUCCEEDED = "succeeded", "已退款"
        ABNORMAL = "abnormal", "异常"
        CLOSED = "closed", "已关闭"
        REJECTED = "rejected", "被拒绝"

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    order_no = models.CharField("订单号", max_length=26, db_index=True)
    out_refund_no = models.CharField("退款单号", max_length=64, unique=True)
    amount_fen = models.PositiveIntegerField("金额(分)")
    state = models.CharField("状态", max_length=16, choices=State, default=State.REQUESTED)
    reason = models.CharField("原因", max_length=80, blank=True)
    lines = models.JSONField("明细", default=list)
    requested_by = models.CharField("申请人", max_length=48)
    requested_at = models.DateTimeField("申请时间", default=clock.now)
    finished_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "退款"
        constraints = [models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_is_money")]
