"""Inviting people to a store's staff, and accepting."""

from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import clock
from hub.audit import Call
from hub.fields import accept
from hub.rest import change
from hub.throttling import client_address
from hub.transactions import transact
from ordering.users import guard, invitations, queries
from ordering.users.api import shapes
from ordering.users.api.auth import Public, log_in
from ordering.users.api.staff import own_role
from ordering.users.models import Invitation
from ordering.users.permissions import KnownUser, require_role


class Invitations(ListAPIView):
    """A store's open invitations."""

    permission_classes = (KnownUser,)
    access = {"GET": "manager", "POST": "manager"}
    serializer_class = shapes.InvitationShape
    filter_backends = ()
    queryset = Invitation.objects.none()

    @extend_schema(tags=["staff"])
    def get(self, request: Request, code: str) -> Response:
        """Who was invited and has not come yet, newest first."""
        store = queries.store_of(code)
        require_role(request.auth, code, "manager")
        found = invitations.open_at(clock.now()).filter(store=store).order_by("-pk")
        page = self.paginate_queryset(found)
        return self.get_paginated_response([invitations.row(each) for each in page or ()])

    @extend_schema(tags=["staff"], request=shapes.Offer, responses={201: shapes.NewInvitationShape})
    def post(self, request: Request, code: str) -> Response:
        """Offer a role below my own; the ``code`` is told once, works once and for 72 hours.

        No answer is stored for an Idempotency-Key: it would hold the code.
        """
        store = queries.store_of(code)
        require_role(request.auth, code, "manager")
        offer, mine = accept(shapes.Offer, request.data), own_role(request, store.pk)
        made = change(
            request, lambda tx: invitations.invite(tx, store, mine, request.user, **offer), created=True
        )
        return Response(made, status=201)


class OneInvitation(APIView):
    """An invitation."""

    permission_classes = (KnownUser,)
    access = {"DELETE": "manager"}

    @extend_schema(tags=["staff"], responses={204: None})
    def delete(self, request: Request, code: str, pk: int) -> Response:
        """Revoke an open invitation."""
        store = queries.store_of(code)
        require_role(request.auth, code, "manager")
        mine = own_role(request, store.pk)
        change(request, lambda tx: invitations.revoke(tx, store, mine, pk))
        return Response(status=204)


class AcceptInvitation(Public):
    """The invited person's side."""

    throttle_scope = "pairing"

    @extend_schema(tags=["auth"], request=shapes.Acceptance, responses={201: shapes.TokensShape})
    def post(self, request: Request) -> Response:
        """Choose a username and a password, get the offered role and log in."""
        body, address = accept(shapes.Acceptance, request.data), client_address(request.META)
        limits = guard.code_subjects("invitation", address)
        guard.admit(limits)
        call = Call(
            actor="anonymous", name=body["username"], action="auth.invitation", target="", address=address
        )
        person = transact(lambda tx: invitations.accept(tx, **body), actor="anonymous", call=call)
        guard.forgive(limits)
        answer = log_in(request, person)
        answer.status_code = 201
        return answer
