"""Lines of a table's shared cart, while nobody has ordered them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub import clock, keys
from ordering.restaurant.models import TableSession


class CartLine(models.Model):
    """A dish that a diner wants; name, options and price as they were when it was put there.

    ``dish`` is no foreign key: a dish that leaves the menu stays in the cart, and is refused at submit.
    ``version`` counts the events of the key ``cart-line:<id>``.
    """

    id = models.CharField(max_length=26, primary_key=True, default=keys.ulid)
    session = models.ForeignKey(TableSession, models.CASCADE, related_name="cart_lines")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    owner_name = models.CharField(max_length=64)
    dish = models.PositiveBigIntegerField()
    name = models.CharField(max_length=64)
    options = models.JSONField(default=list)
    unit_price_fen = models.PositiveIntegerField()
    quantity = models.PositiveSmallIntegerField()
    remark = models.CharField(max_length=80, blank=True)
    version = models.PositiveIntegerField(default=1)
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = _("拼单菜品")

    @property
    def key(self) -> str:
        """The key of the line's events and rows."""
        return f"cart-line:{self.id}"
