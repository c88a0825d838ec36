"""Which screen has seen which ticket, and which screens are behind."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hub import clock
from ordering.orders.models import Batch
from ordering.users.models import Device


class Receipt(models.Model):
    """A kitchen device has shown a ticket (a batch at a station)."""

    # No constraints in the database: a receipt must never wait for an order's locks.
    batch = models.ForeignKey(Batch, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    station = models.CharField(_("档口"), max_length=32)
    device = models.ForeignKey(
        Device,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("屏幕"),
    )
    at = models.DateTimeField(_("时间"), default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = _("出票回执")
        constraints = [models.UniqueConstraint(fields=["batch", "station", "device"], name="one_receipt")]


class ScreenState(models.Model):
    """Whether a kitchen device is behind; ``version`` counts the events of the key ``screen:<device>``."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="+")
    version = models.PositiveIntegerField(default=0)
    stale_since = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("屏幕状态")
