"""Categories, dishes, options, combos and when they are offered."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ordering.restaurant.models import Station, Store


class Category(models.Model):
    """A chapter of the menu."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="categories", verbose_name=_("门店"))
    name = models.CharField(_("名称"), max_length=32)
    sort = models.PositiveSmallIntegerField(_("排序"), default=0)
    is_active = models.BooleanField(_("上架"), default=True)

    class Meta:
        verbose_name = verbose_name_plural = _("分类")
        ordering = ["sort", "id"]

    def __str__(self) -> str:
        return self.name


class Dish(models.Model):
    """What is sold. ``remaining`` None = unlimited.

    ``daily_portions`` is what ``remaining`` becomes at the start of every business day (None = it stays as it
    is); ``refilled_on`` is the last business day for which that was done.
    ``sold_out`` is 估清 by hand, until ``sold_out_until`` if that is set; running out of portions is derived.
    ``version`` counts the events of the key ``dish:<id>``.
    """

    store = models.ForeignKey(Store, models.CASCADE, related_name="dishes", verbose_name=_("门店"))
    category = models.ForeignKey(Category, models.PROTECT, related_name="dishes", verbose_name=_("分类"))
    station = models.ForeignKey(Station, models.PROTECT, related_name="dishes", verbose_name=_("档口"))
    name = models.CharField(_("名称"), max_length=64)
    description = models.CharField(_("描述"), max_length=200, blank=True)
    price_fen = models.PositiveIntegerField(_("价格(分)"))
    image = models.ImageField(_("图片"), upload_to="dishes/", blank=True)
    remaining = models.PositiveIntegerField(_("剩余份数"), null=True, blank=True)
    daily_portions = models.PositiveIntegerField(_("每日份数"), null=True, blank=True)
    refilled_on = models.DateField(null=True, editable=False)
    sold_out = models.BooleanField(_("估清"), default=False)
    sold_out_until = models.DateTimeField(_("估清至"), null=True, blank=True)
    is_active = models.BooleanField(_("上架"), default=True)
    sort = models.PositiveSmallIntegerField(_("排序"), default=0)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("菜品")
        ordering = ["sort", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(remaining__isnull=True) | Q(remaining__gte=0), name="stock_not_negative"
            )
        ]
        indexes = [
            models.Index(fields=["sold_out", "sold_out_until"], name="dish_by_restore_time"),
            models.Index(fields=["daily_portions", "refilled_on"], name="dish_by_refill"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A dish, its category and its station belong to one store (asked by forms)."""
        if not (self.category_id and self.station_id and self.store_id):
            return
        if {self.category.store_id, self.station.store_id} != {self.store_id}:
            raise ValidationError(_("分类与档口必须属于同一门店"))

    @property
    def key(self) -> str:
        """The key of the dish's events and rows."""
        return f"dish:{self.pk}"


class DishScore(models.Model):
    """The sum and number of a dish's published ratings; apart, for saving a dish must not write old ones."""

    dish = models.OneToOneField(Dish, models.CASCADE, primary_key=True, related_name="score")
    rating_sum = models.PositiveIntegerField(default=0, editable=False)
    rating_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = _("菜品评分")


class OptionGroup(models.Model):
    """A choice on a dish (规格, 加料): at least ``min`` and at most ``max`` of its options."""

    dish = models.ForeignKey(Dish, models.CASCADE, related_name="option_groups", verbose_name=_("菜品"))
    name = models.CharField(_("名称"), max_length=32)
    required = models.BooleanField(_("必选"), default=False)
    min = models.PositiveSmallIntegerField(_("最少"), default=0)
    max = models.PositiveSmallIntegerField(_("最多"), default=1)
    sort = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("规格组")
        ordering = ["sort", "id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """At least is not more than at most (asked by forms)."""
        if None not in (self.min, self.max) and self.min > self.max:
            raise ValidationError({"min": _("最少不能大于最多")})


class Option(models.Model):
    """One option of a group; its price difference may be negative."""

    group = models.ForeignKey(OptionGroup, models.CASCADE, related_name="options", verbose_name=_("规格组"))
    name = models.CharField(_("名称"), max_length=32)
    price_delta_fen = models.IntegerField(_("加价(分)"), default=0)
    is_active = models.BooleanField(_("上架"), default=True)
    sort = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("规格")
        ordering = ["sort", "id"]

    def __str__(self) -> str:
        return self.name


class ComboItem(models.Model):
    """A dish that a combo consists of; a dish with items is a combo and is cooked as its items."""

    combo = models.ForeignKey(Dish, models.CASCADE, related_name="combo_items", verbose_name=_("套餐"))
    dish = models.ForeignKey(Dish, models.PROTECT, related_name="in_combos", verbose_name=_("菜品"))
    quantity = models.PositiveSmallIntegerField(_("数量"), default=1)

    class Meta:
        verbose_name = verbose_name_plural = _("套餐内容")
        ordering = ["id"]


class TimeWindow(models.Model):
    """When a category is offered: local times on the weekdays of the mask (bit 0 = Monday). None = always."""

    category = models.ForeignKey(Category, models.CASCADE, related_name="windows", verbose_name=_("分类"))
    weekdays = models.PositiveSmallIntegerField(_("星期"), default=127)
    starts = models.TimeField(_("开始"))
    ends = models.TimeField(_("结束"))

    class Meta:
        verbose_name = verbose_name_plural = _("供应时段")
