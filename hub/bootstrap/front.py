"""Which commands run before Django is there, and how every other one reaches Django."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from hub.bootstrap import bench, check_all, contracts, lock, say, up, venv

COMMANDS: dict[str, tuple[Callable[[list[str]], int], str]] = {
    "up": (up.main, "install what is needed and serve the demo (make run)"),
    "check-all": (check_all.main, "lint, types, floors and every test lane (make test)"),
    "bench": (bench.main, "measure against stock Channels and the physical floor (make bench)"),
    "contracts": (contracts.main, "write the documents in docs/ anew from the code (make contracts)"),
    "lock": (lock.main, "write requirements.lock and requirements-dev.lock anew (make lock)"),
}


def main(argv: list[str]) -> int:
    """Run `argv[1]`: one of ours, or Django's; returns the exit status."""
    name = argv[1] if len(argv) > 1 else "help"
    try:
        if name in COMMANDS:
            heed_interrupts()
            return COMMANDS[name][0](argv[2:])
        return django(argv, name)
    except say.BootstrapError as error:
        return say.problem(error)
    except KeyboardInterrupt:
        say.line("\nstopped")
        return 130


def heed_interrupts() -> None:
    """A shell starts its background jobs deaf to SIGINT, and so would be every process that we start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def django(argv: list[str], name: str) -> int:
    """Hand over to Django, in `.venv` where this Python has none."""
    if name in ("help", "--help", "-h") and len(argv) < 3:
        show_commands()
    if importlib.util.find_spec("django") is None:
        return django_elsewhere(argv, name)
    from django.core.management import execute_from_command_line  # absent on a bare machine

    execute_from_command_line(argv)
    return 0


def django_elsewhere(argv: list[str], name: str) -> int:
    """Run the same command with the Python of `.venv`."""
    if venv.PYTHON.exists() and Path(sys.prefix).resolve() != venv.VENV.resolve():
        os.execv(venv.PYTHON, [str(venv.PYTHON), *argv])
    if name in ("help", "--help", "-h"):
        return 0
    raise say.BootstrapError(f"{name!r} needs Django, which is not installed", "run `make run` once")


def show_commands() -> None:
    """The commands that need nothing but Python."""
    say.line("Commands that work on a bare machine (each has --help):")
    for name, (_, meaning) in COMMANDS.items():
        say.line(f"    {name:<10} {meaning}")
    say.line()
