"""One person's way to the API: log-in, tokens, keys, and the patience of a good client. Blocking."""

import platform
import random
import threading
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from rush.tally import Tally

TIMEOUT = 30.0
TRIES = 4
MOST_WAIT = 20.0
UNSETTLED = ("idempotency.in_progress", "request.throttled")


class Refused(Exception):
    """The API said no, which is its right: ``status`` and ``code``."""

    def __init__(self, answer: requests.Response) -> None:
        self.status = answer.status_code
        body = answer.json() if "json" in answer.headers.get("Content-Type", "") else {}
        self.code = str(body.get("code", self.status))
        super().__init__(f"{answer.request.method} {urlsplit(answer.url).path}: {self.status} {self.code}")


class Unreachable(Exception):
    """Nobody answers there, or only with faults."""


class _Address(HTTPAdapter):
    """Connections that come from an address of their own."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, source_address=(self._address, 0))


def address_for(url: str, number: int) -> str | None:
    """A loopback address for the phone of this number, as every guest has one: limits go by address.

    Linux answers on all of 127.0.0.0/8; elsewhere, and for other servers, there is none.
    """
    local = urlsplit(url).hostname == "127.0.0.1" and platform.system() == "Linux"
    return f"127.0.{1 + number // 250 % 250}.{2 + number % 250}" if local else None


class Phone:
    """Calls of one person, one at a time. ``login`` is (address, body) of how they get tokens."""

    def __init__(self, url: str, tally: Tally, login: tuple[str, dict[str, str]], *, number: int = 0) -> None:
        self.url, self.tally, self._login = url, tally, login
        self._tokens: dict[str, Any] = {}
        self._http = requests.Session()
        self._http.trust_env = False
        self._turn = threading.Lock()
        if address := address_for(url, number):
            self._http.mount("http://", _Address(address))

    def get(self, path: str, **query: Any) -> Any:
        """GET below /api/v1; the JSON."""
        return self.call("GET", path, query=query)

    def post(self, path: str, body: dict[str, Any] | None = None, *, key: bool = False) -> Any:
        """POST below /api/v1; the JSON. ``key``: with an Idempotency-Key of its own."""
        return self.call("POST", path, body or {}, key=uuid.uuid4().hex if key else None)

    def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, query: Any = None
    ) -> Any:
        """The JSON of a 2xx answer; raises Refused for 4xx and Unreachable where nothing helps."""
        headers = {"Idempotency-Key": key} if key else {}
        with self._turn:
            if not self._tokens:
                self._tokens = self._send("POST", *self._login)
            try:
                return self._send(method, path, body, headers, query)
            except Refused as refusal:
                if refusal.code != "auth.token_expired":
                    raise
            self._tokens = self._send("POST", "/auth/refresh/", {"refresh": self._tokens["refresh"]})
            return self._send(method, path, body, headers, query)

    def pay_at(self, cashier: str) -> None:
        """Press the button of the sandbox's cashier."""
        with self._turn:
            self._send("POST", cashier)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def _send(self, method: str, path: str, body: Any = None, headers: Any = None, query: Any = None) -> Any:
        """Send it until there is an answer that means something: the same key makes that safe."""
        url, headers = path, dict(headers or {})
        if not path.startswith("http"):
            url = f"{self.url}/api/v1{path}"
            headers |= {"Authorization": f"Bearer {self._tokens['access']}"} if self._tokens else {}
        for attempt in range(TRIES):
            self.tally.retries += attempt > 0
            answer, wait = self._once(method, url, json=body, headers=headers, params=query)
            if answer is not None and answer.ok:
                return answer.json() if answer.content else None
            if answer is not None and answer.status_code < 500:
                refusal = Refused(answer)
                if attempt == TRIES - 1 or refusal.code not in UNSETTLED:
                    raise refusal
            time.sleep(wait)
        raise Unreachable(f"{method} {urlsplit(url).path}")

    def _once(self, method: str, url: str, **options: Any) -> tuple[requests.Response | None, float]:
        """The answer, if any came, and how long to wait before the next try; faults are counted."""
        began = time.monotonic()
        try:
            answer = self._http.request(method, url, timeout=TIMEOUT, **options)
        except requests.RequestException as error:
            self.tally.faults[f"no answer: {type(error).__name__}"] += 1
            return None, random.uniform(0.2, 0.6)
        if not url.endswith("/rt/events/"):  # it waits on purpose
            self.tally.answered(time.monotonic() - began)
        if answer.status_code >= 500:
            self.tally.faults[f"{answer.status_code} {method} {urlsplit(url).path}"] += 1
        return answer, min(MOST_WAIT, float(answer.headers.get("Retry-After", 1)))
