"""Reads for staff: one dish that is theirs, and the list of a store's dishes."""

from django.db.models import QuerySet

from hub import errors
from ordering.dishes.models import Dish
from ordering.restaurant.models import Store
from ordering.users.actors import Actor
from ordering.users.permissions import require_role_on

STAFF = ("counter", "kitchen", "manager")


def dish_of(actor: Actor, dish_id: int) -> Dish:
    """The dish, if the actor works in its store; 404 when absent or foreign, 403 for another role there."""
    dish = Dish.objects.select_related("store").filter(pk=dish_id).first()
    if dish is None:
        raise errors.not_found()
    require_role_on(actor, dish.store.code, *STAFF)
    return dish


def dishes(store: Store) -> QuerySet[Dish]:
    """Every dish of the store in menu order, as `rows.staff_row` needs it."""
    rows = Dish.objects.filter(store=store).select_related("category", "station")
    return rows.order_by("category__sort", "category_id", "sort", "id")
