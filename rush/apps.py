"""The rush as a Django app: a command and a switch for the landing page, no models."""

from django.apps import AppConfig


class RushConfig(AppConfig):
    """Nothing is kept."""

    name = "rush"
    verbose_name = "午市演示"
