"""`manage.py up`: from a bare machine to a served page. The part inside `.venv` is the command `serve`."""

from __future__ import annotations

import argparse
import errno
import os
import socket

from hub.bootstrap import say, venv


def parser() -> argparse.ArgumentParser:
    """The arguments of `up`."""
    made = argparse.ArgumentParser(
        prog="manage.py up",
        description="Make .venv, install, migrate, create the demo store and serve it all in one process. "
        "Running it again only serves.",
    )
    port, host = os.environ.get("PORT") or "8000", os.environ.get("HOST") or "127.0.0.1"
    made.add_argument("--port", type=port_number, default=port, help="environment: PORT (8000)")
    made.add_argument("--host", default=host, help="environment: HOST (127.0.0.1); 0.0.0.0 for tablets")
    made.add_argument("--reset", action="store_true", help="forget the SQLite database of the demo first")
    return made


def port_number(text: str) -> int:
    """A port from 1 to 65535."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 1 to 65535")
    return int(text)


def main(arguments: list[str]) -> int:
    """Bootstrap, then become the server; returns only where that fails."""
    options = parser().parse_args(arguments)
    require_free(options.host, options.port)
    python = venv.ensure("run")
    command = [str(python), "manage.py", "serve", "--host", options.host, "--port", str(options.port)]
    os.chdir(venv.ROOT)
    os.environ.setdefault("LOG_FORMAT", "plain")  # somebody reads along
    os.execv(python, command + (["--reset"] if options.reset else []))


def require_free(host: str, port: int) -> None:
    """Raise BootstrapError where nobody can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            what = f"cannot listen on {host}:{port}: {error.strerror}"
            raise say.BootstrapError(what, way_out(error.errno, port)) from error


def way_out(reason: int | None, port: int) -> str:
    """What to do about a port that cannot be taken."""
    if reason == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8000
        return f"stop the program that uses port {port}, or take another: make run PORT={other}"
    if reason == errno.EACCES:
        return "ports below 1024 belong to root; take another: make run PORT=8000"
    return "give an address of this machine: HOST=127.0.0.1 make run"
