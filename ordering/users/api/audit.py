"""What staff did, for the managers of a store."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from hub import clock
from hub.fields import accept
from hub.models import AuditEntry
from hub.pagination import NewestFirst
from ordering.users import queries
from ordering.users.api import shapes
from ordering.users.permissions import KnownActor, require_role

EXACT = ("actor", "action", "target")


class Newest(NewestFirst):
    """By the time, which every index of the entries ends with."""

    ordering = ("-at", "-id")


class Audit(ListAPIView):
    """The audit of a store."""

    permission_classes = (KnownActor,)
    access = {"GET": "manager"}
    serializer_class = shapes.AuditShape
    pagination_class = Newest
    filter_backends = ()
    queryset = AuditEntry.objects.none()

    @extend_schema(
        tags=["staff"],
        operation_id="audit",
        parameters=[shapes.AuditQuery, OpenApiParameter("cursor", str), OpenApiParameter("page_size", int)],
    )
    def get(self, request: Request) -> Response:
        """What staff and devices did in a store, newest first; entries are never changed or removed early."""
        query = accept(shapes.AuditQuery, request.query_params.dict())
        store = queries.store_of(query["store"])
        require_role(request.auth, store.code, "manager")
        page = self.paginate_queryset(found(query, store.cutover_hour))
        return self.get_paginated_response([queries.audit_row(entry) for entry in page or ()])


def found(query: dict[str, Any], cutover_hour: int) -> QuerySet[AuditEntry]:
    """The entries that a query asks for; one index has them in order."""
    rows = AuditEntry.objects.filter(store=query["store"])
    rows = rows.filter(**{name: query[name] for name in EXACT if name in query})
    if "from" in query:
        rows = rows.filter(at__gte=clock.day_starts_at(query["from"], cutover_hour))
    if "to" in query:
        rows = rows.filter(at__lt=clock.day_starts_at(query["to"] + timedelta(days=1), cutover_hour))
    return rows
