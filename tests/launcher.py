"""Starts the product with something changed, for controls: ``launcher <server> <port> <source>``."""

import os
import sys

import django

from tests.live import DAPHNE, UVICORN


def main(server: str, port: str, change: str) -> None:
    """Apply the change to the loaded product, then serve it as the tests' other servers do."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.development")
    django.setup()
    exec(change, {"__name__": "change"})
    if server == "daphne":
        from daphne.cli import CommandLineInterface

        CommandLineInterface().run([*DAPHNE[2:], "127.0.0.1", "-p", port, "asgi:application"])
    else:
        import uvicorn

        uvicorn.main([*UVICORN[2:], "127.0.0.1", "--port", port, "asgi:application"])


if __name__ == "__main__":
    main(*sys.argv[1:])
