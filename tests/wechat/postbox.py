"""Where the emulator posts callbacks in tests within one process: kept for hand delivery, or let through."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from django.db import connection
from django.test import Client

from tests.wechat.emulator import until

NOTIFY = "/api/payments/wechat/notify/"


@dataclass(frozen=True)
class Letter:
    """A callback exactly as it came over the wire."""

    headers: dict[str, str]
    body: bytes

    def post(self, *, body: bytes | None = None, without: str = "", **changed: str) -> Any:
        """Hand it to the product, changed where asked (``Wechatpay_Serial="…"``); the product's answer."""
        changes = {name.replace("_", "-").lower(): value for name, value in changed.items()}
        headers = {name.lower(): value for name, value in self.headers.items()} | changes
        headers.pop(without.lower(), None)
        own = {name: value for name, value in headers.items() if name.startswith("wechatpay-")}
        return Client(raise_request_exception=False).post(
            NOTIFY,
            data=self.body if body is None else body,
            content_type=headers["content-type"],
            headers=own,
        )


class Postbox:
    """A web server whose ``url`` is the notify address.

    At first every callback is kept and answered 204; after ``forward()`` each goes on into the product and
    gets the product's answer. ``letters`` holds all of them, in the order in which they came.
    """

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.statuses: list[int] = []
        self.forwarding = False
        self._busy = 0
        self._guard = threading.Lock()
        box = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                status, body = box._take(Letter(dict(self.headers.items()), self.rfile.read(length)))
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body if status != 204 else b"")

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{NOTIFY}"

    def forward(self) -> None:
        """From now on callbacks reach the product (real commits only: `transaction=True`)."""
        self.forwarding = True

    def keep(self) -> None:
        """From now on callbacks are kept again."""
        self.forwarding = False
        until(lambda: not self._busy, "callbacks in hand")

    def wait(self, count: int = 1) -> list[Letter]:
        """The callbacks, when there are so many."""
        until(lambda: len(self.letters) >= count, f"{count} callbacks, {len(self.letters)} came")
        return list(self.letters)

    def _take(self, letter: Letter) -> tuple[int, bytes]:
        with self._guard:
            self._busy += 1
        try:
            status, body = self._deliver(letter) if self.forwarding else (204, b"")
            with self._guard:
                self.statuses.append(status)
                self.letters.append(letter)
            return status, body
        finally:
            with self._guard:
                self._busy -= 1

    def _deliver(self, letter: Letter) -> tuple[int, bytes]:
        try:
            answer = letter.post()
            return answer.status_code, answer.content
        finally:
            connection.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        self.keep()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
