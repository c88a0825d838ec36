"""`manage.py bench`: the benchmarks, with everything they compare against installed first."""

from __future__ import annotations

import os

from hub.bootstrap import packages, venv


def main(arguments: list[str]) -> int:
    """Become `python -m benchmarks`; its own --help tells the rest."""
    packages.ensure(["mariadb", "redis"])
    python = venv.ensure("dev")
    os.chdir(venv.ROOT)
    os.execv(python, [str(python), "-m", "benchmarks", *arguments])
