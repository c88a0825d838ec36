"""Restaurants, stations, tables, and the jobs that go out for them, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.dates import WEEKDAYS
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hub import jobs
from hub.errors import Refusal
from hub.models import Job
from ordering.restaurant import actions, codes, manage
from ordering.restaurant.models import DiningTable, OpeningHours, Station, Store, TableSession
from ordering.users.evented import EventedAdmin, ReadOnlyAdmin, act

SHOWN_IN_MENU = {"name", "notice", "is_open"}


class HoursForm(forms.ModelForm):
    """A weekday by its name."""

    weekday = forms.TypedChoiceField(label=_("星期"), coerce=int, choices=list(WEEKDAYS.items()))


class Hours(admin.TabularInline):
    """When the restaurant is open."""

    model = OpeningHours
    form = HoursForm
    extra = 0


@admin.register(Store)
class Stores(EventedAdmin):
    """Restaurants; what the menu document shows is announced to open menus."""

    list_display = ["code", "name", "is_open", "pay_first", "auto_accept", "two_step", "cutover_hour"]
    list_filter = ["is_open", "pay_first", "auto_accept"]
    search_fields = ["code", "name"]
    inlines = [Hours]

    def get_readonly_fields(self, request: HttpRequest, obj: Store | None = None) -> list[str]:
        """The code names the streams: it stays."""
        return ["code"] if obj else []

    def save_model(self, request: HttpRequest, obj: Store, form: Any, change: bool) -> None:
        """A new store with its streams; of an old one only what the form changed: versions move meanwhile."""
        if change:
            manage.lock_store(self.door(request), obj)
            obj.save(update_fields=form.changed_data)
        else:
            super().save_model(request, obj, form, change)
            actions.create_streams(obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The opening hours; then say what changed."""
        super().save_related(request, form, formsets, change)
        if not change:
            return
        door, told = self.door(request), set(form.changed_data)
        locked = manage.lock_store(door, form.instance)
        if "is_open" in told:
            actions.announce_switch(door, locked)
        if SHOWN_IN_MENU & told or any(formset.has_changed() for formset in formsets):
            actions.announce_menu(door, locked)


class PlaceAdmin(EventedAdmin):
    """Stations and tables: their code and store stay, and what is in use is not deleted behind its back."""

    list_filter = ["store"]
    list_select_related = ["store"]
    search_fields = ["code", "name"]
    actions = None

    def get_readonly_fields(
        self, request: HttpRequest, obj: Station | DiningTable | None = None
    ) -> list[str]:
        """Tickets, tablets and QR codes go by the code."""
        return ["store", "code"] if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the managers' actions."""
        door = self.door(request)
        if change:
            manage.change_place(door, obj, {name: form.cleaned_data[name] for name in form.changed_data})
        else:
            manage.create_place(door, obj)


@admin.register(Station)
class Stations(PlaceAdmin):
    """Stations."""

    list_display = ["code", "name", "store", "sort", "warn_minutes", "late_minutes"]


@admin.register(DiningTable)
class DiningTables(PlaceAdmin):
    """Tables, and the sheet of QR codes that stand on them."""

    list_display = ["code", "name", "store", "seats"]
    actions = ["print_codes"]

    @admin.action(description=_("打印所选桌台的二维码"), permissions=["view"])
    def print_codes(self, request: HttpRequest, queryset: QuerySet[DiningTable]) -> HttpResponse:
        """A page to print: each table's code with its name and its restaurant's."""
        tables = queryset.select_related("store").order_by("store", "id")
        found = [codes.code_of(request, table) for table in tables]
        return TemplateResponse(request, "restaurant/table_codes.html", {"codes": found})


@admin.register(TableSession)
class TableSessions(ReadOnlyAdmin):
    """Who sat where and when."""

    list_display = ["no", "table", "state", "opened_at", "closed_at"]
    list_filter = ["state", "table__store"]
    list_select_related = ["table"]
    search_fields = ["no", "table__code"]
    date_hierarchy = "opened_at"


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

    @admin.action(description=_("重试所选的失败任务"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Take the dead ones up again."""
        taken = 0
        for job in queryset:
            try:
                act(request, "job.retry", job, lambda tx, job=job: jobs.retry(tx, job))
                taken += 1
            except Refusal:
                continue
        self.message_user(request, format_lazy(_("已重新安排 {count} 个任务"), count=taken))
