"""The menu in the admin. An edit is a change like any other: one transaction, told to open menus.

The admin's own form views run inside a transaction of theirs, yet the door must be outermost: so the form
is handled inside the door. What has its own address (估清, portions) is read-only here.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from ordering.dishes.actions import touch_menu
from ordering.dishes.availability import introduce
from ordering.dishes.models import Category, ComboItem, Dish, Option, OptionGroup, TimeWindow
from ordering.restaurant.models import Store
from ordering.users.evented import EventedAdmin

EVENTED = ("sold_out", "sold_out_until", "remaining")


class MenuPartAdmin(EventedAdmin):
    """Saves through the door and records ``menu.changed``; nothing is deleted, it is taken off (上架)."""

    actions = None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The row, after the store's row is locked and the event recorded."""
        touch_menu(self.door(request), self.store_of(obj))
        super().save_model(request, obj, form, change)

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
    fk_name = "combo"
    extra = 0


class OptionInline(admin.TabularInline):
    model = Option
    extra = 0


@admin.register(Category)
class CategoryAdmin(MenuPartAdmin):
    list_display = ("name", "store", "sort", "is_active")
    list_filter = ("store", "is_active")
    inlines = (TimeWindowInline,)


@admin.register(Dish)
class DishAdmin(MenuPartAdmin):
    list_display = (
        "name",
        "category",
        "station",
        "price_fen",
        "remaining",
        "sold_out",
        "is_active",
        "store",
    )
    list_filter = ("store", "category", "station", "sold_out", "is_active")
    list_select_related = ("category", "station", "store")
    search_fields = ("name",)
    inlines = (OptionGroupInline, ComboItemInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Dish | None = None) -> tuple[str, ...]:
        """What changes by events of its own."""
        return (*EVENTED, "store") if obj else ()

    def save_model(self, request: HttpRequest, obj: Dish, form: Any, change: bool) -> None:
        """As any part of the menu; a new dish brings its row with it."""
        super().save_model(request, obj, form, change)
        if not change:
            introduce(self.door(request), obj.store, obj)


@admin.register(OptionGroup)
class OptionGroupAdmin(MenuPartAdmin):
    list_display = ("name", "dish", "required", "min", "max")
    list_filter = ("dish__store",)
    list_select_related = ("dish",)
    inlines = (OptionInline,)

    def store_of(self, obj: OptionGroup) -> Store:
        """The store of the group's dish."""
        return obj.dish.store
