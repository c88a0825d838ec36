"""Addresses of orders: submit, quote, look, 加菜, order again."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.pagination import NewestFirst
from hub.rest import perform
from ordering.orders import access, batches, queries, submit
from ordering.orders.bodies import BatchBody, EventsQuery, ListQuery, SubmitBody, said
from ordering.orders.schemas import CartBody, EventPage, OrderBody, OrderPage, QuoteBody
from ordering.restaurant import queries as restaurant
from ordering.users.permissions import require_role

KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="1–64 visible ASCII characters",
)
READERS = ("counter", "kitchen")


class OrdersView(APIView):
    """All orders one may see, and new ones."""

    access = {"GET": "known", "POST": "user|counter"}

    def get_throttles(self) -> list[Any]:
        """Submitting has its own limit."""
        self.throttle_scope = "submit" if self.request.method == "POST" else "user"
        return super().get_throttles()

    @extend_schema(
        operation_id="orders_list",
        parameters=[ListQuery, OpenApiParameter("cursor", str), OpenApiParameter("page_size", int)],
        responses=OrderPage,
    )
    def get(self, request: Request) -> Response:
        """The caller's own orders; staff name their ``store`` and see its orders."""
        query = accept(ListQuery, request.query_params.dict())
        if code := query.pop("store", None):
            store = restaurant.store(code)
            require_role(request.auth, store.code, *READERS)
            if search := query.pop("search", None):
                query["search"] = queries.named(search, by_phone=request.auth.may(code, "counter"))
            found = queries.of_store(store, **query)
        else:
            found = queries.own(request.auth)
        pages = NewestFirst()
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response(queries.bodies(page or [], request.auth))

    @extend_schema(
        operation_id="orders_submit", parameters=[KEY], request=SubmitBody, responses={201: OrderBody}
    )
    def post(self, request: Request) -> HttpResponse:
        """Submit an order; prices are the server's."""
        body = accept(SubmitBody, request.data)
        return perform(
            request,
            lambda tx: submit.submit(tx, actor=request.auth, order=body),
            status=201,
            key_required=True,
        )


class QuoteView(APIView):
    """The price of a basket."""

    access = {"POST": "user|counter"}

    @extend_schema(operation_id="orders_quote", request=SubmitBody, responses=QuoteBody)
    def post(self, request: Request) -> Response:
        """What the basket would cost, line by line, with what cannot be had; nothing is written."""
        return Response(submit.quote(request.auth, accept(SubmitBody, request.data)))


class OrderView(APIView):
    """One order."""

    access = {"GET": "owner|sharer|counter|kitchen"}

    @extend_schema(operation_id="orders_retrieve", responses=OrderBody)
    def get(self, request: Request, no: str) -> Response:
        """The order as it is now."""
        return Response(queries.body(no, request.auth))


class EventsView(APIView):
    """What happened to an order."""

    access = {"GET": "owner|sharer|counter|kitchen"}

    @extend_schema(operation_id="orders_events", parameters=[EventsQuery], responses=EventPage)
    def get(self, request: Request, no: str) -> Response:
        """The order's events behind the version ``after``, oldest first, with who did it."""
        access.visible(no, request.auth)
        after = accept(EventsQuery, request.query_params.dict())["after"]
        frames, on = queries.events(no, request.auth, after)
        more = request.build_absolute_uri(f"{request.path}?after={on}") if on else None
        return Response({"results": frames, "next": more})


class BatchesView(APIView):
    """More lines for an order."""

    access = {"POST": "owner|sharer|table|counter"}

    @extend_schema(
        operation_id="orders_add_batch", parameters=[KEY], request=BatchBody, responses={201: OrderBody}
    )
    def post(self, request: Request, no: str) -> HttpResponse:
        """加菜: send more lines to the kitchen."""
        access.may(no, request.auth, "batches")
        body = said(accept(BatchBody, request.data))
        return perform(
            request,
            lambda tx: batches.add(tx, no, actor=request.auth, **body),
            status=201,
            key_required=True,
        )


class ReorderView(APIView):
    """An earlier order once more."""

    access = {"POST": "owner"}

    @extend_schema(operation_id="orders_reorder", request=None, responses={201: CartBody})
    def post(self, request: Request, no: str) -> Response:
        """The order's basket at today's prices, to be submitted anew; not an order yet."""
        return Response(submit.cart(request.auth, queries.again(no, request.auth)), status=201)
