"""A store's staff: who works there as what."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.rest import change, perform
from ordering.users import actions, queries
from ordering.users.api import shapes
from ordering.users.models import Membership
from ordering.users.permissions import KnownUser, require_role


def own_role(request: Request, store_id: int) -> str:
    """The caller's own role in the store (they were checked to have one)."""
    return Membership.objects.values_list("role", flat=True).get(user=request.user, store_id=store_id)


class Staff(ListAPIView):
    """The staff of a store."""

    permission_classes = (KnownUser,)
    access = {"GET": "manager", "POST": "manager"}
    serializer_class = shapes.StaffShape
    filter_backends = ()
    queryset = Membership.objects.none()

    @extend_schema(tags=["staff"])
    def get(self, request: Request, code: str) -> Response:
        """Who works here."""
        store = queries.store_of(code)
        require_role(request.auth, code, "manager")
        rows = Membership.objects.select_related("user").filter(store=store).order_by("id")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response([queries.staff_row(row) for row in page])

    @extend_schema(tags=["staff"], request=shapes.Employment, responses={201: shapes.StaffShape})
    def post(self, request: Request, code: str) -> HttpResponse:
        """Give somebody a role below my own; an unknown username becomes a new account."""
        store = queries.store_of(code)
        require_role(request.auth, code, "manager")
        body = accept(shapes.Employment, request.data)
        mine = own_role(request, store.pk)
        return perform(request, lambda tx: actions.employ(tx, store, mine, **body), status=201)


class StaffMember(APIView):
    """One member of the staff."""

    permission_classes = (KnownUser,)
    access = {"DELETE": "manager"}

    @extend_schema(tags=["staff"], responses={204: None})
    def delete(self, request: Request, code: str, uid: str) -> Response:
        """Take away somebody's role here; their sockets close."""
        store = queries.store_of(code)
        require_role(request.auth, code, "manager")
        mine = own_role(request, store.pk)
        change(request, lambda tx: actions.dismiss(tx, store, mine, uid))
        return Response(status=204)
