"""Stores and tables as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RestaurantConfig(AppConfig):
    """Stores and tables."""

    name = "ordering.restaurant"
    label = "restaurant"
    verbose_name = _("餐厅")
