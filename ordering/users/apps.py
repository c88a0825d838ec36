"""People and devices as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsersConfig(AppConfig):
    """People and devices."""

    name = "ordering.users"
    label = "users"
    verbose_name = _("用户")
