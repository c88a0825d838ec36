"""Addresses of the kitchen: its tickets, and the moves of lines."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import cursors, errors, eventlog
from hub.fields import accept
from hub.rest import perform
from kitchen import actions, tickets
from ordering.orders.bodies import MoveBody, said
from ordering.orders.schemas import OrderBody
from ordering.restaurant.queries import store as store_of
from ordering.users.actors import Actor
from ordering.users.permissions import require_role


class TicketRow(serializers.Serializer):
    """An order as its stations see it."""

    key = serializers.CharField()
    version = serializers.IntegerField()
    data = serializers.DictField()


class Tickets(serializers.Serializer):
    """The kitchen's rows at one position of the store's stream."""

    stream = serializers.CharField()
    seq = serializers.IntegerField()
    cursor = serializers.CharField()
    rows = TicketRow(many=True)


class TicketsView(APIView):
    """What the kitchen has to do."""

    access = {"GET": "kitchen"}

    @extend_schema(
        operation_id="kitchen_tickets",
        parameters=[OpenApiParameter("station", str, description="One or more codes, comma-separated.")],
        responses=Tickets,
    )
    def get(self, request: Request, store: str) -> Response:
        """The same rows as the socket's snapshot, with the position they stand at."""
        found = store_of(store)
        require_role(request.auth, found.code, "kitchen")
        stations = stations_of(request.auth, request.query_params.get("station"))
        # The position first: rows may then be newer than it, never older.
        head = eventlog.heads([found.stream])[found.stream]
        return Response(
            {
                "stream": found.stream,
                "seq": head.seq,
                "cursor": cursors.write(head.epoch, head.seq, head.tag),
                "rows": tickets.rows(found.code, stations),
            }
        )


def stations_of(actor: Actor, asked: str | None) -> frozenset[str] | None:
    """The stations to show (None: all); a device that is bound to one sees no other (403)."""
    wanted = frozenset(code for code in (asked or "").split(",") if code)
    bound = actor.device.station if actor.device else None
    if bound and wanted - {bound}:
        raise errors.forbidden()
    return frozenset({bound}) if bound else wanted or None


class LineMoveView(APIView):
    """A move of one line; ``version`` in the body is the line's."""

    move: ClassVar[str]
    act: ClassVar[Callable[..., dict[str, Any]]]

    @extend_schema(request=MoveBody, responses=OrderBody)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Make the move; the order afterwards."""
        actions.check(pk, request.auth, self.move)
        body = said(accept(MoveBody, request.data))
        return perform(request, lambda tx: self.act(tx, pk, actor=request.auth, **body))


class StartView(LineMoveView):
    """开始制作."""

    access = {"POST": "kitchen"}
    move, act = "start", staticmethod(actions.start)


class ReadyView(LineMoveView):
    """出品."""

    access = {"POST": "kitchen"}
    move, act = "ready", staticmethod(actions.ready)


class RecallView(LineMoveView):
    """撤回, within 30 minutes."""

    access = {"POST": "kitchen"}
    move, act = "recall", staticmethod(actions.recall)


class ServeView(LineMoveView):
    """上菜."""

    access = {"POST": "kitchen"}
    move, act = "serve", staticmethod(actions.serve)


class FireView(LineMoveView):
    """叫起: a held line goes to the kitchen."""

    access = {"POST": "counter"}
    move, act = "fire", staticmethod(actions.fire)


class VoidView(LineMoveView):
    """退菜."""

    access = {"POST": "counter"}
    move, act = "void", staticmethod(actions.void)


class TicketReadyView(APIView):
    """A whole ticket: the lines of one batch at one station; ``version`` in the body is the order's."""

    access = {"POST": "kitchen"}

    @extend_schema(request=MoveBody, responses=OrderBody)
    def post(self, request: Request, batch: int, station: str) -> HttpResponse:
        """Every line of the ticket is made; the order afterwards."""
        actions.check_ticket(batch, station, request.auth)
        body = said(accept(MoveBody, request.data))
        return perform(
            request, lambda tx: actions.ticket_ready(tx, batch, station, actor=request.auth, **body)
        )
