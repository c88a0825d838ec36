"""Reviews as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewsConfig(AppConfig):
    """Reviews."""

    name = "ordering.reviews"
    label = "reviews"
    verbose_name = _("评价")
