"""Attempts to pay, refunds, what gateways told us, and where their books differ from ours.

They know an order's number and an amount, not the order.
"""

from django.db import models
from django.db.models import Q

from hub import clock
from ordering.restaurant.models import Store


class Payment(models.Model):
    """One attempt: created → pending → succeeded, or closing → closed, or failed; late money: succeeded_late.

    ``open_key`` is the order's number while the attempt is open: at most one open attempt an order.
    ``request`` is the frozen text of the prepay call, repeated byte for byte. ``next_check_at`` is when the
    worker looks again; whoever moves it forward has the attempt until then.
    """

    class State(models.TextChoices):
        CREATED = "created", "已创建"
        PENDING = "pending", "待支付"
        SUCCEEDED = "succeeded", "已支付"
        SUCCEEDED_LATE = "succeeded_late", "迟到支付"
        CLOSING = "closing", "关闭中"
        CLOSED = "closed", "已关闭"
        FAILED = "failed", "失败"

    store = models.ForeignKey(Store, models.PROTECT, related_name="payments", verbose_name="门店")
    order_no = models.CharField("订单号", max_length=26, db_index=True)
    out_trade_no = models.CharField("商户单号", max_length=32, unique=True)
    channel = models.CharField("渠道", max_length=16)
    state = models.CharField("状态", max_length=16, choices=State, default=State.CREATED)
    amount_fen = models.PositiveIntegerField("金额(分)")
    open_key = models.CharField(max_length=26, null=True, unique=True)
    payer = models.CharField("付款人", max_length=64, blank=True, editable=False)
    request = models.TextField(blank=True, editable=False)
    prepay_id = models.CharField("预支付编号", max_length=64, null=True)
    prepaid_at = models.DateTimeField("预支付时间", null=True)
    expires_at = models.DateTimeField("付款截止", null=True)
    transaction_id = models.CharField("交易号", max_length=64, null=True, unique=True)
    payer_total_fen = models.PositiveIntegerField("实付(分)", null=True)
    checks = models.PositiveIntegerField("查询次数", default=0)
    next_check_at = models.DateTimeField("下次查询", null=True, db_index=True)
    last_code = models.CharField("最近结果", max_length=64, blank=True)
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

    class Cause(models.TextChoices):
        STAFF = "staff", "店员"
        ENDED = "ended", "订单结束"
        VOIDED = "voided", "退菜"
        LATE = "late", "迟到支付"
        DUPLICATE = "duplicate", "重复支付"
        EXCESS = "excess", "多付"

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    order_no = models.CharField("订单号", max_length=26, db_index=True)
    out_refund_no = models.CharField("退款单号", max_length=64, unique=True)
    amount_fen = models.PositiveIntegerField("金额(分)")
    state = models.CharField("状态", max_length=16, choices=State, default=State.REQUESTED)
    reason = models.CharField("原因", max_length=80, blank=True)
    cause = models.CharField("缘由", max_length=16, choices=Cause, default=Cause.STAFF)
    lines = models.JSONField("明细", default=list)
    refund_id = models.CharField("微信退款号", max_length=64, null=True)
    attempts = models.PositiveIntegerField("尝试次数", default=0)
    sent_at = models.DateTimeField("发出时间", null=True)
    next_try_at = models.DateTimeField("下次尝试", null=True, db_index=True)
    last_code = models.CharField("最近结果", max_length=64, blank=True)
    requested_by = models.CharField("申请人", max_length=48)
    requested_at = models.DateTimeField("申请时间", default=clock.now)
    finished_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "退款"
        constraints = [models.CheckConstraint(condition=Q(amount_fen__gt=0), name="refund_is_money")]


class GatewayEvent(models.Model):
    """A notification that was the gateway's: kept once by its id, with what it said and what became of it."""

    kind = models.CharField("类型", max_length=32)
    notify_id = models.CharField("通知编号", max_length=64)
    number = models.CharField("商户单号", max_length=64, blank=True, db_index=True)
    digest = models.JSONField("内容", default=dict)
    result = models.CharField("结果", max_length=24, blank=True)
    received_at = models.DateTimeField("收到时间", default=clock.now)
    times = models.PositiveIntegerField("次数", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "网关通知"
        constraints = [models.UniqueConstraint(fields=["kind", "notify_id"], name="notified_once")]


class BillRun(models.Model):
    """The comparison of one day's bill with our books."""

    day = models.DateField("账单日", unique=True)
    done_at = models.DateTimeField("完成时间", null=True)
    next_try_at = models.DateTimeField("下次尝试", null=True, db_index=True)
    attempts = models.PositiveIntegerField("尝试次数", default=0)
    last_code = models.CharField("最近结果", max_length=64, blank=True)
    payments = models.PositiveIntegerField("支付笔数", default=0)
    refunds = models.PositiveIntegerField("退款笔数", default=0)
    differences = models.PositiveIntegerField("差异", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "对账"


class Difference(models.Model):
    """A row in which the gateway's bill and our books differ, with what to do about it."""

    class Problem(models.TextChoices):
        MISSING_HERE = "missing_here", "我方缺失"
        MISSING_THERE = "missing_there", "微信缺失"
        AMOUNT = "amount", "金额不符"
        STATE = "state", "状态不符"

    day = models.DateField("账单日")
    kind = models.CharField("类型", max_length=8, choices=[("payment", "支付"), ("refund", "退款")])
    number = models.CharField("商户单号", max_length=64)
    problem = models.CharField("问题", max_length=16, choices=Problem)
    store = models.ForeignKey(Store, models.PROTECT, null=True, related_name="+", verbose_name="门店")
    order_no = models.CharField("订单号", max_length=26, blank=True)
    ours_fen = models.PositiveIntegerField("我方(分)", null=True)
    theirs_fen = models.PositiveIntegerField("微信(分)", null=True)
    advice = models.CharField("处理建议", max_length=120)
    found_at = models.DateTimeField("发现时间", default=clock.now)
    resolved_at = models.DateTimeField("解决时间", null=True)
    resolved_by = models.CharField("解决人", max_length=48, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "对账差异"
        constraints = [
            models.UniqueConstraint(fields=["day", "kind", "number", "problem"], name="difference_once")
        ]
