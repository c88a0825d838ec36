"""Payments, refunds and the books to look at; money moves only through actions."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hub.transactions import Transaction
from ordering.payments import differences
from ordering.payments.models import BillRun, Difference, GatewayEvent, Payment, Refund
from ordering.users.evented import ReadOnlyAdmin, act, label
from ordering.users.shown import in_yuan, yuan


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Attempts to pay."""

    list_display = ("out_trade_no", "order_no", "channel", "state", in_yuan(Payment, "amount_fen"), "paid_at")
    list_filter = ("channel", "state")
    search_fields = ("out_trade_no", "order_no", "transaction_id")


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Money that went back."""

    list_display = (
        "out_refund_no",
        "order_no",
        "state",
        in_yuan(Refund, "amount_fen"),
        "reason",
        "requested_at",
    )
    list_filter = ("state",)
    search_fields = ("out_refund_no", "order_no")


@admin.register(GatewayEvent)
class GatewayEventAdmin(ReadOnlyAdmin):
    """What the gateway told us."""

    list_display = ("received_at", "kind", "number", "result", "times", "notify_id")
    list_filter = ("kind", "result")
    search_fields = ("number", "notify_id")
    date_hierarchy = "received_at"


@admin.register(BillRun)
class BillRunAdmin(ReadOnlyAdmin):
    """The days whose bill was compared, and those that wait to be."""

    list_display = ("day", "done_at", "payments", "refunds", "differences", "last_code", "next_try_at")
    list_filter = (("done_at", admin.EmptyFieldListFilter), "last_code")
    ordering = ("-day",)


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin):
    """Where the gateway's books and ours differ, with what to do."""

    actions = ("mark_resolved",)
    list_display = (
        "day", "kind", "number", "problem", "store", "order_no", "ours", "theirs", "advice",
        "resolved_at", "resolved_by",
    )  # fmt: skip
    list_filter = (("resolved_at", admin.EmptyFieldListFilter), "problem", "kind", "store", "day")
    list_select_related = ("store",)
    search_fields = ("number", "order_no")
    ordering = ("-day", "-pk")

    @admin.display(description=_("我方"), ordering="ours_fen")
    def ours(self, row: Difference) -> str:
        """Our amount in yuan."""
        return yuan(row.ours_fen)

    @admin.display(description=_("微信"), ordering="theirs_fen")
    def theirs(self, row: Difference) -> str:
        """The gateway's amount in yuan."""
        return yuan(row.theirs_fen)

    def has_resolve_permission(self, request: HttpRequest) -> bool:
        """Who may change differences may call them settled; nothing else of them changes."""
        return request.user.has_perm("payments.change_difference")

    @admin.action(description=_("标记为已解决"), permissions=["resolve"])
    def mark_resolved(self, request: HttpRequest, rows: QuerySet[Difference]) -> None:
        """Settle the chosen rows; each is noted in the admin's history with who did it."""
        chosen = list(rows)

        def work(tx: Transaction) -> list[Difference]:
            done = differences.resolve(chosen, label(request))
            for row in done:
                tx.changed(row, {"resolved_by": ""}, {"resolved_by": label(request)})
            tx.call = tx.call if done else None
            return done

        settled = act(request, "difference.resolve", None, work)
        for row in settled:
            self.log_change(request, row, _("标记为已解决"))
        self.message_user(request, format_lazy(_("已解决 {count} 条"), count=len(settled)), messages.SUCCESS)
