"""Payments and refunds to look at; money moves only through actions."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ordering.payments.models import Payment, Refund


class ReadOnly(admin.ModelAdmin):
    """Rows that are history: seen, never edited."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Payment)
class PaymentAdmin(ReadOnly):
    """Attempts to pay."""

    list_display = ("out_trade_no", "order_no", "channel", "state", "amount_fen", "paid_at")
    list_filter = ("channel", "state")
    search_fields = ("out_trade_no", "order_no", "transaction_id")


@admin.register(Refund)
class RefundAdmin(ReadOnly):
    """Money that went back."""

    list_display = ("out_refund_no", "order_no", "state", "amount_fen", "reason", "requested_at")
    list_filter = ("state",)
    search_fields = ("out_refund_no", "order_no")
