"""Addresses at which managers keep their store: settings, opening hours, stations, tables."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.rest import change, perform
from ordering.restaurant import manage, queries
from ordering.restaurant.api import bodies, shapes, stores
from ordering.restaurant.models import DiningTable, Station, Store
from ordering.users.permissions import Anyone, KnownActor, require_role, require_role_on

MANAGER = "manager"
STAFF = ("counter", "kitchen", "manager")
STAFF_ACCESS = "|".join(STAFF)


def managed(request: Request, code: str) -> Store:
    """The store of this code, if the caller manages it: 404 absent, 403 otherwise."""
    store = queries.store(code)
    require_role(request.auth, code, MANAGER)
    return store


class OneStore(stores.OneStore):
    """A restaurant, and its manager's changes."""

    access = {**stores.OneStore.access, "PATCH": MANAGER}

    def get_permissions(self) -> list[BasePermission]:
        """Everybody may look."""
        return [Anyone() if self.request.method == "GET" else KnownActor()]

    @extend_schema(
        operation_id="store_change",
        tags=["catalogue"],
        request=bodies.StoreChange,
        responses=shapes.SettingsShape,
    )
    def patch(self, request: Request, code: str) -> HttpResponse:
        """Change what the body names; an empty body only shows the settings."""
        store = managed(request, code)
        body = accept(bodies.StoreChange, request.data)
        return perform(
            request, lambda tx: dict(shapes.SettingsShape(manage.change_settings(tx, store, body)).data)
        )


class OpeningHours(APIView):
    """When a store is open."""

    access = {"GET": STAFF_ACCESS, "PUT": MANAGER}

    @extend_schema(operation_id="opening_hours", tags=["catalogue"], responses=shapes.OpeningHoursShape)
    def get(self, request: Request, code: str) -> Response:
        """All openings."""
        store = queries.store(code)
        require_role(request.auth, code, *STAFF)
        return Response(shapes.OpeningHoursShape(store).data)

    @extend_schema(
        operation_id="opening_hours_replace",
        tags=["catalogue"],
        request=bodies.OpeningHoursBody,
        responses=shapes.OpeningHoursShape,
    )
    def put(self, request: Request, code: str) -> HttpResponse:
        """Replace the whole list; an empty one means open whenever the store says so."""
        store = managed(request, code)
        openings = accept(bodies.OpeningHoursBody, request.data)["opening_hours"]
        return perform(
            request,
            lambda tx: dict(shapes.OpeningHoursShape(manage.set_opening_hours(tx, store, openings)).data),
        )


class Stations(GenericAPIView):
    """A store's stations."""

    queryset = Station.objects.none()
    serializer_class = shapes.StationShape
    filter_backends = ()
    access = {"GET": STAFF_ACCESS, "POST": MANAGER}

    @extend_schema(operation_id="stations", tags=["catalogue"], responses=shapes.StationShape(many=True))
    def get(self, request: Request, code: str) -> Response:
        """Every station in its order."""
        store = queries.store(code)
        require_role(request.auth, code, *STAFF)
        page = self.paginate_queryset(store.stations.order_by("sort", "id"))
        return self.get_paginated_response(shapes.StationShape(page, many=True).data)

    @extend_schema(
        operation_id="station_create",
        tags=["catalogue"],
        request=bodies.NewStation,
        responses={201: shapes.StationShape},
    )
    def post(self, request: Request, code: str) -> HttpResponse:
        """Add a station; 409 ``station.code_taken``."""
        store = managed(request, code)
        body = accept(bodies.NewStation, request.data)
        return perform(
            request,
            lambda tx: dict(shapes.StationShape(manage.create_station(tx, store, body)).data),
            status=201,
        )


class OneStation(APIView):
    """A station."""

    access = {"PATCH": MANAGER, "DELETE": MANAGER}

    def station(self, request: Request, pk: int) -> Station:
        """The station; 404 for strangers to its store, 403 without the manager's role."""
        station = queries.station(pk)
        require_role_on(request.auth, station.store.code, MANAGER)
        return station

    @extend_schema(
        operation_id="station_change",
        tags=["catalogue"],
        request=bodies.StationChange,
        responses=shapes.StationShape,
    )
    def patch(self, request: Request, pk: int) -> HttpResponse:
        """Change its name or place; its code stays."""
        station = self.station(request, pk)
        body = accept(bodies.StationChange, request.data)
        return perform(
            request, lambda tx: dict(shapes.StationShape(manage.change_place(tx, station, body)).data)
        )

    @extend_schema(operation_id="station_delete", tags=["catalogue"], responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a station that no dish and no paired device names; 409 ``station.in_use`` otherwise."""
        station = self.station(request, pk)
        change(request, lambda tx: manage.delete_station(tx, station))
        return Response(status=204)


class Tables(stores.Tables):
    """A restaurant's tables, and its manager's new ones."""

    access = {**stores.Tables.access, "POST": MANAGER}

    @extend_schema(
        operation_id="table_create",
        tags=["catalogue"],
        request=bodies.NewTable,
        responses={201: shapes.StaffTableShape},
    )
    def post(self, request: Request, code: str) -> HttpResponse:
        """Add a table with a QR code of its own; 409 ``table.code_taken``."""
        store = managed(request, code)
        body = accept(bodies.NewTable, request.data)
        return perform(request, lambda tx: shown(manage.create_table(tx, store, body)), status=201)


class OneTable(APIView):
    """A table."""

    access = {"PATCH": MANAGER, "DELETE": MANAGER}

    def table(self, request: Request, pk: int) -> DiningTable:
        """The table; 404 for strangers to its store, 403 without the manager's role."""
        table = queries.table(pk)
        require_role_on(request.auth, table.store.code, MANAGER)
        return table

    @extend_schema(
        operation_id="table_change",
        tags=["catalogue"],
        request=bodies.TableChange,
        responses=shapes.StaffTableShape,
    )
    def patch(self, request: Request, pk: int) -> HttpResponse:
        """Change its name or seats; its code stays."""
        table = self.table(request, pk)
        body = accept(bodies.TableChange, request.data)
        return perform(request, lambda tx: shown(manage.change_place(tx, table, body)))

    @extend_schema(operation_id="table_delete", tags=["catalogue"], responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Delete a table at which nobody ever sat; 409 ``table.in_use`` otherwise."""
        table = self.table(request, pk)
        change(request, lambda tx: manage.delete_table(tx, table))
        return Response(status=204)


def shown(table: DiningTable) -> dict[str, object]:
    """A table as its manager sees it, QR token included."""
    return dict(shapes.StaffTableShape(table, context={"with_tokens": True}).data)
