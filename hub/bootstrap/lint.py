"""The checks of `make test` that run no test: lint, format, types, floors, migrations."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from hub.bootstrap import say, venv
from hub.bootstrap.lanes import NO_SERVERS

CHECKS = {
    "mypy": ["-m", "mypy"],
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "import-linter": ["-c", "from importlinter.cli import lint_imports_command as run; run()"],
    "migrations": ["manage.py", "makemigrations", "--check", "--dry-run", "--settings=hub.settings.testing"],
}
REMEDIES = {
    "ruff check": ".venv/bin/ruff check --fix",
    "ruff format": ".venv/bin/ruff format",
    "import-linter": "see 'Floors' in CONTRIBUTING.md",
    "migrations": ".venv/bin/python manage.py makemigrations",
    "mypy": "see [tool.mypy] in pyproject.toml",
}


@dataclass(frozen=True)
class Finding:
    """What a check said, and whether it was content."""

    name: str
    good: bool
    text: str
    seconds: float


def run() -> list[Finding]:
    """All checks; prints what they object to."""
    say.line("\n-> checks: " + ", ".join(CHECKS))
    return show_all(look())


def look() -> list[Finding]:
    """All checks, two at a time, without a word."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(check, CHECKS))


def show_all(findings: list[Finding]) -> list[Finding]:
    """Print what they said; returns them."""
    for finding in findings:
        show(finding)
    return findings


def check(name: str) -> Finding:
    """Run one check to its end."""
    began = time.monotonic()
    done = venv.run_quietly([str(venv.PYTHON), *CHECKS[name]], os.environ | NO_SERVERS)
    return Finding(name, done.returncode == 0, said(done), time.monotonic() - began)


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Both outputs, at most the last 60 lines."""
    return "\n".join((done.stdout + done.stderr).strip().splitlines()[-60:])


def show(finding: Finding) -> None:
    """One line for a good check; a bad one's own words and the usual way out."""
    word = "ok" if finding.good else "FAILED"
    say.line(f"   {finding.name:<14} {word}  {finding.seconds:.1f} s")
    if not finding.good:
        say.line(f"{finding.text}\n   next: {REMEDIES[finding.name]}\n")
