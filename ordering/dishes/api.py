"""Addresses of the menu: the document for everybody, the list and 估清 for staff."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import clock
from hub.fields import Body, WholeNumber, accept
from hub.rest import perform
from ordering.dishes import actions, menu, queries
from ordering.dishes.models import Dish
from ordering.dishes.rows import staff_row
from ordering.dishes.schemas import MenuBody, StaffDish
from ordering.restaurant.queries import store as store_of
from ordering.users.permissions import Anyone, require_role

STAFF_ACCESS = "|".join(queries.STAFF)
NEXT_DAY = "next_day"
MOST_PORTIONS = 1_000_000


class MenuView(APIView):
    """The menu where nothing stands ahead of Django (WSGI), and whenever that passes a request on."""

    authentication_classes = ()
    permission_classes = (Anyone,)
    throttle_scope = "public"
    access = {"GET": "anyone"}

    @extend_schema(
        operation_id="menu",
        parameters=[OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)],
        responses={200: MenuBody, 304: OpenApiResponse(description="unchanged")},
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        """The whole menu in one document; ``cursor`` is where its stream ``menu:<code>`` goes on."""
        document = menu.document(store_of(code))
        headers = {"ETag": document.etag, "Cache-Control": "no-cache"}
        response = HttpResponse(document.body, content_type=menu.CONTENT_TYPE, headers=headers)
        return get_conditional_response(request, etag=document.etag, response=response)


class DishFilter(filters.FilterSet):
    """Filters of the staff list; `search` and `active` are other names of `q` and `is_active`."""

    category = filters.NumberFilter(field_name="category_id", min_value=1, max_value=2**63 - 1)
    station = filters.CharFilter(field_name="station__code")
    name = filters.CharFilter(lookup_expr="icontains")
    q = filters.CharFilter(method="by_words", max_length=64)
    search = filters.CharFilter(method="by_words", max_length=64)
    active = filters.BooleanFilter(field_name="is_active")
    sold_out = filters.BooleanFilter(method="by_sold_out")

    class Meta:
        model = Dish
        fields = ("is_active",)

    def by_words(self, rows: QuerySet[Dish], name: str, value: str) -> QuerySet[Dish]:
        """Dishes whose name or description contains every word."""
        for word in value.split():
            rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
        return rows

    def by_sold_out(self, rows: QuerySet[Dish], name: str, value: bool) -> QuerySet[Dish]:
        """估清 by hand or run out."""
        gone = Q(sold_out=True) | Q(remaining=0)
        return rows.filter(gone) if value else rows.exclude(gone)


class DishesView(GenericAPIView):
    """The dishes of a store as staff see them."""

    queryset = Dish.objects.none()
    serializer_class = StaffDish
    filterset_class = DishFilter
    access = {"GET": STAFF_ACCESS}

    @extend_schema(operation_id="dishes", responses=StaffDish(many=True))
    def get(self, request: Request, code: str) -> Response:
        """Every dish with its exact portions, in menu order."""
        store = store_of(code)
        require_role(request.auth, code, *queries.STAFF)
        page = self.paginate_queryset(self.filter_queryset(queries.dishes(store)))
        return self.get_paginated_response([staff_row(dish) for dish in page or ()])


@extend_schema_field(
    {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "string", "enum": [NEXT_DAY]}]}
)
class Until(serializers.DateTimeField):
    """A future moment, or the word ``next_day``."""

    default_error_messages = {"past": "必须是将来的时间"}

    def to_internal_value(self, value: Any) -> Any:
        if value == NEXT_DAY:
            return NEXT_DAY
        if not isinstance(value, str):
            self.fail("invalid", format="ISO 8601")
        until: datetime = super().to_internal_value(value)
        if until <= clock.now():
            self.fail("past")
        return until


class TapBody(Body):
    """A tap: ``op_id`` makes it once only."""

    op_id = serializers.UUIDField(required=False, allow_null=True)


class SellOutBody(TapBody):
    """Until when; null = until somebody restores it."""

    until = Until(required=False, allow_null=True, default=None)


class StockBody(TapBody):
    """Portions left; null = unlimited."""

    remaining = WholeNumber(min_value=0, max_value=MOST_PORTIONS, allow_null=True)


class SellOutView(APIView):
    """估清."""

    access = {"POST": STAFF_ACCESS}

    @extend_schema(operation_id="dish_sell_out", request=SellOutBody, responses=StaffDish)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Take a dish off for now; open menus see it at once."""
        dish = queries.dish_of(request.auth, pk)
        body = accept(SellOutBody, request.data)
        return perform(request, lambda tx: actions.sell_out(tx, dish.pk, body["until"]))


class RestoreView(APIView):
    """Lift a 估清."""

    access = {"POST": STAFF_ACCESS}

    @extend_schema(operation_id="dish_restore", request=TapBody, responses=StaffDish)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Put a dish back; one without portions stays sold out until stock is set."""
        dish = queries.dish_of(request.auth, pk)
        accept(TapBody, request.data)
        return perform(request, lambda tx: actions.restore(tx, dish.pk))


class StockView(APIView):
    """Portions."""

    access = {"POST": STAFF_ACCESS}

    @extend_schema(operation_id="dish_stock", request=StockBody, responses=StaffDish)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Set the portions left; never lifts a 估清 by hand."""
        dish = queries.dish_of(request.auth, pk)
        body = accept(StockBody, request.data)
        return perform(request, lambda tx: actions.set_stock(tx, dish.pk, body["remaining"]))
