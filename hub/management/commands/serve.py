"""`manage.py serve`: tables, demo, timers, pages and sockets in one process. What `make run` ends in."""

import os
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from hub import worker
from hub.bootstrap import front, say, up

PAGES = {
    "/": "start here",
    "/s/demo/": "diner",
    "/kitchen/": "kitchen",
    "/counter/": "counter",
    "/board/": "pickup board",
    "/admin/": "admin",
    "/api/": "REST",
    "/api/schema/swagger-ui/": "REST, described",
}
SANDBOX_PAGES = {"/sandbox/wechat/cashier/": "cashier of the WeChat emulator"}
FRAME_BYTES = 65536  # the protocol's limit; daphne's own is 1 MiB
LISTEN_FIRST = 1.0  # seconds; jobs would compete with the server's own start
NO_TIMEOUT = -1  # daphne would close every socket after a day; heartbeats are the protocol's


class Command(BaseCommand):
    """Prepares the database and serves until Ctrl-C or SIGTERM."""

    help = "Migrate, create the demo, run the timers and serve pages and sockets with daphne."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=up.port_number, default=8000)
        parser.add_argument("--reset", action="store_true", help="forget the SQLite database first")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        front.heed_interrupts()
        try:
            up.require_free(host, port)
        except say.BootstrapError as error:
            raise CommandError(f"{error.what}\n next: {error.next}") from error
        # The emulator is mounted on our own port, whatever PORT says.
        settings.WECHAT_SANDBOX_URL = f"http://127.0.0.1:{port}/sandbox/wechat"
        prepare(reset=options["reset"])
        timers = worker.start_thread(after=LISTEN_FIRST)
        try:
            serve(host, port)
        finally:
            timers.stop()
        say.line("stopped")


def prepare(*, reset: bool) -> None:
    """Bring the tables up to date and create the demo; both are quick when there is nothing to do."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # whitenoise warns where it is missing
    if reset:
        forget_database()
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        with say.step("migrating the database"):
            call_command("migrate", interactive=False, verbosity=0)
    if settings.DEMO_ALLOWED:
        call_command("demo", stdout=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def forget_database() -> None:
    """Delete the SQLite file of a development machine; raises CommandError for any other database."""
    if connection.vendor != "sqlite" or not settings.DEBUG:
        raise CommandError("--reset deletes only the SQLite database of a development machine")
    name = str(connection.settings_dict["NAME"])
    for suffix in ("", "-wal", "-shm"):
        Path(name + suffix).unlink(missing_ok=True)


def serve(host: str, port: int) -> None:
    """Serve until stopped. daphne comes late: its import reads the number of threads from the environment."""
    os.environ.setdefault("ASGI_THREADS", str(settings.ASGI_THREADS))
    from daphne.endpoints import build_endpoint_description_strings
    from daphne.server import Server
    from twisted.internet import reactor

    module_name, name = settings.ASGI_APPLICATION.rsplit(".", 1)
    roof = import_module(module_name)
    server = Server(
        getattr(roof, name),
        endpoints=build_endpoint_description_strings(host=host, port=port),
        http_timeout=None,
        websocket_timeout=NO_TIMEOUT,
        websocket_max_message_size=FRAME_BYTES,
        websocket_max_frame_size=FRAME_BYTES,
        server_name="",
    )
    reactor.callWhenRunning(started, roof, server, host, port)  # type: ignore[attr-defined]
    server.run()


def started(roof: ModuleType, server: Any, host: str, port: int) -> None:
    """Once the server listens: take over the signals (after Twisted has set its own) and say where to go."""
    if install := getattr(roof, "install_shutdown", None):
        install()
    if server.listening_addresses:
        announce(host, port)


def announce(host: str, port: int) -> None:
    """Print the addresses and the demo's log-ins."""
    origin = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    say.line("\nKaifan 开饭 is serving (Ctrl-C stops it)\n")
    for path, meaning in (PAGES | (SANDBOX_PAGES if settings.WECHAT_MODE == "sandbox" else {})).items():
        say.line(f"  {origin + path:<48} {meaning}")
    if settings.DEMO_ALLOWED:
        say.line("\n  staff   owner, manager, counter, kitchen   password demo")
        say.line("  diners  any code demo-<name>, for example demo-lin\n")
