"""Restaurants: what everybody may know, and the switch at the counter."""

from collections.abc import Callable

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.rest import perform
from hub.transactions import Transaction
from ordering.restaurant import actions, queries
from ordering.restaurant.api import shapes
from ordering.restaurant.models import DiningTable, Store
from ordering.users.permissions import Anyone, KnownActor, require_role


class Stores(ListAPIView):
    """All restaurants."""

    permission_classes = (Anyone,)
    access = {"GET": "anyone"}
    throttle_scope = "public"
    serializer_class = shapes.StoreShape
    filter_backends = ()
    queryset = queries.stores()

    @extend_schema(tags=["stores"])
    def get(self, request: Request) -> Response:
        """Restaurants, whether they are open, and when."""
        return super().get(request)


class OneStore(APIView):
    """A restaurant."""

    permission_classes = (Anyone,)
    access = {"GET": "anyone"}
    throttle_scope = "public"

    @extend_schema(tags=["stores"], responses=shapes.StoreShape)
    def get(self, request: Request, code: str) -> Response:
        """A restaurant, whether it is open, and when."""
        return Response(shapes.StoreShape(queries.store(code)).data)


class Tables(ListAPIView):
    """A restaurant's tables."""

    permission_classes = (KnownActor,)
    access = {"GET": "counter|kitchen"}
    serializer_class = shapes.StaffTableShape
    filter_backends = ()
    queryset = DiningTable.objects.none()

    @extend_schema(tags=["tables"])
    def get(self, request: Request, code: str) -> Response:
        """The tables; with their QR tokens for the counter."""
        store = queries.store(code)
        require_role(request.auth, code, "counter", "kitchen")
        page = self.paginate_queryset(store.tables.all())
        context = {"with_tokens": request.auth.may(code, "counter")}
        return self.get_paginated_response(shapes.StaffTableShape(page, many=True, context=context).data)


class StoreSwitch(APIView):
    """Open or pause."""

    permission_classes = (KnownActor,)
    access = {"POST": "counter"}

    def switch(
        self, request: Request, code: str, action: Callable[[Transaction, Store], Store]
    ) -> HttpResponse:
        """Do it and show the restaurant."""
        store = queries.store(code)
        require_role(request.auth, code, "counter")
        return perform(request, lambda tx: dict(shapes.StoreShape(action(tx, store)).data))


class OpenStore(StoreSwitch):
    """Take orders again."""

    @extend_schema(tags=["stores"], request=None, responses=shapes.StoreShape)
    def post(self, request: Request, code: str) -> HttpResponse:
        """Take orders again; repeating it changes nothing."""
        return self.switch(request, code, actions.open_store)


class PauseStore(StoreSwitch):
    """Take no new orders for now."""

    @extend_schema(tags=["stores"], request=None, responses=shapes.StoreShape)
    def post(self, request: Request, code: str) -> HttpResponse:
        """Take no new orders for now; repeating it changes nothing."""
        return self.switch(request, code, actions.pause_store)
