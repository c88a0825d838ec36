"""`manage.py wechat_sandbox`: the WeChat emulator alone, on 127.0.0.1."""

import errno
import socket
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

HOST = "127.0.0.1"
PORT = 8100


class Command(BaseCommand):
    """Serves until Ctrl-C or SIGTERM."""

    help = "Run the WeChat emulator by itself on 127.0.0.1 and print the settings that use it."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--port", type=int, default=PORT)
        parser.add_argument("--folder", type=Path, default=settings.WECHAT_SANDBOX_DIR)
        parser.add_argument("--speed", type=float, default=settings.WECHAT_SANDBOX_SPEED)

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_in_production()
        if options["speed"] <= 0:
            raise CommandError("--speed must be above 0")
        listening = listen(options["port"])
        # Late: other commands need not wait for what serves and signs.
        import uvicorn

        from sandbox.app import create

        app = create(options["folder"], speed=options["speed"])
        base = f"http://{HOST}:{listening.getsockname()[1]}"
        for line in settings_lines(base):
            self.stdout.write(line)
        self.stdout.write(f"# keys and numbers: {base}/client.json   cashier: {base}/cashier/")
        self.stdout.flush()
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=3)
        uvicorn.Server(config).run(sockets=[listening])


def refuse_in_production() -> None:
    """CommandError where the settings are no development's and nobody asked for the emulator by name."""
    if not (settings.DEMO_ALLOWED or settings.WECHAT_ALLOW_SANDBOX):
        raise CommandError("an emulator has no place in production; WECHAT_ALLOW_SANDBOX=1 says otherwise")


def listen(port: int) -> socket.socket:
    """A socket that listens; CommandError that says why not and what to do."""
    found = socket.socket(socket.AF_INET)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
    except (OSError, OverflowError) as error:
        found.close()
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        why = "another program uses it" if taken else str(error)
        what = f"cannot listen on {HOST}:{port}: {why}"
        raise CommandError(f"{what}\n next: take another with --port") from error
    return found


def settings_lines(base: str) -> list[str]:
    """The environment with which the product uses this emulator; keys and numbers it asks for itself."""
    return [
        "WECHAT_MODE=sandbox",
        f"WECHAT_PAY_BASE_URL={base}",
        f"WECHAT_API_BASE_URL={base}",
    ]
