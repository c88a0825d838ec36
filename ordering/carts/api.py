"""Addresses of a table's shared cart, and the end of a table session."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.rest import change, perform
from ordering.carts import actions, queries
from ordering.carts.bodies import CartLineChange, CartSubmitBody, NewCartLine
from ordering.carts.schemas import CartLineShape, SharedCartShape
from ordering.carts.submit import submit
from ordering.orders.api import KEY
from ordering.orders.bodies import said
from ordering.orders.schemas import OrderBody
from ordering.restaurant.api.shapes import MapSessionShape
from ordering.restaurant.api.tables import CounterMove


class CartView(APIView):
    """A table's cart, for the diners of its session; for everybody else it is not there."""

    throttle_scope = "cart"


class CartLines(CartView):
    """What is in the cart."""

    access = {"GET": "table", "POST": "table"}

    @extend_schema(operation_id="cart_lines", tags=["cart"], responses=SharedCartShape)
    def get(self, request: Request, session: str) -> Response:
        """The lines of everybody at the table, and the orders that came of the cart."""
        return Response(queries.body(queries.session_for(request.auth, session)))

    @extend_schema(
        operation_id="cart_line_add", tags=["cart"], request=NewCartLine, responses={201: CartLineShape}
    )
    def post(self, request: Request, session: str) -> HttpResponse:
        """Put a dish into the cart; the line is yours."""
        found = queries.session_for(request.auth, session)
        line = said(accept(NewCartLine, request.data))
        return perform(request, lambda tx: actions.add(tx, found, actor=request.auth, line=line), status=201)


class OneCartLine(CartView):
    """A line of the cart."""

    access = {"PATCH": "table", "DELETE": "table"}

    @extend_schema(
        operation_id="cart_line_change", tags=["cart"], request=CartLineChange, responses=CartLineShape
    )
    def patch(self, request: Request, session: str, line: str) -> HttpResponse:
        """Change your own line; 403 for somebody else's."""
        found = queries.session_for(request.auth, session)
        fields = said(accept(CartLineChange, request.data))
        return perform(request, lambda tx: actions.change(tx, found, line, actor=request.auth, fields=fields))

    @extend_schema(operation_id="cart_line_remove", tags=["cart"], responses={204: None})
    def delete(self, request: Request, session: str, line: str) -> Response:
        """Take a line out, yours or one that somebody left behind."""
        found = queries.session_for(request.auth, session)
        change(request, lambda tx: actions.remove(tx, found, line))
        return Response(status=204)


class SubmitCart(CartView):
    """Order for the table."""

    access = {"POST": "table"}
    throttle_scope = "submit"

    @extend_schema(
        operation_id="cart_submit",
        tags=["cart"],
        parameters=[KEY],
        request=CartSubmitBody,
        responses={201: OrderBody},
    )
    def post(self, request: Request, session: str) -> HttpResponse:
        """下单: everything in the cart at once; 409 ``cart.empty`` names the order if a friend was faster."""
        found = queries.session_for(request.auth, session)
        body = said(accept(CartSubmitBody, request.data))
        return perform(
            request, lambda tx: submit(tx, found, actor=request.auth, **body), status=201, key_required=True
        )


class CloseTable(CounterMove):
    """Guests have left."""

    @extend_schema(tags=["tables"], request=None, responses=MapSessionShape)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """End the table's session; its cart and its guests' log-ins end too."""
        table = self.table(request, pk)
        return perform(request, lambda tx: actions.close_table(tx, table))
