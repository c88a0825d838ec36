"""Orders as a Django app."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders."""

    name = "ordering.orders"
    label = "orders"
    verbose_name = "订单"
