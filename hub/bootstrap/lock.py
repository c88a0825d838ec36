"""`manage.py lock`: write the two lock files anew from the direct pins."""

from __future__ import annotations

import argparse
from subprocess import CompletedProcess

from hub.bootstrap import say, venv

RESOLVE = "-m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras"
HEADER = "# Every package of {name} with its hashes, written by `make lock`.\n"


def main(arguments: list[str]) -> int:
    """Resolve both requirement files for all platforms from Python 3.11 up; returns the exit status."""
    argparse.ArgumentParser(prog="manage.py lock", description=__doc__).parse_args(arguments)
    venv.create()
    with say.step("installing uv, which resolves for all platforms at once"):
        done = venv.run_quietly([str(venv.PYTHON), "-m", "pip", "install", "-q", "uv"])
        checked(done, "uv could not be installed")
    for kind in ("run", "dev"):
        write(kind)
    return 0


def write(kind: str) -> None:
    """Write one lock file; raises BootstrapError."""
    source = venv.requirements(kind)
    with say.step(f"resolving {source.name}"):
        done = venv.run_quietly([str(venv.PYTHON), *RESOLVE.split(), "--no-header", source.name])
        checked(done, f"{source.name} could not be resolved")
    venv.lock(kind).write_text(HEADER.format(name=source.name) + done.stdout)


def checked(done: CompletedProcess[str], what: str) -> None:
    """Raise BootstrapError unless the command ended well."""
    if done.returncode:
        raise say.BootstrapError(
            f"{what}:\n{venv.tail(done)}", "check the network and the pins, then run it again"
        )
