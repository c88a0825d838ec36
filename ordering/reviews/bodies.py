"""Request bodies and query strings of reviews and feedback: what a client may say."""

from rest_framework import serializers

from hub.fields import Body, Flag, Text, WholeNumber
from ordering.reviews.models import HIGHEST, LOWEST, TEXT, Feedback, Review

MAX_ID = 2**63 - 1
MOST_DISHES = 100


def stars() -> WholeNumber:
    """A rating."""
    return WholeNumber(min_value=LOWEST, max_value=HIGHEST)


class OnceBody(Body):
    """A tap: ``op_id`` makes it once only."""

    op_id = serializers.UUIDField(required=False, allow_null=True)


class DishRatingBody(Body):
    """A dish of the order, or a combo on it, and what it is worth."""

    dish = WholeNumber(min_value=1, max_value=MAX_ID)
    rating = stars()


class ReviewBody(OnceBody):
    """A review of an order."""

    order = Text(max_length=26)
    rating = stars()
    dishes = DishRatingBody(many=True, required=False, max_length=MOST_DISHES, default=list)
    text = Text(required=False, allow_blank=True, max_length=TEXT, default="")
    anonymous = Flag(required=False, default=False)


class ReplyBody(OnceBody):
    """What the restaurant answers."""

    reply = Text(max_length=TEXT)


class FeedbackBody(OnceBody):
    """Something to tell a restaurant; ``contact`` is how to reach the writer."""

    store = Text(max_length=32)
    kind = serializers.ChoiceField(Feedback.Kind.values)
    text = Text(max_length=TEXT)
    contact = Text(required=False, allow_blank=True, max_length=64, default="")


class ReviewsQuery(Body):
    """Which published reviews."""

    store = serializers.CharField(max_length=32)
    dish = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    rating = serializers.IntegerField(
        required=False, min_value=LOWEST, max_value=HIGHEST, help_text="Of the whole order."
    )


class StoreReviewsQuery(Body):
    """Which of a store's reviews."""

    state = serializers.ChoiceField(Review.State.values, required=False)
    dish = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    rating = serializers.IntegerField(required=False, min_value=LOWEST, max_value=HIGHEST)


class FeedbackQuery(Body):
    """Managers name their ``store``; without it the caller's own."""

    store = serializers.CharField(required=False, max_length=32)
    status = serializers.ChoiceField(Feedback.Status.values, required=False)
