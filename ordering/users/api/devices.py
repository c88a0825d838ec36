"""Pairing, claiming, listing and revoking devices."""

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import errors
from hub.audit import Call
from hub.fields import accept
from hub.rest import change, perform
from hub.throttling import client_address
from hub.transactions import transact
from ordering.users import devices, guard, positions, queries
from ordering.users.api import shapes
from ordering.users.api.auth import Public
from ordering.users.models import Device
from ordering.users.permissions import KnownActor, KnownUser, require_role, require_role_on


class Devices(ListAPIView):
    """A store's devices."""

    permission_classes = (KnownActor,)
    access = {"GET": "counter"}
    serializer_class = shapes.DeviceStatusShape
    filter_backends = ()
    queryset = Device.objects.none()

    @extend_schema(tags=["devices"], parameters=[OpenApiParameter("store", str, required=True)])
    def get(self, request: Request) -> Response:
        """The devices that are paired or wait to be: which are online, and how far behind. Ask every 10 s."""
        code = request.query_params.get("store")
        if not code:
            raise errors.invalid(errors.row("store", "required", "必填"))
        store = queries.store_of(code)
        require_role(request.auth, code, "counter")
        rows = Device.objects.select_related("store", "position").filter(store=store, revoked_at=None)
        page = self.paginate_queryset(rows.order_by("id"))
        # Positions first, head second: never more current than the truth.
        head = positions.head(store.stream)
        return self.get_paginated_response([queries.device_status(device, head) for device in page])


class Pair(APIView):
    """A new device."""

    permission_classes = (KnownUser,)
    access = {"POST": "manager"}

    @extend_schema(tags=["devices"], request=shapes.Pairing, responses={201: shapes.PairingShape})
    def post(self, request: Request) -> HttpResponse:
        """Get a pairing code (ten minutes, one use) for a kitchen screen, a counter or a board."""
        body = accept(shapes.Pairing, request.data)
        store = queries.store_of(body.pop("store"))
        require_role(request.auth, store.code, "manager")
        return perform(request, lambda tx: devices.pair(tx, store, by=request.user, **body), status=201)


class Claim(Public):
    """The tablet's side of pairing."""

    throttle_scope = "pairing"

    @extend_schema(tags=["devices"], request=shapes.Code, responses={201: shapes.ClaimShape})
    def post(self, request: Request) -> Response:
        """Trade a pairing code for the device's token."""
        code = accept(shapes.Code, request.data)["code"]
        address = client_address(request.META)
        limits = guard.code_subjects("pairing", address)
        guard.admit(limits)
        call = Call(actor="anonymous", action="devices.claim", target="", address=address)
        claimed = transact(lambda tx: devices.claim(tx, code), actor="anonymous", call=call)
        guard.forgive(limits)
        return Response(claimed, status=201)


class OneDevice(APIView):
    """A device."""

    permission_classes = (KnownUser,)
    access = {"DELETE": "manager"}

    @extend_schema(tags=["devices"], responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Revoke a device; its sockets close."""
        device = queries.device(pk)
        require_role_on(request.auth, device.store.code, "manager")
        change(request, lambda tx: devices.revoke(tx, device))
        return Response(status=204)
