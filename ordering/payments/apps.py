"""Money as a Django app."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    """Money."""

    name = "ordering.payments"
    label = "payments"
    verbose_name = _("支付")

    def ready(self) -> None:
        """Have the settings of WeChat checked."""
        from ordering.payments.checks import TAG, check_wechat  # reads settings that are complete only now

        checks.register(check_wechat, TAG)
