"""The virtual environment `.venv`: made when missing, filled again only when the requirements changed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hub.bootstrap import say

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
DRIVER = "mysqlclient"
DRIVER_REMEDY = "for it, on Debian: apt-get install libmariadb-dev pkg-config gcc"
CLIENT_LIBRARIES = ("mysqlclient", "libmariadb", "mariadb", "mariadbclient")


def requirements(kind: str) -> Path:
    """The file of direct pins: kind is `run` or `dev`."""
    return ROOT / ("requirements.txt" if kind == "run" else "requirements-dev.txt")


def lock(kind: str) -> Path:
    """The file of all pins with hashes that belongs to it."""
    return requirements(kind).with_suffix(".lock")


def driver_obstacle() -> str:
    """Why the MySQL driver, which has no Linux wheel, cannot be built here; or an empty text."""
    if not (shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")):
        return "there is no C compiler"
    if not shutil.which("pkg-config"):
        return "there is no pkg-config"
    for library in CLIENT_LIBRARIES:
        if not subprocess.run(
            ["pkg-config", "--exists", library], capture_output=True, check=False
        ).returncode:
            return ""
    return "the MySQL client headers are missing"


def stamp_text(kind: str, *, driver: bool) -> str:
    """What the installed packages were made from; another text means: install again."""
    parts = [path.read_bytes() for path in (ROOT / "requirements.txt", requirements(kind), lock(kind))]
    parts.append(f"{driver} {ROOT}".encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_installed(kind: str, *, driver: bool) -> bool:
    """Whether `.venv` already holds what `kind` wants; what the tests need contains what a run needs."""
    kinds = ("run", "dev") if kind == "run" else ("dev",)
    return PYTHON.exists() and any(
        stamp(each).exists() and stamp(each).read_text() == stamp_text(each, driver=driver) for each in kinds
    )


def stamp(kind: str) -> Path:
    """Where the stamp of that kind lies."""
    return VENV / f"installed-{kind}.stamp"


def ensure(kind: str) -> Path:
    """Make `.venv` hold the packages of `kind`; returns its Python. Raises BootstrapError."""
    obstacle = driver_obstacle()
    if is_installed(kind, driver=not obstacle):
        return PYTHON
    create()
    with say.step(f"installing the packages of {lock(kind).name}"):
        install(kind)
    built = not obstacle and install_driver(kind)
    if not built:
        reason = obstacle or "its build failed"
        say.note(f"MySQL/MariaDB driver left out ({reason}). SQLite needs none; {DRIVER_REMEDY}")
    stamp(kind).write_text(stamp_text(kind, driver=not obstacle))
    return PYTHON


def create() -> None:
    """Make an empty `.venv` where there is none that works."""
    if PYTHON.exists() and run_quietly([str(PYTHON), "-m", "pip", "--version"]).returncode == 0:
        return
    with say.step("creating the virtual environment .venv"):
        made = run_quietly([sys.executable, "-m", "venv", "--clear", str(VENV)])
        if made.returncode:  # a Debian without python3-venv
            made = create_without_ensurepip()
    if made.returncode:
        raise say.BootstrapError(
            f"the virtual environment could not be made:\n{tail(made)}",
            "install Python's venv module (Debian: apt-get install python3-venv) and run the command again",
        )


def create_without_ensurepip() -> subprocess.CompletedProcess[str]:
    """The same with the pip of the machine, which can install into another environment."""
    made = run_quietly([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)])
    if made.returncode:
        return made
    return run_quietly([sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "pip"])


def install(kind: str) -> None:
    """Install every locked package but the driver. Raises BootstrapError."""
    made = pip_install(without_driver(lock(kind).read_text()))
    if made.returncode:
        raise say.BootstrapError(
            f"pip could not install the packages:\n{tail(made)}",
            "check the network and pip's own configuration (pip config list), then run the command again; "
            "a mirror that rebuilds packages has other hashes: UNLOCKED=1 installs by version alone",
        )


def install_driver(kind: str) -> bool:
    """Build the MySQL driver; returns False where that fails, which must never sink the rest."""
    with say.step(f"building {DRIVER}"):
        return pip_install(only_driver(lock(kind).read_text())).returncode == 0


def pip_install(text: str) -> subprocess.CompletedProcess[str]:
    """Install a lock's text. It lists everything, so nothing is resolved; bytecode comes at first import."""
    locked = not os.environ.get("UNLOCKED")
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.txt")
        wanted.write_text(text if locked else without_hashes(text))
        options = ["--no-deps", "--no-compile", "--disable-pip-version-check", "--no-input", "-q"]
        options += ["--require-hashes"] if locked else []
        return run_quietly([str(PYTHON), "-m", "pip", "install", *options, "-r", str(wanted)])


def blocks(text: str) -> list[str]:
    """The lock's entries, each with its hashes and notes."""
    return re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)


def without_driver(text: str) -> str:
    """The lock without the MySQL driver."""
    return "".join(block for block in blocks(text) if not block.startswith(f"{DRIVER}=="))


def only_driver(text: str) -> str:
    """The driver's entry alone."""
    return "".join(block for block in blocks(text) if block.startswith(f"{DRIVER}=="))


def without_hashes(text: str) -> str:
    """The same versions without their hashes."""
    return re.sub(r"\s*\\\n\s+--hash=\S+", "", text)


def run_quietly(command: list[str], env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run to the end in the root folder, keeping what it says."""
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=env)


def tail(done: subprocess.CompletedProcess[str], lines: int = 12) -> str:
    """The last lines of what it said, without the warnings."""
    said = (done.stdout + done.stderr).splitlines()
    return "\n".join([text for text in said if not text.startswith("WARNING")][-lines:])
