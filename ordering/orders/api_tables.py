"""Addresses of tables where their orders matter: the map, moving, one bill for all."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.rest import perform
from ordering.orders import tables
from ordering.orders.api import KEY
from ordering.orders.bodies import TablePayBody, said
from ordering.orders.schemas import TableMapShape, TablePayShape
from ordering.restaurant import queries
from ordering.restaurant.api.shapes import MapSessionShape, Move
from ordering.restaurant.api.tables import CounterMove
from ordering.users.permissions import require_role


class TableMap(APIView):
    """Who sits where."""

    access = {"GET": "counter"}

    @extend_schema(tags=["tables"], responses=TableMapShape)
    def get(self, request: Request, code: str) -> Response:
        """All tables: who sits there since when, what they owe, and how long they have been waiting."""
        store = queries.store(code)
        require_role(request.auth, code, "counter")
        return Response({"tables": tables.table_map(store)})


class MoveTable(CounterMove):
    """Guests change tables."""

    @extend_schema(tags=["tables"], request=Move, responses=MapSessionShape)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Move the session, and its live orders with it, to a free table of the same store."""
        table = self.table(request, pk)
        target = accept(Move, request.data)["to"]
        return perform(request, lambda tx: tables.move(tx, table, target, actor=request.auth))


class PayTable(CounterMove):
    """One bill for all of a table."""

    @extend_schema(tags=["tables"], parameters=[KEY], request=TablePayBody, responses=TablePayShape)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Take in cash what is due on every live order of the table; 409 ``table.due_changed``."""
        table = self.table(request, pk)
        body = said(accept(TablePayBody, request.data))
        return perform(
            request, lambda tx: tables.pay(tx, table, actor=request.auth, **body), key_required=True
        )
