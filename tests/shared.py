"""What a run makes once, whichever of its processes comes first: a folder for all lanes and workers."""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """The run's folder of this name, filled by ``make(folder)``. Copy what is in it, do not use it."""
    folder = place() / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            make(folder)
            (folder / "done").touch()
    return folder


def place() -> Path:
    """A folder of the lanes' run, which removes it; without one, of this run of pytest."""
    if given := os.environ.get("KAIFAN_SHARED"):
        return Path(given)
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    own = Path(tempfile.gettempdir()) / f"kaifan-shared-{run}"
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own
