"""People and devices as a Django app."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """People and devices."""

    name = "ordering.users"
    label = "users"
    verbose_name = "用户"
