"""Coupons as a Django app."""

from django.apps import AppConfig


class CouponsConfig(AppConfig):
    """Coupons."""

    name = "ordering.coupons"
    label = "coupons"
    verbose_name = "优惠券"
