"""Money as a Django app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Money."""

    name = "ordering.payments"
    label = "payments"
    verbose_name = "支付"
