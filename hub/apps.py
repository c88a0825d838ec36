"""The ground floor as a Django app."""

from django.apps import AppConfig


class HubConfig(AppConfig):
    """Streams, events and idempotency keys."""

    name = "hub"
    verbose_name = "实时枢纽"
    default_auto_field = "django.db.models.BigAutoField"
