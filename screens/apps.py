"""The screens as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScreensConfig(AppConfig):
    """Pages, their modules and their style; no tables."""

    name = "screens"
    verbose_name = _("屏幕")
