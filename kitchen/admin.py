"""Receipts to look at."""

from django.contrib import admin

from kitchen.models import Receipt
from ordering.users.evented import ReadOnlyAdmin


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """Which screen showed which ticket."""

    list_display = ("batch_id", "station", "device_id", "at")
    list_filter = ("station",)
