"""Orders to look at; they change only through actions, so that every change is an event."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ordering.orders.models import Line, Order
from ordering.users.evented import ReadOnlyAdmin


class Lines(admin.TabularInline):
    """The order's lines."""

    model = Line
    extra = 0
    can_delete = False
    fields = readonly_fields = ("name", "quantity", "amount_fen", "station", "state", "remark")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """History of orders."""

    list_display = ("no", "store", "kind", "status", "pickup_no", "total_fen", "paid_fen", "submitted_at")
    list_filter = ("store", "status", "kind", "business_day")
    search_fields = ("no", "pickup_no")
    inlines = (Lines,)
