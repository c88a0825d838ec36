"""Shared carts as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CartsConfig(AppConfig):
    """Shared carts."""

    name = "ordering.carts"
    label = "carts"
    verbose_name = _("拼单")
