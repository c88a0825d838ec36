"""Addresses of a menu as a workbook: take it out, put it back."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import errors
from hub.errors import Refusal
from hub.images import Multipart
from hub.rest import ByAddress, change
from hub.transactions import transact
from hub.workbooks import MEDIA_TYPE
from ordering.dishes import schemas
from ordering.dishes.sheets import writing
from ordering.dishes.sheets.actions import import_menu
from ordering.restaurant.models import Store
from ordering.restaurant.queries import store as store_of
from ordering.users.permissions import require_role

MANAGER = "manager"


class ImportForm(serializers.Serializer):
    """A form with a workbook; ``dry_run`` may stand in the query as well."""

    file = serializers.FileField()
    dry_run = serializers.BooleanField(default=False)


class ExportView(APIView):
    """A store's menu as a workbook."""

    content_negotiation_class = ByAddress
    access = {"GET": MANAGER}

    @extend_schema(
        operation_id="menu_export", tags=["catalogue"], responses={(200, MEDIA_TYPE): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        """The whole menu, what is off it included; an empty store's workbook is the template."""
        store = store_of(code)
        require_role(request.auth, code, MANAGER)
        return download(store)


class ImportView(APIView):
    """A workbook as the store's menu."""

    parser_classes = (Multipart,)
    throttle_scope = "writing"
    access = {"POST": MANAGER}

    @extend_schema(
        operation_id="menu_import",
        tags=["catalogue"],
        parameters=[OpenApiParameter("dry_run", bool, description="Only check.")],
        request={"multipart/form-data": ImportForm},
        responses=schemas.MenuImport,
    )
    def post(self, request: Request, code: str) -> Response:
        """Take the whole workbook or nothing of it; what it does not name stays as it is.

        Refuses 400 ``menu.import_invalid`` with a row for each wrong cell (``dishes.row12.price``), and
        413 ``menu.import_too_large``. Sending the same workbook again changes nothing.
        """
        store = store_of(code)
        require_role(request.auth, code, MANAGER)
        content, dry_run = _file(request.FILES), _dry_run(request)
        if dry_run:
            checked = transact(
                lambda tx: import_menu(tx, store, content, dry_run=True), actor=request.auth.label
            )
            return Response(checked)
        return Response(change(request, lambda tx: import_menu(tx, store, content)))


def download(store: Store) -> HttpResponse:
    """The store's workbook as a file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="menu-{store.code}.xlsx"'}
    return HttpResponse(writing.workbook(store), content_type=MEDIA_TYPE, headers=headers)


def sent(file: Any) -> bytes:
    """The bytes of an uploaded workbook; refuses 413 ``menu.import_too_large``."""
    content: bytes = file.read(settings.UPLOAD_LIMIT + 1)
    if len(content) > settings.UPLOAD_LIMIT:
        raise Refusal("menu.import_too_large", 413, "文件不能超过 5 MB", limit_bytes=settings.UPLOAD_LIMIT)
    return content


def _file(files: Any) -> bytes:
    if "file" not in files:
        raise errors.invalid(errors.row("file", "required", "请选择 .xlsx 文件"))
    return sent(files["file"])


def _dry_run(request: Request) -> bool:
    said = request.query_params.get("dry_run", request.data.get("dry_run", False))
    words = serializers.BooleanField()
    try:
        return bool(words.run_validation(said))
    except serializers.ValidationError:
        raise errors.invalid(errors.row("dry_run", "invalid", "必须是 true 或 false")) from None
