"""The line as a Django app."""

from django.apps import AppConfig


class KitchenConfig(AppConfig):
    """The line."""

    name = "kitchen"
    label = "kitchen"
    verbose_name = "后厨"
