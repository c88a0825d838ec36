"""Orders to look at; they change only through actions, so that every change is an event."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from hub import clock, eventlog
from ordering.orders.models import Line, Order
from ordering.users.evented import ReadOnlyAdmin, Seen
from ordering.users.shown import in_yuan


class Lines(Seen):
    """The order's lines."""

    model = Line
    fields = ("name", "quantity", "amount_fen", "station", "state", "remark")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """History of orders."""

    list_display = (
        "no", "store", "kind", "status", "pickup_no", in_yuan(Order, "total_fen"), in_yuan(Order, "paid_fen"),
        in_yuan(Order, "refunded_fen"), "submitted_at",
    )  # fmt: skip
    list_filter = ("store", "status", "kind")
    list_select_related = ("store",)
    search_fields = ("no", "pickup_no")
    date_hierarchy = "business_day"
    inlines = (Lines,)

    def get_fields(self, request: HttpRequest, obj: Order | None = None) -> Any:
        """The columns, and what happened."""
        return [*super().get_fields(request, obj), "events"]

    @admin.display(description=_("经过"))
    def events(self, order: Order) -> SafeString:
        """The order's events with who did them, oldest first."""
        rows = eventlog.read_key_after(order.store.stream, order.key, 1)
        told = ((f"{clock.iso(event.at)}", event.kind, event.actor) for event in rows)
        return format_html_join("", "<div>{} · <b>{}</b> · {}</div>", told)
