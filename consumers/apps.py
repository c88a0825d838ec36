"""Sockets as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsumersConfig(AppConfig):
    """Sockets."""

    name = "consumers"
    label = "consumers"
    verbose_name = _("实时")
