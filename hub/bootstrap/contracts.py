"""`manage.py contracts`: the published documents in docs/, written anew from the code."""

from __future__ import annotations

import argparse
import os

from hub.bootstrap import say, venv
from hub.bootstrap.lanes import NO_SERVERS

DOCUMENTS = {
    "openapi.json": ["spectacular", "--format", "openapi-json"],
    "asyncapi.json": ["asyncapi"],
    "states.json": ["states"],
    "permissions.json": ["permissions"],
    "streams.json": ["streams"],
    "postman.json": ["postman"],
    "problems.md": ["problems"],
}


def main(arguments: list[str]) -> int:
    """Write every document; returns the exit status."""
    argparse.ArgumentParser(prog="manage.py contracts", description=__doc__).parse_args(arguments)
    python = venv.ensure("run")
    for name, command in DOCUMENTS.items():
        with say.step(f"docs/{name}"):
            done = venv.run_quietly(
                [str(python), "manage.py", *command, "--file", f"docs/{name}"],
                os.environ | NO_SERVERS | {"DJANGO_SETTINGS_MODULE": "hub.settings.testing"},
            )
        if done.returncode:
            raise say.BootstrapError(f"docs/{name} was not written:\n{venv.tail(done)}", "mend what it says")
    return 0
