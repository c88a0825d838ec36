"""The menu as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DishesConfig(AppConfig):
    """The menu."""

    name = "ordering.dishes"
    label = "dishes"
    verbose_name = _("菜品")
