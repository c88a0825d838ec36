"""A plugin of `make test`: which of our lines this process of pytest ran, written down when it ends.

Every probe stays in place. slipcover could take out those that were hit, but walks the whole process for it:
0.2 s and more in the middle of whatever runs, and an example of hypothesis has 0.2 s in all.
"""

import json
import os
from pathlib import Path

import pytest
from slipcover import Slipcover
from slipcover.importer import FileMatcher, ImportManager

NEVER = -1
ROOT = Path(__file__).resolve().parent.parent
matcher = FileMatcher()
for package in ROOT.glob(
    "*/__init__.py"
):  # named one by one: it takes a frozen module for a file of this folder
    if package.parent.name != "tests":
        matcher.addSource(package.parent)
matcher.addOmit("*/migrations/*")
probes = Slipcover(d_miss_threshold=NEVER)
ImportManager(probes, matcher).__enter__()  # at once: Django loads our packages before any hook


def pytest_unconfigure(config: pytest.Config) -> None:
    """One file for each process, so that workers need not speak to each other."""
    files = probes.get_coverage()["files"]
    reached = {name: found["executed_lines"] for name, found in files.items()}
    Path(os.environ["KAIFAN_COVERAGE"], f"{os.getpid()}.json").write_text(json.dumps(reached))
