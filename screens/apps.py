"""The screens as a Django app."""

from django.apps import AppConfig


class ScreensConfig(AppConfig):
    """Pages, their modules and their style; no tables."""

    name = "screens"
    verbose_name = "屏幕"
