"""Reviews and feedback in the admin: texts to read, moderation by the same actions as everywhere."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hub.transactions import Transaction
from ordering.reviews import actions, queries
from ordering.reviews.models import DishRating, Feedback, Review, ReviewImage
from ordering.users.evented import ReadOnlyAdmin, Seen, act

Action = Callable[[Transaction, int], Any]


class DishRatings(Seen):
    model = DishRating
    fields = ("dish", "rating")


class Images(Seen):
    model = ReviewImage
    fields = ("large", "small", "created_at")


class ModeratedAdmin(ReadOnlyAdmin):
    """History whose state moves by actions, each in a transaction of its own and in the admin's history."""

    def each(self, request: HttpRequest, rows: QuerySet[Any], action: Action, name: str, label: str) -> None:
        """Do it to the chosen rows."""
        chosen = list(rows)
        for row in chosen:
            act(request, f"{self.opts.model_name}.{name}", row, lambda tx, row=row: action(tx, row.pk))
            self.log_change(request, row, label)
        done = format_lazy(_("{label}: {count} 条"), label=_(label), count=len(chosen))
        self.message_user(request, done, messages.SUCCESS)


@admin.register(Review)
class ReviewAdmin(ModeratedAdmin):
    """What guests say; who said it anonymously is not shown here either."""

    actions = ("publish", "hide")
    list_display = ("created_at", "store", "rating", "text", "author", "state", "text_check", "reply")
    list_filter = ("store", "state", "text_check", "rating")
    list_select_related = ("store", "user")
    search_fields = ("text", "reply")
    date_hierarchy = "created_at"
    inlines = (DishRatings, Images)
    fields = readonly_fields = (
        "store", "author", "ordered", "rating", "text", "state", "text_check", "reply", "replied_at",
        "replied_by", "created_at",
    )  # fmt: skip

    @admin.display(description=_("顾客"))
    def author(self, review: Review) -> str:
        """As others see them."""
        return queries.author(review)["name"]

    @admin.display(description=_("订单"))
    def ordered(self, review: Review) -> str:
        """The order's number, which of an anonymous review would name its author."""
        return "-" if review.is_anonymous else review.order.no

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Who may change reviews may show and hide them; nothing else of them changes."""
        return request.user.has_perm("reviews.change_review")

    @admin.action(description=_("公开所选评价"), permissions=["moderate"])
    def publish(self, request: HttpRequest, rows: QuerySet[Review]) -> None:
        """Show them to everybody."""
        self.each(request, rows, actions.publish, "publish", _("公开"))

    @admin.action(description=_("隐藏所选评价"), permissions=["moderate"])
    def hide(self, request: HttpRequest, rows: QuerySet[Review]) -> None:
        """Show them to nobody."""
        self.each(request, rows, actions.hide, "hide", _("隐藏"))


@admin.register(Feedback)
class FeedbackAdmin(ModeratedAdmin):
    """What guests tell in private."""

    actions = ("close",)
    list_display = ("created_at", "store", "kind", "text", "contact", "status", "reply")
    list_filter = ("store", "status", "kind")
    list_select_related = ("store",)
    search_fields = ("text", "contact", "reply")
    date_hierarchy = "created_at"

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Who may change feedback may close it."""
        return request.user.has_perm("reviews.change_feedback")

    @admin.action(description=_("关闭所选反馈"), permissions=["moderate"])
    def close(self, request: HttpRequest, rows: QuerySet[Feedback]) -> None:
        """Nothing more is to be done."""
        self.each(request, rows, actions.close_feedback, "close", _("关闭"))
