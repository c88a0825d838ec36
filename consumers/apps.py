"""Sockets as a Django app."""

from django.apps import AppConfig


class ConsumersConfig(AppConfig):
    """Sockets."""

    name = "consumers"
    label = "consumers"
    verbose_name = "实时"
