"""Reviews with their dishes and images, and feedback."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hub import clock
from ordering.dishes.models import Dish
from ordering.orders.models import Order
from ordering.restaurant.models import Store

TEXT = 500
LOWEST, HIGHEST = 1, 5


def within_bounds(name: str) -> models.CheckConstraint:
    """The rule of every rating."""
    return models.CheckConstraint(condition=Q(rating__gte=LOWEST, rating__lte=HIGHEST), name=name)


class Review(models.Model):
    """What the diner of a completed order says of it, once.

    Everybody sees what is ``published``, and only that counts in the dishes' averages. ``text_check`` is what
    WeChat says of the text: "" (not asked), pending, pass, review or risky.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("待审核")
        PUBLISHED = "published", _("已公开")
        HIDDEN = "hidden", _("已隐藏")

    order = models.OneToOneField(Order, models.PROTECT, related_name="review", verbose_name=_("订单"))
    store = models.ForeignKey(Store, models.PROTECT, related_name="reviews", verbose_name=_("门店"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reviews", verbose_name=_("顾客")
    )
    rating = models.PositiveSmallIntegerField(_("评分"))
    text = models.CharField(_("内容"), max_length=TEXT, blank=True)
    is_anonymous = models.BooleanField(_("匿名"), default=False)
    state = models.CharField(_("状态"), max_length=16, choices=State)
    text_check = models.CharField(_("内容检查"), max_length=8, blank=True)
    reply = models.CharField(_("回复"), max_length=TEXT, blank=True)
    replied_at = models.DateTimeField(_("回复时间"), null=True)
    replied_by = models.CharField(_("回复人"), max_length=48, blank=True)
    created_at = models.DateTimeField(_("评价时间"), default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = _("评价")
        ordering = ["-id"]
        constraints = [within_bounds("review_rating_1_to_5")]
        indexes = [
            models.Index(fields=["store", "state", "id"], name="review_by_state"),
            models.Index(fields=["store", "state", "created_at"], name="review_by_time"),
        ]


class DishRating(models.Model):
    """What a review says of one dish of the order."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="ratings")
    dish = models.ForeignKey(Dish, models.PROTECT, related_name="+", verbose_name=_("菜品"))
    rating = models.PositiveSmallIntegerField(_("评分"))

    class Meta:
        verbose_name = verbose_name_plural = _("菜品评分")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "dish"], name="dish_rated_once"),
            within_bounds("dish_rating_1_to_5"),
        ]


class ReviewImage(models.Model):
    """A photo on a review; the files are re-encoded, and named by nobody but us."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="images")
    large = models.CharField(_("大图"), max_length=100)
    small = models.CharField(_("小图"), max_length=100)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = _("评价图片")
        ordering = ["id"]


class Feedback(models.Model):
    """What somebody tells a restaurant in private: open → in_progress (answered) → closed."""

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", _("投诉")
        SUGGESTION = "suggestion", _("建议")
        PRAISE = "praise", _("表扬")
        OTHER = "other", _("其他")

    class Status(models.TextChoices):
        OPEN = "open", _("待处理")
        IN_PROGRESS = "in_progress", _("处理中")
        CLOSED = "closed", _("已关闭")

    store = models.ForeignKey(Store, models.PROTECT, related_name="feedback", verbose_name=_("门店"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="feedback", verbose_name=_("顾客")
    )
    kind = models.CharField(_("类型"), max_length=16, choices=Kind)
    text = models.CharField(_("内容"), max_length=TEXT)
    contact = models.CharField(_("联系方式"), max_length=64, blank=True)
    status = models.CharField(_("状态"), max_length=16, choices=Status, default=Status.OPEN)
    reply = models.CharField(_("回复"), max_length=TEXT, blank=True)
    replied_at = models.DateTimeField(_("回复时间"), null=True)
    replied_by = models.CharField(_("回复人"), max_length=48, blank=True)
    closed_at = models.DateTimeField(_("关闭时间"), null=True)
    created_at = models.DateTimeField(_("提交时间"), default=clock.now)

    class Meta:
        verbose_name = verbose_name_plural = _("反馈")
        ordering = ["-id"]
        indexes = [models.Index(fields=["store", "status", "id"], name="feedback_by_status")]
