"""The ground floor as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HubConfig(AppConfig):
    """Streams, events and idempotency keys."""

    name = "hub"
    verbose_name = _("实时枢纽")
    default_auto_field = "django.db.models.BigAutoField"
