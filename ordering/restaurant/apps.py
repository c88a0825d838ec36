"""Stores and tables as a Django app."""

from django.apps import AppConfig


class RestaurantConfig(AppConfig):
    """Stores and tables."""

    name = "ordering.restaurant"
    label = "restaurant"
    verbose_name = "餐厅"
