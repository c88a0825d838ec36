"""Shared carts as a Django app."""

from django.apps import AppConfig


class CartsConfig(AppConfig):
    """Shared carts."""

    name = "ordering.carts"
    label = "carts"
    verbose_name = "拼单"
