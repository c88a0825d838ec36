"""The menu as a workbook in the admin: out by a button, back by a form; the actions of the REST addresses."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hub.errors import Refusal
from hub.languages import words
from hub.transactions import transact
from ordering.dishes import api_sheets
from ordering.dishes.sheets.actions import import_menu
from ordering.dishes.sheets.columns import TABLES
from ordering.restaurant.models import Store
from ordering.users.evented import act, label
from ordering.users.models import Membership

KINDS = {"categories": "分类", "dishes": "菜品", "option_groups": "规格组", "combos": "套餐"}


class SheetForm(forms.Form):
    """A workbook, and whether it is only checked."""

    file = forms.FileField(label=_("菜单表格 (.xlsx)"), allow_empty_file=True)
    dry_run = forms.BooleanField(label=_("只检查,不导入"), required=False)


def addresses() -> list[URLPattern]:
    """What the admin of dishes answers besides its own."""
    view = admin.site.admin_view
    return [
        path("menu/<slug:code>/export/", view(export_menu), name="dishes_menu_export"),
        path("menu/<slug:code>/import/", view(import_page), name="dishes_menu_import"),
    ]


def may_manage(request: HttpRequest, store: Store) -> bool:
    """The REST addresses' rule: a manager of the store, or the platform's superuser."""
    if request.user.is_superuser:
        return True
    return Membership.objects.filter(user_id=request.user.pk, store=store, role="manager").exists()


def shown_store(request: HttpRequest) -> Store | None:
    """The store that a list of dishes is about: the one it is filtered by, else the only one."""
    said = request.GET.get("store__id__exact", "")
    wanted = Store.objects.filter(pk=int(said)) if said.isascii() and said.isdigit() else Store.objects.all()
    found = list(wanted[:2])
    return found[0] if len(found) == 1 and may_manage(request, found[0]) else None


def export_menu(request: HttpRequest, code: str) -> HttpResponse:
    """The store's workbook."""
    return api_sheets.download(_store(request, code))


def import_page(request: HttpRequest, code: str) -> HttpResponse:
    """The form; then what was counted, or everything that is wrong, row by row."""
    store = _store(request, code)
    form = SheetForm(request.POST, request.FILES) if request.method == "POST" else SheetForm()
    shown: dict[str, Any] = {"status": 200}
    if form.is_valid():
        shown = _answer(request, store, form.cleaned_data)
    context = {**admin.site.each_context(request), "title": _("导入菜单"), "store": store, "form": form}
    return TemplateResponse(request, "dishes/menu_import.html", {**context, **shown}, status=shown["status"])


def _store(request: HttpRequest, code: str) -> Store:
    store = get_object_or_404(Store, code=code)
    if not may_manage(request, store):
        raise PermissionDenied
    return store


def _answer(request: HttpRequest, store: Store, said: dict[str, Any]) -> dict[str, Any]:
    try:
        content = api_sheets.sent(said["file"])
        return {"status": 200, **_done(_imported(request, store, content, said["dry_run"]))}
    except Refusal as refusal:
        rows = [{**_place(row["field"]), "detail": words(row["detail"])} for row in refusal.errors]
        return {"status": refusal.status, "refusal": words(refusal.detail), "rows": rows}


def _imported(request: HttpRequest, store: Store, content: bytes, dry_run: bool) -> dict[str, Any]:
    if dry_run:  # nothing is done, so there is nothing to audit
        return transact(lambda tx: import_menu(tx, store, content, dry_run=True), actor=label(request))
    return act(request, "menu.import", store, lambda tx: import_menu(tx, store, content))


def _done(answer: dict[str, Any]) -> dict[str, Any]:
    counts = [{"kind": words(title), **answer[kind]} for kind, title in KINDS.items()]
    return {"counts": counts, "dry_run": answer["dry_run"]}


def _place(field: str) -> dict[str, str]:
    """``dishes.row12.price`` as the sheet's title, the row's number and the column's title."""
    name, row, column = (*field.split("."), "", "")[:3]
    table = next((table for table in TABLES if table.name == name), None)
    if table is None or not (get_language() or "").startswith("zh"):
        return {"sheet": name, "row": row.removeprefix("row"), "column": column}
    titles = {each.name: each.title for each in table.columns}
    return {"sheet": table.title, "row": row.removeprefix("row"), "column": titles.get(column, column)}
