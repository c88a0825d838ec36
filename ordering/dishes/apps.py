"""The menu as a Django app."""

from django.apps import AppConfig


class DishesConfig(AppConfig):
    """The menu."""

    name = "ordering.dishes"
    label = "dishes"
    verbose_name = "菜品"
