"""Reads: reviews as everybody, their authors and managers see them, feedback, and figures for reports."""

from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.db.models import Count, Prefetch, Q, QuerySet, Sum

from hub import clock, errors
from hub.languages import words
from ordering.dishes.ratings import average
from ordering.restaurant.models import Store
from ordering.reviews.models import HIGHEST, LOWEST, DishRating, Feedback, Review, ReviewImage
from ordering.users.actors import Actor
from ordering.users.permissions import require_role_on

ANONYMOUS = "匿名顾客"
NAMELESS = "顾客"
MANAGER = "manager"


def reviews() -> QuerySet[Review]:
    """Reviews with all that their rows need, newest first; a fixed number of queries."""
    rows = Review.objects.select_related("user", "store", "order")
    rated = Prefetch("ratings", DishRating.objects.select_related("dish"))
    return rows.prefetch_related(rated, "images").order_by("-id")


def one(pk: int) -> Review:
    """The review with all that its rows need; 404 when there is none."""
    found = reviews().filter(pk=pk).first()
    if found is None:
        raise errors.not_found()
    return found


def of_store(
    store: Store, *, state: str | None = None, dish: int | None = None, rating: int | None = None
) -> QuerySet[Review]:
    """The store's reviews, by state, by a dish that they rate, by what they give the whole order."""
    wanted = {"state": state, "ratings__dish": dish, "rating": rating}
    return reviews().filter(store=store, **{name: value for name, value in wanted.items() if value})


def published(store: Store, **wanted: int | None) -> QuerySet[Review]:
    """What everybody may see of the store."""
    return of_store(store, state=Review.State.PUBLISHED, **wanted)


def mine(actor: Actor) -> QuerySet[Review]:
    """What the caller wrote, whatever became of it."""
    return reviews().filter(user=actor.user)


def own(actor: Actor, pk: int) -> Review:
    """The caller's own review; 403 for staff of its store, 404 for everybody else."""
    review = one(pk)
    if actor.user is None or review.user_id != actor.user.pk:
        raise errors.forbidden() if actor.works_at(review.store.code) else errors.not_found()
    return review


def moderated(actor: Actor, pk: int) -> Review:
    """A review of a store that the caller manages; 404 for strangers to the store, 403 for others there."""
    review = one(pk)
    require_role_on(actor, review.store.code, MANAGER)
    return review


def row(review: Review) -> dict[str, Any]:
    """A review as everybody sees it; of an anonymous one nothing leads to its author."""
    return {
        "id": review.pk,
        "store": review.store.code,
        "rating": review.rating,
        "text": review.text,
        "anonymous": review.is_anonymous,
        "author": author(review),
        "dishes": [
            {"dish": each.dish_id, "name": each.dish.name, "rating": each.rating}
            for each in review.ratings.all()
        ],
        "images": [image_row(image) for image in review.images.all()],
        "reply": review.reply,
        "replied_at": clock.iso(review.replied_at),
        "created_at": clock.iso(review.created_at),
    }


def author(review: Review) -> dict[str, str]:
    """Name and avatar as others see them."""
    if review.is_anonymous:
        return {"name": words(ANONYMOUS), "avatar": ""}
    return {"name": review.user.name or words(NAMELESS), "avatar": review.user.avatar}


def image_row(image: ReviewImage) -> dict[str, Any]:
    """Where a photo is to be had, in two sizes."""
    return {
        "id": image.pk,
        "image": default_storage.url(image.large),
        "thumbnail": default_storage.url(image.small),
    }


def own_row(review: Review) -> dict[str, Any]:
    """A review as its author sees it."""
    return {**row(review), "order": review.order.no, "state": review.state}


def staff_row(review: Review) -> dict[str, Any]:
    """A review as managers see it; the order of an anonymous one would name its author."""
    order = None if review.is_anonymous else review.order.no
    return {**row(review), "order": order, "state": review.state, "text_check": review.text_check}


def feedback() -> QuerySet[Feedback]:
    """Feedback with what its rows need, newest first."""
    return Feedback.objects.select_related("store", "user").order_by("-id")


def feedback_of(actor: Actor, status: str | None = None) -> QuerySet[Feedback]:
    """What the caller told restaurants."""
    found = feedback().filter(user=actor.user)
    return found.filter(status=status) if status else found


def feedback_to(store: Store, status: str | None = None) -> QuerySet[Feedback]:
    """What was told to the store."""
    found = feedback().filter(store=store)
    return found.filter(status=status) if status else found


def managed_feedback(actor: Actor, pk: int) -> Feedback:
    """Feedback to a store that the caller manages; 404 for strangers to the store, 403 for others there."""
    found = feedback().filter(pk=pk).first()
    if found is None:
        raise errors.not_found()
    require_role_on(actor, found.store.code, MANAGER)
    return found


def feedback_row(said: Feedback) -> dict[str, Any]:
    """Feedback as its author sees it."""
    return {
        "id": said.pk,
        "store": said.store.code,
        "kind": said.kind,
        "text": said.text,
        "contact": said.contact,
        "status": said.status,
        "reply": said.reply,
        "replied_at": clock.iso(said.replied_at),
        "closed_at": clock.iso(said.closed_at),
        "created_at": clock.iso(said.created_at),
    }


def staff_feedback_row(said: Feedback) -> dict[str, Any]:
    """Feedback as managers see it."""
    author = {"name": said.user.name or words(NAMELESS), "avatar": said.user.avatar}
    return {**feedback_row(said), "author": author}


def averages(store: Store, starts_at: datetime, ends_at: datetime) -> dict[str, Any]:
    """``{"average", "count", "by_rating": {1: n … 5: n}}`` of published reviews written in [from, to).

    ``average`` has one decimal and is None without reviews. One query on the index ``review_by_time``.
    """
    found = _written(store, starts_at, ends_at)
    numbers = found.aggregate(
        **{f"of_{rating}": Count("pk", Q(rating=rating)) for rating in range(LOWEST, HIGHEST + 1)}
    )
    by_rating = {rating: numbers[f"of_{rating}"] for rating in range(LOWEST, HIGHEST + 1)}
    count, total = sum(by_rating.values()), sum(rating * number for rating, number in by_rating.items())
    return {"average": None, "count": 0, **(average(total, count) or {}), "by_rating": by_rating}


def dish_averages(store: Store, starts_at: datetime, ends_at: datetime) -> list[dict[str, Any]]:
    """``[{"dish", "name", "average", "count"}]`` by those reviews, best first, then by id; one query."""
    written = _written(store, starts_at, ends_at).order_by()
    rows = DishRating.objects.filter(review__in=written).order_by()
    sums = rows.values("dish_id", "dish__name").annotate(total=Sum("rating"), count=Count("pk"))
    found = [
        {"dish": each["dish_id"], "name": each["dish__name"], **(average(each["total"], each["count"]) or {})}
        for each in sums
    ]
    return sorted(found, key=lambda each: (-each["average"], each["dish"]))


def _written(store: Store, starts_at: datetime, ends_at: datetime) -> QuerySet[Review]:
    return Review.objects.filter(
        store=store, state=Review.State.PUBLISHED, created_at__gte=starts_at, created_at__lt=ends_at
    )
