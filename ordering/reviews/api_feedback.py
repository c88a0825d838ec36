"""Addresses of feedback: tell a restaurant something in private, and have an answer."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.rest import perform
from ordering.restaurant import queries as restaurant
from ordering.reviews import actions, queries, schemas
from ordering.reviews.api import PAGES, Listed, Writing
from ordering.reviews.bodies import FeedbackBody, FeedbackQuery, OnceBody, ReplyBody
from ordering.reviews.models import Feedback
from ordering.users.permissions import KnownActor, KnownUser, require_role

EXAMPLE = {"store": "demo", "kind": "suggestion", "text": "希望有儿童椅", "contact": "13800000000"}


class FeedbackView(Writing, Listed):
    """Feedback."""

    permission_classes = (KnownUser,)
    access = {"GET": "user", "POST": "user"}
    queryset = Feedback.objects.none()
    serializer_class = schemas.FeedbackShape

    @extend_schema(
        tags=["feedback"],
        operation_id="feedback_list",
        parameters=[FeedbackQuery, *PAGES],
        responses=schemas.FeedbackShape(many=True),
    )
    def get(self, request: Request) -> Response:
        """The caller's own feedback, newest first; managers name their ``store`` and see what it was told."""
        query = accept(FeedbackQuery, request.query_params.dict())
        if "store" not in query:
            return self.listed(queries.feedback_of(request.auth, **query), queries.feedback_row)
        store = restaurant.store(query.pop("store"))
        require_role(request.auth, store.code, queries.MANAGER)
        return self.listed(queries.feedback_to(store, **query), queries.staff_feedback_row)

    @extend_schema(
        tags=["feedback"],
        operation_id="feedback_tell",
        request=FeedbackBody,
        responses={201: schemas.FeedbackShape},
        examples=[OpenApiExample("feedback", EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> HttpResponse:
        """Tell a restaurant something; only its managers read it."""
        body = accept(FeedbackBody, request.data)
        store = restaurant.store(body["store"])
        said = {name: body[name] for name in ("kind", "text", "contact")}
        return perform(request, lambda tx: actions.tell(tx, request.user, store, **said), status=201)


class FeedbackReplyView(APIView):
    """The restaurant's answer."""

    permission_classes = (KnownActor,)
    access = {"POST": "manager"}

    @extend_schema(
        tags=["feedback"], operation_id="feedback_reply", request=ReplyBody, responses=schemas.FeedbackShape
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Answer; 409 ``feedback.closed`` once it is closed."""
        feedback = queries.managed_feedback(request.auth, pk)
        body = accept(ReplyBody, request.data)
        return perform(
            request, lambda tx: actions.reply_to_feedback(tx, feedback.pk, request.auth, body["reply"])
        )


class FeedbackCloseView(APIView):
    """The end of it."""

    permission_classes = (KnownActor,)
    access = {"POST": "manager"}

    @extend_schema(
        tags=["feedback"], operation_id="feedback_close", request=OnceBody, responses=schemas.FeedbackShape
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Close; repeating it changes nothing."""
        feedback = queries.managed_feedback(request.auth, pk)
        accept(OnceBody, request.data)
        return perform(request, lambda tx: actions.close_feedback(tx, feedback.pk))
