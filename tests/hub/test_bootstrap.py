"""The bootstrap: what it installs, what it does without, and the way out that each refusal names."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hub.bootstrap import say, up, venv
from hub.bootstrap.servers import HOST, free_port


def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=venv.ROOT, capture_output=True, text=True, check=False, timeout=60)


def pins(path: Path) -> set[str]:
    """`name==version` of every direct requirement of that file, in the lock's spelling."""
    found = set()
    for text in path.read_text().splitlines():
        pin = text.split("#")[0].split(";")[0].strip()
        if pin and not pin.startswith("-"):
            name, version = pin.split("==")
            found.add(f"{re.sub(r'[._]', '-', name.split('[')[0]).lower()}=={version}")
    return found


# what is installed


@pytest.mark.parametrize("kind", ["run", "dev"])
def test_the_lock_holds_every_pin(kind):
    locked = re.sub(r"\[[^]]*\]", "", venv.lock(kind).read_text())
    missing = {pin for pin in pins(venv.requirements(kind)) if f"\n{pin} " not in locked}
    assert missing == set(), "run `make lock`"


@pytest.mark.parametrize("kind", ["run", "dev"])
def test_every_locked_package_has_hashes_and_no_host_is_named(kind):
    text = venv.lock(kind).read_text()
    entries = [block for block in venv.blocks(text) if "==" in block]
    assert len(entries) > 30
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


def test_the_driver_is_left_out_alone():
    text = venv.lock("run").read_text()
    without, only = venv.without_driver(text), venv.only_driver(text)
    assert "mysqlclient==" not in without
    assert only.startswith("mysqlclient==")
    assert only.count("==") == 1
    assert len(venv.blocks(without)) == len(venv.blocks(text)) - 1


def test_versions_stay_when_the_hashes_go():
    text = venv.without_hashes(venv.lock("run").read_text())
    assert "--hash" not in text
    assert "\\" not in text
    assert pins(venv.requirements("run")) <= {
        re.sub(r"\[[^]]*\]", "", line.split(" ;")[0]).strip() for line in text.splitlines()
    }


def test_the_stamp_follows_the_requirements(tmp_path, monkeypatch):
    for name in ("requirements.txt", "requirements.lock"):
        (tmp_path / name).write_text("one")
    monkeypatch.setattr(venv, "ROOT", tmp_path)
    before = venv.stamp_text("run", driver=True)
    assert venv.stamp_text("run", driver=True) == before
    assert venv.stamp_text("run", driver=False) != before
    (tmp_path / "requirements.lock").write_text("two")
    assert venv.stamp_text("run", driver=True) != before


def test_without_headers_the_driver_is_named_as_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert venv.driver_obstacle() == "there is no C compiler"
    (tmp_path / "gcc").touch(mode=0o755)
    assert venv.driver_obstacle() == "there is no pkg-config"
    (tmp_path / "pkg-config").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "pkg-config").chmod(0o755)
    assert venv.driver_obstacle() == "the MySQL client headers are missing"
    (tmp_path / "pkg-config").write_text("#!/bin/sh\nexit 0\n")
    assert venv.driver_obstacle() == ""


def test_the_bootstrap_imports_only_the_standard_library():
    """A Python without site-packages can load all of it."""
    code = "import hub.bootstrap.front, hub.bootstrap.servers, sys; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(venv.ROOT)!r}); {code}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "False\n", done.stderr


# up


def test_a_taken_port_is_told_with_the_way_out():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = manage("up", "--port", str(port))
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert f"make run PORT={port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_foreign_address_is_told_with_the_way_out():
    with pytest.raises(say.BootstrapError) as refusal:
        up.require_free("192.0.2.1", free_port())
    assert refusal.value.next == "give an address of this machine: HOST=127.0.0.1 make run"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", ""])
def test_a_port_is_a_number(port):
    done = manage("up", f"--port={port}")
    assert done.returncode == 2
    assert "give a number from 1 to 65535" in done.stderr


def test_the_environment_names_port_and_host(monkeypatch):
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("HOST", "0.0.0.0")
    options = up.parser().parse_args([])
    assert (options.port, options.host) == (8123, "0.0.0.0")
    assert up.parser().parse_args(["--port", "8124"]).port == 8124


@pytest.mark.parametrize("name", ["up", "check-all", "contracts", "lock"])
def test_every_command_has_help(name):
    done = manage(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: manage.py {name}")


# configuration


def test_the_example_names_every_setting():
    read = re.compile(r"env\.(?:text|list|flag|whole|number|str)\(\s*\"([A-Z_]+)\"|_env\.str\(\"([A-Z_]+)\"")
    named = set(
        re.findall(r"^(?:# )?([A-Z_]+)=", (venv.ROOT / ".env.example").read_text(), flags=re.MULTILINE)
    )
    used = {
        name
        for path in (venv.ROOT / "hub/settings").glob("*.py")
        for pair in read.findall(path.read_text())
        for name in pair
        if name
    }
    assert len(used) > 20
    assert used <= named, used - named
