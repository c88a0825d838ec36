"""Query strings of reports, and the shapes of their answers in the OpenAPI document, made of the columns."""

from datetime import date
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes
from rest_framework import serializers

from hub import errors
from hub.fields import Body, Days
from ordering.reports.sheets import CSV, XLSX
from ordering.reports.span import LONGEST_DAYS, Span, span
from ordering.reports.tables import Column, Kind, Report
from ordering.restaurant.models import Store

FORMATS = ("json", "csv", "xlsx")
QUERY = [
    OpenApiParameter("store", str, required=True, description="The store's code."),
    OpenApiParameter("from", date, description="First business day; a week before `to` unless said."),
    OpenApiParameter(
        "to", date, description=f"Last business day; at most {LONGEST_DAYS} days. Usually today."
    ),
    OpenApiParameter("format", str, enum=FORMATS, default="json"),
]


class StoreQuery(Body):
    """Whose report."""

    store = serializers.CharField(max_length=32)


class ReportQuery(Days):
    """Which days, and in which form."""

    format = serializers.ChoiceField(FORMATS, default="json")


def asked_days(store: Store, query: dict[str, Any]) -> Span:
    """The days of a validated query; refuses with 400 what is turned round or too long."""
    days = span(store, query.get("from"), query.get("to"))
    if days.length < 1:
        raise errors.invalid(errors.row("from", "order", "开始日期不能晚于结束日期"))
    if days.length > LONGEST_DAYS:
        detail = format_lazy(_("最多查询 {days} 天"), days=LONGEST_DAYS)
        raise errors.invalid(errors.row("to", "too_long", detail))
    return days


def answers(report: Report) -> dict[tuple[int, str], Any]:
    """What the report's address answers."""
    return {
        (200, "application/json"): shape(report),
        (200, CSV): OpenApiTypes.BINARY,
        (200, XLSX): OpenApiTypes.BINARY,
    }


def shape(report: Report) -> type[serializers.Serializer]:
    """The JSON answer's serializer."""
    label = report.name.title().replace("-", "")
    row = type(f"{label}Row", (serializers.Serializer,), {c.name: _field(c) for c in report.columns})
    fields = {
        "report": serializers.ChoiceField([report.name]),
        "store": serializers.CharField(),
        "from": serializers.DateField(),
        "to": serializers.DateField(),
        "rows": row(many=True),
        "total": row(allow_null=True),
    }
    return type(f"{label}Report", (serializers.Serializer,), {"__doc__": report.description, **fields})


def _field(column: Column) -> serializers.Field:
    said = {"allow_null": column.optional, "help_text": column.help}
    if column.kind == Kind.TEXT:
        return serializers.CharField(allow_blank=True, **said)
    fields = {Kind.DAY: serializers.DateField, Kind.RATING: serializers.FloatField}
    return fields.get(column.kind, serializers.IntegerField)(**said)
