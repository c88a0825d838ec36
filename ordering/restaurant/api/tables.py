"""Tables: the QR code, guests without an account, and the counter's moves."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.rest import perform
from hub.transactions import Transaction, transact
from ordering.restaurant import codes, queries, sessions, tokens, wxacode
from ordering.restaurant.api import shapes
from ordering.restaurant.models import DiningTable, TableSession
from ordering.users import actions as users
from ordering.users import sessions as log_ins
from ordering.users.actors import Actor
from ordering.users.api.auth import Public
from ordering.users.api.shapes import TokensShape
from ordering.users.models import AuthSession
from ordering.users.permissions import Anyone, KnownActor, require_role, require_role_on


class Resolve(APIView):
    """Where a table's QR code leads."""

    permission_classes = (Anyone,)
    access = {"GET": "anyone"}
    throttle_scope = "public"

    @extend_schema(
        tags=["tables"],
        parameters=[OpenApiParameter("token", str, required=True)],
        responses=shapes.ResolveShape,
    )
    def get(self, request: Request) -> Response:
        """Open the table's session, or join it: a person is one of its diners then. 403 for a bad token."""
        token = request.query_params.get("token", "")
        table = tokens.read(token)
        session = transact(lambda tx: _join(tx, table, request.auth), actor=request.auth.label)
        session.table = table
        return Response(sessions.answer(session, token))


class Guest(Public):
    """A diner without an account."""

    @extend_schema(tags=["auth"], request=shapes.TableToken, responses=TokensShape)
    def post(self, request: Request) -> Response:
        """Become a guest of the table's present session: may order there only, and pays at the counter."""
        table = tokens.read(accept(shapes.TableToken, request.data)["table_token"])
        agent = request.headers.get("User-Agent", "")
        session = transact(lambda tx: sessions.join(tx, table), actor="anonymous")
        log_in = transact(lambda tx: _welcome(tx, session, agent), actor="anonymous")
        return Response(log_ins.answer(log_in))


def _join(tx: Transaction, table: DiningTable, actor: Actor) -> TableSession:
    session = sessions.join(tx, table)
    # A guest belongs to one session, whatever else they scan.
    if actor.user is not None and actor.table_session in (None, session.pk):
        sessions.seat(tx, session, actor.user)
    return session


def _welcome(tx: Transaction, session: TableSession, agent: str) -> AuthSession:
    log_in = users.guest(tx, session.pk, agent)
    sessions.seat(tx, session, log_in.user)
    return log_in


class TableCodes(APIView):
    """The sheet of QR codes that stand on the tables."""

    permission_classes = (KnownActor,)
    access = {"GET": "counter"}

    @extend_schema(tags=["tables"], responses=shapes.TableCodesShape)
    def get(self, request: Request, code: str) -> Response:
        """Every table's address and its QR code as a picture to print."""
        store = queries.store(code)
        require_role(request.auth, code, "counter")
        found = [codes.code_of(request, table) for table in queries.tables(store)]
        rows = [
            {"code": one.table.code, "name": one.table.name, "url": one.url, "qr": one.qr} for one in found
        ]
        return Response({"store": store.name, "codes": rows})


class CounterMove(APIView):
    """Something the counter does with a table."""

    permission_classes = (KnownActor,)
    access = {"POST": "counter"}

    def table(self, request: Request, pk: int) -> DiningTable:
        """The table; 404 for strangers to its store, 403 without the counter's role."""
        table = queries.table(pk)
        require_role_on(request.auth, table.store.code, "counter")
        return table


class OpenTable(CounterMove):
    """Guests sit down."""

    @extend_schema(tags=["tables"], request=None, responses=shapes.MapSessionShape)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Open the table's session, or find the one that is open."""
        table = self.table(request, pk)
        return perform(request, lambda tx: queries.session_row(sessions.join(tx, table)))


class SettleTable(CounterMove):
    """Guests ask for the bill."""

    @extend_schema(tags=["tables"], request=None, responses=shapes.MapSessionShape)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Mark the table's session as settling."""
        table = self.table(request, pk)
        return perform(request, lambda tx: queries.session_row(sessions.settle(tx, table)))


class RotateToken(CounterMove):
    """A new QR code."""

    @extend_schema(tags=["tables"], request=None, responses=shapes.TokenShape)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Void the token in the table's QR code and get the new one."""
        table = self.table(request, pk)
        return perform(request, lambda tx: {"table_token": tokens.write(sessions.rotate_token(tx, table))})


class MiniCode(APIView):
    """The mini program code of a table."""

    permission_classes = (KnownActor,)
    access = {"GET": "manager", "POST": "manager"}

    def table(self, request: Request, pk: int) -> DiningTable:
        """The table; 404 for strangers to its store, 403 without the manager's role."""
        table = queries.table(pk)
        require_role_on(request.auth, table.store.code, "manager")
        return table

    @extend_schema(tags=["tables"], responses=shapes.MiniCodeShape)
    def get(self, request: Request, pk: int) -> Response:
        """Whether the code of the table's present token is there, and where."""
        return Response(wxacode.state(self.table(request, pk)))

    @extend_schema(tags=["tables"], request=None, responses={202: shapes.MiniCodeShape})
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Have it drawn by WeChat; ask again in a moment. Repeating it draws nothing twice."""
        table = self.table(request, pk)
        drawn = wxacode.is_drawn(table)
        return perform(request, lambda tx: wxacode.order(tx, table, drawn=drawn), status=202)
