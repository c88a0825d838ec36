"""The pages' shells. What is alive on them comes by REST and the sockets."""

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.shortcuts import get_object_or_404, render

from hub import clock
from hub.errors import Refusal
from hub.languages import words
from ordering.dishes import menu
from ordering.restaurant import tokens
from ordering.restaurant.models import Store
from screens import installed
from screens import landing as doors
from screens.csp import page

SANDBOX_PATH = "/sandbox/wechat"


def _stores() -> QuerySet[Store]:
    return Store.objects.only("code", "name", "is_open").order_by("id")


def _screen(request: HttpRequest, name: str) -> HttpResponse:
    stores = _stores().prefetch_related("stations")
    return render(request, f"screens/{name}.html", {"stores": stores})


def _pay() -> dict[str, str]:
    """How a guest's page pays by WeChat; in the sandbox on the emulator's cashier page."""
    mode = settings.WECHAT_MODE
    base = settings.WECHAT["PAY_BASE_URL"].rstrip("/") or SANDBOX_PATH
    cashier = f"{base}/cashier/" if mode == "sandbox" else ""
    return {"mode": mode, "cashier": cashier, "app_id": settings.WECHAT["APP_ID"]}


@page
def landing(request: HttpRequest) -> HttpResponse:
    """Where a newcomer starts: all screens of all stores and the demo's log-ins. Development only."""
    if not getattr(settings, "LANDING", settings.DEBUG):
        return HttpResponseNotFound("<!doctype html><title>404</title><p>没有这个页面。</p>")
    stores = [doors.entrances(request, store) for store in _stores()]
    return render(request, "screens/landing.html", {"stores": stores, "pay": _pay()})


@page
def diner(request: HttpRequest, code: str) -> HttpResponse:
    """A store's menu for a guest who picks up; an unknown store is a 404."""
    store = get_object_or_404(Store, code=code)
    return render(request, "screens/diner.html", {**_offer(store), "pay": _pay()})


@page
def table(request: HttpRequest, token: str) -> HttpResponse:
    """The same for the guests of a table; 403 with what to do for a token that is not, or no longer, good."""
    try:
        table = tokens.read(token)
    except Refusal as refusal:
        detail = {"detail": words(refusal.detail)}
        return render(request, "screens/refused.html", detail, status=refusal.status)
    seat = {"table": table, "table_token": token}
    return render(request, "screens/diner.html", {**_offer(table.store), **seat, "pay": _pay()})


def _offer(store: Store) -> dict[str, object]:
    """The menu as it is now, drawn by the server so that a phone shows it before any script has come."""
    return {"store": store, "menu": menu.content(store, clock.now())}


@page
def kitchen(request: HttpRequest) -> HttpResponse:
    """A station's tickets; the header tells the installed app whether its files are of this version."""
    response = _screen(request, "kitchen")
    response["Kaifan-Version"] = installed.version()
    return response


@page
def kitchen_worker(request: HttpRequest) -> HttpResponse:
    """The kitchen's service worker; from this address it may serve ``/kitchen/`` and nothing else."""
    return HttpResponse(installed.worker(), content_type="text/javascript; charset=utf-8")


@page
def kitchen_manifest(request: HttpRequest) -> HttpResponse:
    """The kitchen as an app that a tablet can install."""
    return JsonResponse(installed.manifest(), content_type="application/manifest+json")


@page
def counter(request: HttpRequest) -> HttpResponse:
    """Every order that is not finished, and the store's switches."""
    return _screen(request, "counter")


@page
def table_codes(request: HttpRequest) -> HttpResponse:
    """The tables' QR codes to print; the page gets them with the counter's own token."""
    return render(request, "screens/table_codes.html")


@page
def board(request: HttpRequest) -> HttpResponse:
    """Pickup numbers for the guests who wait."""
    return _screen(request, "board")
