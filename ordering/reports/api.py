"""Addresses of reports: one view a report, three forms of the same table."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.rest import ByAddress
from ordering.reports.catalogue import REPORTS
from ordering.reports.schemas import QUERY, ReportQuery, StoreQuery, answers, asked_days
from ordering.reports.sheets import SHEETS, Sheet
from ordering.reports.span import Span
from ordering.reports.tables import Report, Table
from ordering.restaurant.queries import store as store_of
from ordering.users.permissions import KnownUser, require_role

PIECE = 64 * 1024


class ReportView(APIView):
    """One report of a store."""

    permission_classes = (KnownUser,)
    access = {"GET": "manager"}
    content_negotiation_class = ByAddress
    report: Report

    def get(self, request: Request) -> HttpResponseBase:
        """The report over business days, the last seven unless said; as JSON, CSV or XLSX."""
        asked = request.query_params.dict()
        store = store_of(accept(StoreQuery, asked)["store"])
        require_role(request.auth, store.code, "manager")
        query = accept(ReportQuery, asked)
        days = asked_days(store, query)
        table = self.report.make(days)
        if query["format"] == "json":
            return Response(body(self.report, days, table))
        return download(request, self.report, days, query["format"], table)


def body(report: Report, days: Span, table: Table) -> dict[str, Any]:
    """The report as JSON shows it."""
    place = {"report": report.name, "store": days.store.code, "from": days.first, "to": days.last}
    return {**place, "rows": table.rows, "total": table.total}


def download(request: Request, report: Report, days: Span, form: str, table: Table) -> HttpResponseBase:
    """The report as a file, sent piece by piece."""
    media, write = SHEETS[form]
    file = write(report, table)
    pieces = _pieces_async(file) if isinstance(request._request, ASGIRequest) else _pieces(file)
    name = f"{report.name}-{days.store.code}-{days.first}-{days.last}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces, content_type=media, headers=headers)


def _pieces(file: Sheet) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece


async def _pieces_async(file: Sheet) -> AsyncIterator[bytes]:
    # What is read lies in memory or in the system's cache: nothing waits.
    for piece in _pieces(file):
        yield piece


def view(report: Report) -> Any:
    """The report's view, with its own place in the OpenAPI document."""
    kind = type(
        "".join(part.title() for part in report.name.split("-")) + "View", (ReportView,), {"report": report}
    )
    described = extend_schema(
        tags=["reports"],
        operation_id=f"reports_{report.name.replace('-', '_')}",
        description=report.description,
        parameters=QUERY,
        responses=answers(report),
    )
    return extend_schema_view(get=described)(kind).as_view()


VIEWS = {report.name: view(report) for report in REPORTS}
