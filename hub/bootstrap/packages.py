"""Programs of the system that the lanes need: found, installed as root on Debian, or named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hub.bootstrap import say, venv
from hub.bootstrap.servers import find_program


def has_chinese_font() -> bool:
    """Whether a page in Chinese would show more than boxes."""
    return any(any(Path(folder).rglob("*CJK*")) for folder in ("/usr/share/fonts", "/usr/local/share/fonts"))


def has_python_headers() -> bool:
    """Whether C extensions of this Python can be built."""
    return Path(sysconfig.get_path("include"), "Python.h").exists()


def has_client_headers() -> bool:
    """Whether the MySQL driver can be built."""
    return not venv.driver_obstacle()


def chromium() -> str | None:
    """Path of an installed Chromium or Chrome."""
    return find_program("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@dataclass(frozen=True)
class Need:
    """A thing of the system: how to see that it is there, and the Debian packages that bring it."""

    present: Callable[[], object]
    debian: tuple[str, ...]


NEEDS: dict[str, tuple[Need, ...]] = {
    "mariadb": (
        Need(lambda: find_program("mariadbd", "mysqld"), ("mariadb-server",)),
        Need(has_client_headers, ("libmariadb-dev", "pkg-config", "gcc")),
        Need(has_python_headers, ("python3-dev",)),
    ),
    "redis": (Need(lambda: find_program("redis-server", "valkey-server"), ("redis-server",)),),
    "browser": (
        Need(chromium, ("chromium",)),
        Need(has_chinese_font, ("fonts-noto-cjk",)),
    ),
}


def missing(groups: list[str]) -> list[str]:
    """Debian packages of those groups whose thing is not there."""
    needs = [need for group in groups for need in NEEDS[group]]
    return [package for need in needs if not need.present() for package in need.debian]


def ensure(groups: list[str]) -> list[str]:
    """Install what is missing where we may; returns what is missing still."""
    wanted = missing(groups)
    if not wanted or not shutil.which("apt-get") or os.geteuid() != 0:
        return wanted
    with say.step(f"installing with apt-get: {' '.join(wanted)}"):
        quiet = {
            **os.environ,
            "DEBIAN_FRONTEND": "noninteractive",
            "RUNLEVEL": "1",
        }  # 1: start no system service
        options = ["-o", "DPkg::Lock::Timeout=120"]
        apt(["apt-get", *options, "-q", "update"], quiet)
        apt(["apt-get", *options, "-q", "install", "-y", "--no-install-recommends", *wanted], quiet)
    return missing(groups)


def apt(command: list[str], environment: dict[str, str]) -> None:
    """Run apt; a failure is told, and judged by what is missing afterwards."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        say.note(
            f"{' '.join(command[:1] + command[4:5])} ended with {done.returncode}:\n{venv.tail(done, 6)}"
        )
