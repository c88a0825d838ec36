"""Stores, stations, tables and who sits at them."""

from functools import partial

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub import clock, keys


class Store(models.Model):
    """A restaurant: the unit of ordering, of real-time order and of later sharding."""

    code = models.SlugField(_("编码"), max_length=32, unique=True)
    name = models.CharField(_("名称"), max_length=64)
    notice = models.CharField(_("公告"), max_length=200, blank=True)
    is_open = models.BooleanField(_("营业中"), default=True)
    pay_first = models.BooleanField(_("先付后做"), default=True)
    auto_accept = models.BooleanField(_("自动接单"), default=False)
    two_step = models.BooleanField(_("后厨分两步(开始、出品)"), default=False)
    auto_complete_hours = models.PositiveSmallIntegerField(_("自动完成(小时)"), default=4)
    cutover_hour = models.PositiveSmallIntegerField(_("营业日分界(点)"), default=4)
    tells_eta = models.BooleanField(_("告知预计出餐时间"), default=True)
    speeds_learned_at = models.DateTimeField(null=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    menu_version = models.PositiveIntegerField(default=0, editable=False)
    menu_checked_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("门店")

    def __str__(self) -> str:
        return self.name

    @property
    def store_code(self) -> str:
        """Itself, as every row of a store says whose it is."""
        return self.code

    @property
    def stream(self) -> str:
        """The key of the store's stream."""
        return f"store:{self.code}"

    @property
    def menu_stream(self) -> str:
        """The key of the menu's stream."""
        return f"menu:{self.code}"


class OpeningHours(models.Model):
    """One opening on one weekday (0 = Monday), local time; without any a store is open when it says so."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="opening_hours", verbose_name=_("门店"))
    weekday = models.PositiveSmallIntegerField(_("星期"))
    opens = models.TimeField(_("开门"))
    closes = models.TimeField(_("打烊"))

    class Meta:
        verbose_name = verbose_name_plural = _("营业时间")


class Station(models.Model):
    """A place in the kitchen where dishes are made; its tickets age at ``warn_minutes``, ``late_minutes``."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="stations", verbose_name=_("门店"))
    code = models.SlugField(_("编码"), max_length=32)
    name = models.CharField(_("名称"), max_length=32)
    sort = models.PositiveSmallIntegerField(_("排序"), default=0)
    warn_minutes = models.PositiveSmallIntegerField(_("提醒(分钟)"), default=5)
    late_minutes = models.PositiveSmallIntegerField(_("超时(分钟)"), default=8)

    class Meta:
        verbose_name = verbose_name_plural = _("档口")
        ordering = ["sort", "id"]
        constraints = [
            models.UniqueConstraint(fields=["store", "code"], name="station_code_once"),
            models.CheckConstraint(
                condition=models.Q(late_minutes__gte=models.F("warn_minutes")),
                name="station_late_after_warn",
                violation_error_message=_("超时不能早于提醒"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DiningTable(models.Model):
    """A table; ``uid`` and ``token_version`` make the signed token in its QR; rotation voids the old one."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="tables", verbose_name=_("门店"))
    code = models.SlugField(_("编码"), max_length=16)
    name = models.CharField(_("名称"), max_length=32)
    seats = models.PositiveSmallIntegerField(_("座位"), default=4)
    uid = models.CharField(max_length=8, unique=True, default=partial(keys.short_code, 8), editable=False)
    token_version = models.PositiveIntegerField(default=1, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("桌台")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["store", "code"], name="table_code_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        """The key of the table's events."""
        return f"table:{self.pk}"


class TableSession(models.Model):
    """Guests at a table: open → settling → closed.

    ``no`` is the public id; ``open_key`` is the table's id until the session is closed: one at a time.
    ``cart_version`` counts the events of the shared cart as a whole; ``cart_order``: what it became last.
    """

    class State(models.TextChoices):
        OPEN = "open", _("用餐中")
        SETTLING = "settling", _("结账中")
        CLOSED = "closed", _("已结束")

    no = models.CharField(max_length=26, unique=True, default=keys.ulid)
    table = models.ForeignKey(DiningTable, models.PROTECT, related_name="sessions")
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    open_key = models.PositiveBigIntegerField(null=True, unique=True)
    opened_at = models.DateTimeField(default=clock.now)
    closed_at = models.DateTimeField(null=True)
    cart_version = models.PositiveIntegerField(default=0, editable=False)
    cart_order = models.CharField(max_length=26, blank=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("桌台会话")

    @property
    def stream(self) -> str:
        """The key of the stream of the table's shared cart."""
        return f"table:{self.no}"


class TableDiner(models.Model):
    """Somebody who scanned the table's code during the session: one of its diners."""

    session = models.ForeignKey(TableSession, models.CASCADE, related_name="diners")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    joined_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = _("同桌顾客")
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="diner_once_per_session")]
