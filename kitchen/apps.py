"""The line as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KitchenConfig(AppConfig):
    """The line."""

    name = "kitchen"
    label = "kitchen"
    verbose_name = _("后厨")
