"""The cast over HTTP: people who log in to a running server and do what the REST contract lets them do."""

import itertools
import time
import uuid
from collections.abc import Iterable
from typing import Any

import requests

from tests.rowstore import RowStore

STAFF_PASSWORD = "demo"
TRIES = 40
PAUSE = 0.25
# Answers that say nothing about the order: the same request, with the same key, goes out again.
TRY_AGAIN = {409: "idempotency.in_progress", 502: None, 503: None, 504: None}


class Refused(AssertionError):
    """An answer that was not 2xx: ``status``, ``code`` and the whole problem ``body``."""

    def __init__(self, method: str, path: str, answer: requests.Response) -> None:
        self.status, self.text = answer.status_code, answer.text
        is_json = "json" in answer.headers.get("Content-Type", "")
        self.body: dict[str, Any] = answer.json() if is_json else {}
        self.code = self.body.get("code")
        super().__init__(f"{method} {path}: {self.status} {self.text[:500]}")


class Person:
    """Somebody (or a device) with a token and the addresses of one or several processes.

    Calls are synchronous. With ``persistent`` a lost connection, a 502/503/504 and a key in progress are
    tried again on the next process with the same Idempotency-Key, as a good client does.
    """

    def __init__(
        self, bases: str | Iterable[str], token: str | None = None, *, persistent: bool = False
    ) -> None:
        self.bases = itertools.cycle([bases] if isinstance(bases, str) else list(bases))
        self.base = next(self.bases)
        self.persistent = persistent
        self.token, self.refresh = token, None
        self.http = requests.Session()
        self.http.trust_env = False
        self.retries = 0

    # Log-ins

    def log_in_as_diner(self, name: str) -> "Person":
        """With the development code ``demo-<name>``."""
        return self._keep(self.post("/auth/wechat/", {"code": f"demo-{name}"}))

    def log_in_as_staff(self, username: str) -> "Person":
        """As one of the demo's staff: owner, manager, counter, kitchen."""
        return self._keep(self.post("/auth/login/", {"username": username, "password": STAFF_PASSWORD}))

    def _keep(self, pair: dict[str, Any]) -> "Person":
        self.token, self.refresh = pair["access"], pair["refresh"]
        return self

    def renew(self) -> str:
        """Trade the refresh token for the next pair; the access token."""
        self._keep(self.post("/auth/refresh/", {"refresh": self.refresh}))
        return str(self.token)

    def log_out(self) -> None:
        """End the log-in; its sockets close."""
        self.post("/auth/logout/", {"refresh": self.refresh})

    # HTTP

    def get(self, path: str, **query: Any) -> Any:
        """GET below /api/v1; the JSON."""
        return self.call("GET", path, query=query)

    def post(self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> Any:
        """POST below /api/v1; the JSON. ``key`` is the Idempotency-Key."""
        return self.call("POST", path, body or {}, key=key)

    def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        key: str | None = None,
        query: dict[str, Any] | None = None,
    ) -> Any:
        """The JSON of a 2xx answer (None for 204); Refused for everything else."""
        answer = self.answer(method, path, body, key=key, query=query)
        if not answer.ok:
            raise Refused(method, path, answer)
        return answer.json() if answer.content else None

    def answer(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        key: str | None = None,
        query: dict[str, Any] | None = None,
    ) -> requests.Response:
        """The bare answer, whatever it says; tried again where that is right and asked for."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        for attempt in range(TRIES):
            try:
                answer = self.http.request(
                    method,
                    f"{self.base}/api/v1{path}",
                    json=body,
                    params=query,
                    headers=headers,
                    timeout=10,
                )
                if not self.persistent or attempt == TRIES - 1 or not unsettled(answer):
                    return answer
            except requests.RequestException:
                if not self.persistent or attempt == TRIES - 1:
                    raise
            self.retries += 1
            self.base = next(self.bases)
            time.sleep(PAUSE)
        raise AssertionError("unreachable")

    # What people do

    def menu(self, store: str = "demo") -> dict[str, dict[str, Any]]:
        """The dishes on the menu by name."""
        found = self.get(f"/stores/{store}/menu/")
        return {dish["name"]: dish for category in found["categories"] for dish in category["dishes"]}

    def basket(self, wanted: dict[str, int], store: str = "demo") -> list[dict[str, Any]]:
        """Lines for a submit: dish name → quantity, with the first options where some are required."""
        menu = self.menu(store)
        return [line(menu[name], quantity) for name, quantity in wanted.items()]

    def order(
        self, wanted: dict[str, int] | list[dict[str, Any]], *, key: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Submit an order (pickup at the demo store unless ``fields`` say otherwise)."""
        store = fields.get("store", "demo")
        lines = wanted if isinstance(wanted, list) else self.basket(wanted, store)
        body = {"store": store, "kind": "pickup", "lines": lines, "remark": "", **fields}
        return self.post("/orders/", body, key=key or new_key())

    def see(self, no: str) -> dict[str, Any]:
        """The order as it is now."""
        return self.get(f"/orders/{no}/")

    def pay_cash(self, no: str, *, key: str | None = None) -> dict[str, Any]:
        """The counter takes cash."""
        return self.post(f"/orders/{no}/pay/", {"channel": "cash"}, key=key or new_key())

    def move(self, no: str, name: str, **body: Any) -> dict[str, Any]:
        """A move of the order (accept, reject, cancel, complete, rush …), safe to repeat by its op_id."""
        return self.post(f"/orders/{no}/{name}/", {"op_id": str(uuid.uuid4()), **body})

    def accept(self, no: str) -> dict[str, Any]:
        """Take the order."""
        return self.move(no, "accept")

    def complete(self, no: str) -> dict[str, Any]:
        """Hand it over."""
        return self.move(no, "complete")

    def tap(self, line_id: int, name: str, **body: Any) -> dict[str, Any]:
        """A tap on a line in the kitchen: start, ready, recall, serve."""
        return self.post(f"/kitchen/lines/{line_id}/{name}/", {"op_id": str(uuid.uuid4()), **body})

    def live_orders(self, store: str = "demo") -> dict[str, dict[str, Any]]:
        """What the counter's list says of every order that is not over: no → order."""
        found: dict[str, dict[str, Any]] = {}
        query = {
            "store": store,
            "status": "pending_payment,placed,accepted,preparing,ready",
            "page_size": 100,
        }
        page = self.get("/orders/", **query)
        while True:
            found |= {order["no"]: order for order in page["results"]}
            if not page["next"]:
                return found
            page = self.get("/orders/?" + page["next"].split("?", 1)[1])

    def pair(self, kind: str, station: str | None = None, store: str = "demo") -> "Person":
        """As a manager: a paired device of this kind."""
        body = {"store": store, "kind": kind, "station": station, "name": f"{kind} {station or ''}".strip()}
        code = self.post("/devices/pair/", body)["code"]
        claimed = Person(self.base).post("/devices/claim/", {"code": code})
        device = Person(self.base, claimed["token"])
        device.device = claimed["device"]
        return device

    def view(self, view: str, stream: str, station: str | None = None) -> dict[str, Any]:
        """What a screen without a socket shows: snapshot, then the events behind its cursor; key → data."""
        query = {"view": view, "stream": stream} | ({"station": station} if station else {})
        store = RowStore(stream)
        store.load(self.get("/rt/snapshot/", **query))
        while events := (page := self.get("/rt/events/", **query, cursor=store.cursor, wait=0))["events"]:
            assert {store.take(event) for event in events} == {"applied"}
            store.cursor = page["cursor"]
        return store.fold()


def unsettled(answer: requests.Response) -> bool:
    """Whether the answer leaves open what happened."""
    if answer.status_code not in TRY_AGAIN:
        return False
    code = TRY_AGAIN[answer.status_code]
    return code is None or answer.json().get("code") == code


def line(dish: dict[str, Any], quantity: int = 1, remark: str = "") -> dict[str, Any]:
    """A line of a basket for a dish of the menu document, with the first options it insists on."""
    groups = dish.get("option_groups") or []
    options = [option["id"] for group in groups for option in group["options"][: group["min"]]]
    return {"dish": dish["id"], "quantity": quantity, "options": options, "remark": remark}


def new_key() -> str:
    """A fresh Idempotency-Key."""
    return uuid.uuid4().hex
