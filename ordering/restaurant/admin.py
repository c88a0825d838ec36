"""Restaurants, stations, tables, and the jobs that go out for them, in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from hub import jobs
from hub.errors import Refusal
from hub.models import Job
from ordering.restaurant import actions
from ordering.restaurant.models import DiningTable, OpeningHours, Station, Store, TableSession
from ordering.users.evented import EventedAdmin, ReadOnlyAdmin

SHOWN_IN_MENU = {"name", "notice", "is_open"}


class Hours(admin.TabularInline):
    """When the restaurant is open."""

    model = OpeningHours
    extra = 0


@admin.register(Store)
class Stores(EventedAdmin):
    """Restaurants; what the menu document shows is announced to open menus."""

    list_display = ["code", "name", "is_open", "pay_first", "auto_accept"]
    inlines = [Hours]

    def get_readonly_fields(self, request: HttpRequest, obj: Store | None = None) -> list[str]:
        """The code names the streams: it stays."""
        return ["code"] if obj else []

    def save_model(self, request: HttpRequest, obj: Store, form: Any, change: bool) -> None:
        """Save a new store with its streams, or say what changed."""
        super().save_model(request, obj, form, change)
        if not change:
            actions.create_streams(obj)
            return
        if "is_open" in form.changed_data:
            actions.announce_switch(self.door(request), obj)
        if SHOWN_IN_MENU & set(form.changed_data):
            actions.announce_menu(self.door(request), obj)


@admin.register(Station)
class Stations(admin.ModelAdmin):
    """Stations."""

    list_display = ["code", "name", "store", "sort"]
    list_filter = ["store"]


@admin.register(DiningTable)
class DiningTables(admin.ModelAdmin):
    """Tables."""

    list_display = ["code", "name", "store", "seats"]
    list_filter = ["store"]


@admin.register(TableSession)
class TableSessions(ReadOnlyAdmin):
    """Who sat where and when."""

    list_display = ["no", "table", "state", "opened_at", "closed_at"]
    list_filter = ["state"]


@admin.register(Job)
class Jobs(ReadOnlyAdmin):
    """What goes out to WeChat, and what was given up."""

    list_display = ["kind", "key", "store", "attempts", "last_error", "next_try_at", "done_at", "dead_at"]
    list_filter = ["kind", ("dead_at", admin.EmptyFieldListFilter), "store"]
    search_fields = ["key"]
    actions = ["retry"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whoever might change jobs."""
        return request.user.has_perm("hub.change_job")

    @admin.action(description="重试所选的失败任务", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Take the dead ones up again."""
        taken = 0
        for job in queryset:
            try:
                jobs.retry(job)
                taken += 1
            except Refusal:
                continue
        self.message_user(request, f"已重新安排 {taken} 个任务")
