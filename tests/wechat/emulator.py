"""The WeChat emulator for tests: in a thread of the test or as a process, always over HTTP on a free port."""

import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

import requests
import uvicorn

from tests.databases import process_env
from tests.live import Process, free_port
from tests.shared import made_once

FAST = 2000.0  # the first retry of a callback comes after 7.5 ms instead of 15 s
START_SECONDS = 20
KEYS = ("*.pem", "*.json")


class Emulator:
    """The stand-alone emulator: ``url`` is both base addresses, ``ledger()`` is what the money really did.

    ``start`` and ``stop`` keep port and folder, so what the emulator knows survives; as a context manager it
    starts and stops. Every answer that is not 2xx raises, unless it is asked for with ``ask``.
    """

    def __init__(
        self, folder: Path | str, *, speed: float = FAST, port: int | None = None, process: bool = False
    ) -> None:
        self.folder, self.speed, self.port = Path(folder), speed, port or free_port()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._runner: Runner | Alone = Alone(self) if process else Runner(self)
        self._http = threading.local()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        self._runner.start()
        return self

    def stop(self) -> None:
        self._runner.stop()

    def kill(self) -> None:
        """At once; a process gets SIGKILL."""
        self._runner.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: Any) -> None:
        self.stop()

    # HTTP

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """The bare answer of any of its addresses; connections are kept, one a thread."""
        http = getattr(self._http, "session", None)
        if http is None:
            http = self._http.session = requests.Session()
            http.trust_env = False
        headers = {"Accept": "application/json", **options.pop("headers", {})}
        return http.request(method, self.url + path, json=body, headers=headers, timeout=15, **options)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a 2xx answer."""
        answer = self.ask(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def control(self, path: str, body: Any = None) -> Any:
        """``/control/<path>/``: GET, or POST with a body."""
        return self.call("GET" if body is None else "POST", f"/control/{path.strip('/')}/", body)

    # Faults

    def fault(self, name: str, **facts: Any) -> None:
        """Switch a fault on (``route``, ``times`` = 1, -1 until cleared, and what else it takes)."""
        self.control("faults", {"name": name, **facts})

    def clear(self) -> None:
        """All faults off."""
        self.call("DELETE", "/control/faults/")

    def deliver(self, number: str, **facts: Any) -> Any:
        """Send the callback of a payment (or of a refund, as ``out_refund_no=…``) once more, now."""
        return self.control("deliver", {"out_trade_no": number, **facts})

    def decide(self, out_refund_no: str, status: str) -> Any:
        """What becomes of a slow refund: SUCCESS, ABNORMAL or CLOSED."""
        return self.control(f"refunds/{out_refund_no}", {"status": status})

    # What people and the money do

    def ledger(self) -> dict[str, Any]:
        """Sums, orders, refunds, and how often what was called."""
        return self.control("ledger")

    def calls(self, name: str) -> int:
        """How often this route was called."""
        return int(self.ledger()["calls"].get(name, 0))

    def pay(self, prepay_id: str) -> dict[str, Any]:
        """The guest pays at the cashier."""
        return self.call("POST", f"/cashier/{prepay_id}/pay/")

    def try_to_pay(self, prepay_id: str) -> requests.Response:
        """The guest tries to pay; the bare answer."""
        return self.ask("POST", f"/cashier/{prepay_id}/pay/")

    def order(self, out_trade_no: str) -> dict[str, Any]:
        """One attempt in the ledger."""
        [found] = [row for row in self.ledger()["orders"] if row["out_trade_no"] == out_trade_no]
        return found

    @contextmanager
    def books(self) -> Iterator[sqlite3.Connection]:
        """The ledger's own tables, for controls that have to tidy up."""
        with closing(sqlite3.connect(self.folder / "ledger.sqlite3", timeout=10)) as db, db:
            yield db

    def refunds(self, out_trade_no: str) -> list[dict[str, Any]]:
        """The refunds of one attempt in the ledger."""
        return [row for row in self.ledger()["refunds"] if row["out_trade_no"] == out_trade_no]

    def net(self) -> dict[str, int]:
        """What the merchant holds of each attempt that was ever paid, in fen."""
        ledger = self.ledger()
        held = {row["out_trade_no"]: row["total_fen"] for row in ledger["orders"] if row["paid_times"]}
        for row in ledger["refunds"]:
            if row["status"] == "SUCCESS":
                held[row["out_trade_no"]] -= row["amount_fen"]
        assert sum(held.values()) == ledger["paid_fen"] - ledger["refunded_fen"], ledger
        return held


class Runner:
    """The emulator served by uvicorn in a thread."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        from sandbox import app  # only here: the tests' other emulators are processes

        self._app = app.create(self.emulator.folder, speed=self.emulator.speed)
        config = uvicorn.Config(
            self._app, host="127.0.0.1", port=self.emulator.port, log_level="critical", access_log=False
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="emulator", daemon=True)
        self._thread.start()
        until(lambda: self._server.started or not self._thread.is_alive(), "the emulator")
        assert self._thread.is_alive(), f"the emulator did not start on port {self.emulator.port}"

    def stop(self) -> None:
        if self._thread:
            self._app.state.postman.stop()
            self._server.should_exit = self._server.force_exit = True
            self._thread.join(10)
            assert not self._thread.is_alive(), "the emulator does not stop"
            self._thread = None

    kill = stop


class Alone(Process):
    """The emulator as a process: ``manage.py wechat_sandbox``."""

    def __init__(self, emulator: Emulator) -> None:
        env = process_env(f"sqlite:///{emulator.folder / 'none.sqlite3'}", env={"WECHAT_MODE": "sandbox"})
        super().__init__(env, emulator.folder / "log")
        self.emulator = emulator

    def command(self) -> list[str]:
        emulator = self.emulator
        options = {"--port": emulator.port, "--folder": emulator.folder, "--speed": emulator.speed}
        return [
            sys.executable,
            "manage.py",
            "wechat_sandbox",
            *(str(part) for row in options.items() for part in row),
        ]

    def wait_ready(self) -> None:
        until(lambda: not self.running() or self._answers(), "the emulator's process", START_SECONDS)
        assert self.running(), self.log_text()[-4000:]

    def _answers(self) -> bool:
        try:
            return self.emulator.ask("GET", "/client.json").ok
        except requests.RequestException:
            return False


def until(true: Any, what: str, seconds: float = 10.0, pause: float = 0.005) -> Any:
    """Wait until ``true()`` is true and return it; AssertionError after ``seconds`` of real time."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(pause)
    return found


def make_keys(folder: Path) -> None:
    """Making keys takes a second."""
    with Emulator(folder) as emulator:
        emulator.call("GET", "/client.json")


def keys_folder() -> Path:
    """The run's keys, which whichever process came first has made."""
    return made_once("emulator", make_keys)


def copy_keys(source: Path, target: Path) -> None:
    """The keys alone, not the ledger."""
    for pattern in KEYS:
        for file in source.glob(pattern):
            shutil.copy2(file, target / file.name)


def fresh_folder(parent: Path) -> Path:
    """A folder with the run's keys and an empty ledger."""
    folder = Path(tempfile.mkdtemp(dir=parent, prefix="emulator-"))
    copy_keys(keys_folder(), folder)
    return folder
