"""Coupons as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CouponsConfig(AppConfig):
    """Coupons."""

    name = "ordering.coupons"
    label = "coupons"
    verbose_name = _("优惠券")
