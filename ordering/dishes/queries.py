"""Reads for staff: one dish or category that is theirs, and the lists of a store's."""

from django.db.models import QuerySet

from hub import errors
from ordering.dishes.models import Category, Dish
from ordering.restaurant.models import Store
from ordering.users.actors import Actor
from ordering.users.permissions import require_role_on

STAFF = ("counter", "kitchen", "manager")


def dish_of(actor: Actor, dish_id: int, *roles: str) -> Dish:
    """The dish, if the actor has one of the roles (any of the staff's) in its store.

    404 when absent or foreign, 403 for another role there.
    """
    dish = Dish.objects.select_related("store").filter(pk=dish_id).first()
    if dish is None:
        raise errors.not_found()
    require_role_on(actor, dish.store.code, *(roles or STAFF))
    return dish


def category_of(actor: Actor, category_id: int) -> Category:
    """The category, if the actor manages its store; 404 when absent or foreign, else 403."""
    category = Category.objects.select_related("store").filter(pk=category_id).first()
    if category is None:
        raise errors.not_found()
    require_role_on(actor, category.store.code, "manager")
    return category


def categories(store: Store) -> QuerySet[Category]:
    """Every category of the store in menu order, as `cards.category_card` needs it."""
    return Category.objects.filter(store=store).prefetch_related("windows").order_by("sort", "id")


def dishes(store: Store) -> QuerySet[Dish]:
    """Every dish of the store in menu order, as `rows.staff_row` needs it."""
    rows = Dish.objects.filter(store=store).select_related("category", "station")
    return rows.order_by("category__sort", "category_id", "sort", "id")
