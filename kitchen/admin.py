"""Receipts and screens to look at."""

from django.contrib import admin

from kitchen.models import Receipt, ScreenState
from ordering.users.evented import ReadOnlyAdmin


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    """Which screen showed which ticket."""

    list_display = ("batch_id", "station", "device_id", "at")
    list_filter = ("station",)


@admin.register(ScreenState)
class ScreenStateAdmin(ReadOnlyAdmin):
    """Which screens are behind."""

    list_display = ("device_id", "stale_since")
