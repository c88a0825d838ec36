"""The shapes of answers, for the OpenAPI document; the answers themselves are made by queries.py."""

from rest_framework import serializers

from ordering.reviews.models import Feedback, Review


class AuthorShape(serializers.Serializer):
    """Who wrote it, as others see them; anonymous: 匿名顾客."""

    name = serializers.CharField()
    avatar = serializers.CharField(allow_blank=True)


class RatedDish(serializers.Serializer):
    """A dish and what it is worth to the guest."""

    dish = serializers.IntegerField()
    name = serializers.CharField()
    rating = serializers.IntegerField()


class ImageShape(serializers.Serializer):
    """A photo: WebP in two sizes."""

    id = serializers.IntegerField()
    image = serializers.CharField()
    thumbnail = serializers.CharField()


class ReviewShape(serializers.Serializer):
    """A published review."""

    id = serializers.IntegerField()
    store = serializers.CharField()
    rating = serializers.IntegerField()
    text = serializers.CharField(allow_blank=True)
    anonymous = serializers.BooleanField()
    author = AuthorShape()
    dishes = RatedDish(many=True)
    images = ImageShape(many=True)
    reply = serializers.CharField(allow_blank=True)
    replied_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class OwnReview(ReviewShape):
    """A review as its author sees it."""

    order = serializers.CharField()
    state = serializers.ChoiceField(Review.State.values)


class StaffReview(ReviewShape):
    """A review as managers see it; the order of an anonymous one is null."""

    order = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(Review.State.values)
    text_check = serializers.CharField(
        allow_blank=True, help_text="WeChat's: blank (not asked), pending, pass, review, risky."
    )


class FeedbackShape(serializers.Serializer):
    """Feedback; ``author`` is there for managers only."""

    id = serializers.IntegerField()
    store = serializers.CharField()
    kind = serializers.ChoiceField(Feedback.Kind.values)
    text = serializers.CharField()
    contact = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(Feedback.Status.values)
    reply = serializers.CharField(allow_blank=True)
    replied_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    author = AuthorShape(required=False)
