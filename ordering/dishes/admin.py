"""The menu in the admin. An edit is a change like any other: one transaction, told to open menus.

The admin's own form views run inside a transaction of theirs, yet the door must be outermost: so the form
is handled inside the door. What has its own address (估清, portions) is read-only here.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from hub import money
from ordering.dishes import admin_sheets, forms, pictures
from ordering.dishes.actions import touch_menu
from ordering.dishes.availability import introduce
from ordering.dishes.manage import mark_refilled
from ordering.dishes.models import Category, ComboItem, Dish, Option, OptionGroup, TimeWindow
from ordering.restaurant.models import Store
from ordering.users.evented import EventedAdmin

EVENTED = ("sold_out", "sold_out_until", "remaining")


class MenuPartAdmin(EventedAdmin):
    """Saves through the door and records ``menu.changed``; nothing is deleted, it is taken off (上架)."""

    actions = None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The row, after the store's row is locked and the event recorded.

        Of a row that is there only what the form changed is written: stock and versions move meanwhile.
        """
        touch_menu(self.door(request), self.store_of(obj))
        columns = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=columns & {*form.changed_data} if change else None)

    def store_of(self, obj: Any) -> Store:
        """Whose menu this is part of."""
        return obj.store


class TimeWindowInline(admin.TabularInline):
    model = TimeWindow
    extra = 0


class OptionGroupInline(admin.TabularInline):
    model = OptionGroup
    extra = 0
    show_change_link = True


class ComboItemInline(admin.TabularInline):
    model = ComboItem
    formset = forms.ComboItems
    fk_name = "combo"
    autocomplete_fields = ("dish",)
    extra = 0


class OptionInline(admin.TabularInline):
    model = Option
    form = forms.OptionForm
    formset = forms.Options
    extra = 0


@admin.register(Category)
class CategoryAdmin(MenuPartAdmin):
    list_display = ("name", "store", "sort", "is_active")
    list_filter = ("store", "is_active")
    list_select_related = ("store",)
    search_fields = ("name",)
    inlines = (TimeWindowInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Category | None = None) -> tuple[str, ...]:
        """Its dishes are its store's."""
        return ("store",) if obj else ()


@admin.register(Dish)
class DishAdmin(MenuPartAdmin):
    form = forms.DishForm
    list_display = (
        "name",
        "category",
        "station",
        "price",
        "remaining",
        "daily_portions",
        "sold_out",
        "is_active",
        "store",
    )
    list_filter = ("store", "is_active", "sold_out", "category", "station")
    list_select_related = ("category", "station", "store")
    search_fields = ("name", "description")
    inlines = (OptionGroupInline, ComboItemInline)

    def get_urls(self) -> list[URLPattern]:
        """Django's, and the menu's workbook."""
        return admin_sheets.addresses() + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's, with the buttons of the workbook if the list is of one store."""
        shown = {"menu_store": admin_sheets.shown_store(request)}
        return super().changelist_view(request, {**(extra_context or {}), **shown})

    @admin.display(description=_("价格(元)"), ordering="price_fen")
    def price(self, dish: Dish) -> str:
        """Yuan."""
        return money.yuan(dish.price_fen)

    @admin.display(description=_("图片"))
    def present_picture(self, dish: Dish) -> str:
        """The small picture."""
        address = pictures.thumbnail(dish)
        return format_html('<img src="{}" alt="" width="160">', address) if address else _("无")

    def get_readonly_fields(self, request: HttpRequest, obj: Dish | None = None) -> tuple[str, ...]:
        """What changes by events of its own."""
        return (*EVENTED, "store", "present_picture") if obj else ()

    def save_model(self, request: HttpRequest, obj: Dish, form: Any, change: bool) -> None:
        """As any part of the menu; a new dish brings its row with it."""
        if "daily_portions" in form.changed_data:
            mark_refilled(obj)
            form.changed_data.append("refilled_on")
        if not change and obj.remaining is None:
            obj.remaining = obj.daily_portions
        super().save_model(request, obj, form, change)
        if not change:
            introduce(self.door(request), obj.store, obj)
        self._save_picture(request, obj, form)

    def _save_picture(self, request: HttpRequest, dish: Dish, form: Any) -> None:
        made = form.cleaned_data.get("picture")
        if made or form.cleaned_data.get("drop_picture"):
            pictures.set_image(self.door(request), dish, pictures.keep(made) if made else "")


@admin.register(OptionGroup)
class OptionGroupAdmin(MenuPartAdmin):
    list_display = ("name", "dish", "required", "min", "max")
    list_filter = ("dish__store", "required")
    list_select_related = ("dish",)
    search_fields = ("name", "dish__name")
    autocomplete_fields = ("dish",)
    inlines = (OptionInline,)

    def store_of(self, obj: OptionGroup) -> Store:
        """The store of the group's dish."""
        return obj.dish.store
