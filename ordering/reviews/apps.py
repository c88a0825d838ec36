"""Reviews as a Django app."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Reviews."""

    name = "ordering.reviews"
    label = "reviews"
    verbose_name = "评价"
