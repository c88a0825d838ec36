"""Addresses of reviews: write, look, answer, moderate."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.images import Multipart, uploaded
from hub.rest import call_of, perform
from ordering.dishes.schemas import ImageForm
from ordering.restaurant import queries as restaurant
from ordering.reviews import actions, images, queries, schemas
from ordering.reviews.bodies import OnceBody, ReplyBody, ReviewBody, ReviewsQuery, StoreReviewsQuery
from ordering.reviews.models import Review
from ordering.users.permissions import Anyone, KnownActor, KnownUser, require_role

PAGES = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]
EXAMPLE = {
    "order": "01J9ZK3T8M4Y6W2Q5R7S9V1XBD",
    "rating": 5,
    "dishes": [{"dish": 12, "rating": 4}],
    "text": "上菜快,鱼很鲜",
    "anonymous": True,
}


class Listed(GenericAPIView):
    """A list of reviews as one kind of reader sees them."""

    filter_backends = ()
    queryset = Review.objects.none()

    def listed(self, rows: QuerySet[Any], row: Callable[[Any], dict[str, Any]]) -> Response:
        """A page of rows."""
        return self.get_paginated_response([row(each) for each in self.paginate_queryset(rows) or []])


class Writing(APIView):
    """Where guests write: a limit of its own."""

    def get_throttles(self) -> list[Any]:
        """Reading has the usual limit."""
        self.throttle_scope = "writing" if self.request.method == "POST" else "user"
        return super().get_throttles()


class ReviewsView(Writing, Listed):
    """What guests say of a restaurant."""

    access = {"GET": "anyone", "POST": "user"}
    serializer_class = schemas.ReviewShape

    def get_permissions(self) -> list[Any]:
        """Everybody reads, people write."""
        return [KnownUser()] if self.request.method == "POST" else [Anyone()]

    @extend_schema(
        tags=["reviews"],
        operation_id="reviews_list",
        parameters=[ReviewsQuery, *PAGES],
        responses=schemas.ReviewShape(many=True),
    )
    def get(self, request: Request) -> Response:
        """A restaurant's published reviews, newest first."""
        query = accept(ReviewsQuery, request.query_params.dict())
        store = restaurant.store(query.pop("store"))
        return self.listed(queries.published(store, **query), queries.row)

    @extend_schema(
        tags=["reviews"],
        operation_id="reviews_write",
        request=ReviewBody,
        responses={201: schemas.OwnReview},
        examples=[OpenApiExample("review", EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> HttpResponse:
        """Review a completed order of one's own, once."""
        body = accept(ReviewBody, request.data)
        return perform(request, lambda tx: actions.write(tx, actor=request.auth, review=body), status=201)


class MyReviewsView(Listed):
    """What the caller wrote."""

    permission_classes = (KnownUser,)
    access = {"GET": "user"}
    serializer_class = schemas.OwnReview

    @extend_schema(
        tags=["reviews"],
        operation_id="reviews_mine",
        parameters=PAGES,
        responses=schemas.OwnReview(many=True),
    )
    def get(self, request: Request) -> Response:
        """The caller's own reviews, newest first, whatever became of them."""
        return self.listed(queries.mine(request.auth), queries.own_row)


class StoreReviewsView(Listed):
    """All reviews of a restaurant."""

    permission_classes = (KnownActor,)
    access = {"GET": "manager"}
    serializer_class = schemas.StaffReview

    @extend_schema(
        tags=["reviews"],
        operation_id="store_reviews",
        parameters=[StoreReviewsQuery, *PAGES],
        responses=schemas.StaffReview(many=True),
    )
    def get(self, request: Request, code: str) -> Response:
        """The restaurant's reviews in every state, newest first."""
        store = restaurant.store(code)
        require_role(request.auth, code, queries.MANAGER)
        query = accept(StoreReviewsQuery, request.query_params.dict())
        return self.listed(queries.of_store(store, **query), queries.staff_row)


class ImagesView(Writing):
    """Photos."""

    permission_classes = (KnownUser,)
    parser_classes = (Multipart,)
    access = {"POST": "owner"}

    @extend_schema(
        tags=["reviews"],
        operation_id="review_add_image",
        request={"multipart/form-data": ImageForm},
        responses={201: schemas.OwnReview},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Put a photo (JPEG, PNG or WebP, 5 MB) on one's own review, up to six, within a day."""
        review = queries.own(request.auth, pk)
        file, call = uploaded(request.FILES), call_of(request, created=True)
        return Response(images.add(request.auth, review, file, call=call), status=201)


class ReplyView(APIView):
    """The restaurant's answer."""

    permission_classes = (KnownActor,)
    access = {"POST": "manager"}

    @extend_schema(
        tags=["reviews"], operation_id="review_reply", request=ReplyBody, responses=schemas.StaffReview
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Answer; a later answer takes the place of an earlier one."""
        review = queries.moderated(request.auth, pk)
        body = accept(ReplyBody, request.data)
        return perform(request, lambda tx: actions.reply(tx, review.pk, request.auth, body["reply"]))


class PublishView(APIView):
    """Show."""

    permission_classes = (KnownActor,)
    access = {"POST": "manager"}

    @extend_schema(
        tags=["reviews"], operation_id="review_publish", request=OnceBody, responses=schemas.StaffReview
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Show a pending or hidden review to everybody; repeating it changes nothing."""
        review = queries.moderated(request.auth, pk)
        accept(OnceBody, request.data)
        return perform(request, lambda tx: actions.publish(tx, review.pk))


class HideView(APIView):
    """Hide."""

    permission_classes = (KnownActor,)
    access = {"POST": "manager"}

    @extend_schema(
        tags=["reviews"], operation_id="review_hide", request=OnceBody, responses=schemas.StaffReview
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Take a review out of sight and out of the averages; repeating it changes nothing."""
        review = queries.moderated(request.auth, pk)
        accept(OnceBody, request.data)
        return perform(request, lambda tx: actions.hide(tx, review.pk))
