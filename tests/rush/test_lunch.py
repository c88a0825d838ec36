"""A lunch rush against the product as `make run` serves it: it flows, it ends, and it can be played again."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
import requests
from django.core.management import call_command
from django.core.management.base import CommandError

from rush import recording
from rush.verbs import VERBS
from tests import stage
from tests.cast import Person
from tests.databases import ROOT
from tests.live import LiveServer

SOON = 60
# As somebody runs it: with the limits that guests have.
LIMITS = {"RATE_LIMIT_SCALE": "1"}


@pytest.fixture(scope="module")
def server():
    with stage.running(LiveServer("serve", database_url=stage.fresh_sqlite(), env=LIMITS)) as (only,):
        yield only


class Rush:
    """One `manage.py simulate --json`: ``told`` are its figures, ``said`` everything else."""

    def __init__(self, server, *options):
        command = [sys.executable, "manage.py", "simulate", "--json", "--url", server.base_url, *options]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=server.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.told, self.said = [], ""

    def until(self, holds):
        """Read on until it holds for the figures, or to the end."""
        for line in self.process.stdout:
            if line.startswith("{"):
                self.told.append(json.loads(line)["counts"])
                if holds(self.told[-1]):
                    return self
            else:
                self.said += line
        return self

    def end(self):
        """The exit status."""
        self.until(lambda counts: False)
        return self.process.wait(SOON)


def orders_of(server):
    """What the counter says of all orders: how many of each kind, bill and end."""
    fang = Person(server.base_url).log_in_as_staff("counter")
    page = fang.get("/orders/", store="demo", page_size=100)
    assert page["next"] is None
    return Counter((one["kind"], one["total_fen"], one["paid_fen"], one["status"]) for one in page["results"])


def test_the_rush_flows_to_its_end_and_can_be_played_again(server, tmp_path):
    day = tmp_path / "day.jsonl"
    size = ["--diners-per-minute", "3", "--minutes", "1", "--speed", "20", "--seed", "11"]
    first = Rush(server, *size, "--record", str(day))
    assert first.end() == 0, first.said
    last = first.told[-1]
    assert last["errors"] == 0 and last["orders"] >= 5 and last["completed"] >= 3
    assert last["orders"] == last["completed"] + last["cancelled"] + last["rejected"], "nothing hangs"
    once = orders_of(server)
    assert once.total() == last["orders"]
    again = Rush(server, "--replay", str(day), "--speed", "100")
    assert again.end() == 0, again.said
    assert orders_of(server) == once + once
    assert again.told[-1]["money_fen"] == last["money_fen"]
    done = Counter(entry["do"] for entry in recording.read(day, VERBS))
    assert done["submit"] == last["orders"] and done["complete"] == last["completed"]


def test_control_a_replay_with_another_bill_is_noticed(server, tmp_path):
    line = {"dish": "米饭", "quantity": 1, "options": [], "remark": ""}
    told = {"order": "o1", "kind": "pickup", "table": None, "lines": [line], "coupon": None, "remark": ""}
    recorder = recording.Recorder()
    recorder.note(0.0, "lin", "submit", told, {"total_fen": 1})
    recorder.note(0.1, "lin", "cancel", {"order": "o1", "reason": "点错了"})
    recorder.write(tmp_path / "day.jsonl", {})
    said = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("simulate", url=server.base_url, replay=tmp_path / "day.jsonl", stdout=said)
    assert left.value.code == 1
    assert (
        "BROKEN     at 0.0 lin submit: {'total_fen': 200}, recorded was {'total_fen': 1}" in said.getvalue()
    )


def test_ctrl_c_finishes_what_is_open_and_touches_nobody_elses(server):
    lin = Person(server.base_url).log_in_as_diner("lin")
    mine = lin.order({"米饭": 1})["no"]
    fang = Person(server.base_url).log_in_as_staff("counter")
    fang.pay_cash(mine)
    rush = Rush(server, "--diners-per-minute", "20", "--minutes", "30", "--seed", "12")
    rush.until(lambda counts: counts["accepted"] >= 3)
    rush.process.send_signal(signal.SIGINT)
    assert rush.end() == 0, rush.said
    last = rush.told[-1]
    assert last["orders"] == last["completed"] + last["cancelled"] + last["rejected"] >= 3
    live = fang.live_orders()
    assert {no: order["status"] for no, order in live.items()} == {mine: "placed"}
    tables = fang.get("/stores/demo/table-map/")["tables"]
    assert [table["code"] for table in tables if table["session"]] == []
    fang.move(mine, "cancel")


def children(pid):
    """Processes that this one has started and that are alive."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name_and_more = status.read_text().rpartition(")")
        except OSError:
            continue
        state, parent = name_and_more[2].split()[:2]
        if int(parent) == pid and state != "Z":
            found.append(int(status.parent.name))
    return found


@contextmanager
def page(server):
    """Our own page's requests."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Origin"] = server.base_url

        def ask(path, body=None):
            address = f"{server.base_url}/rush/{path}"
            answer = session.get(address) if body is None else session.post(address, json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()

        yield ask


def wait(holds):
    deadline = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--url", "http://127.0.0.1:9"], "nobody answers at http://127.0.0.1:9 .*\n next: `make run`"),
        (["--speed", "0"], "'0' is no number from 0.01 to 1000"),
        (["--diners-per-minute", "many"], "'many' is no number from 0 to 600"),
    ],
)
def test_what_cannot_work_says_what_to_do(options, said):
    with pytest.raises(CommandError, match=said):
        call_command("simulate", *options)


def test_a_store_that_is_not_there_and_a_recording_that_is_none_are_named(server):
    with pytest.raises(CommandError, match="no restaurant 'none'"):
        call_command("simulate", url=server.base_url, store="none")
    with pytest.raises(CommandError, match="its first line should say"):
        call_command("simulate", "--replay", "/dev/null", url=server.base_url)


def test_production_refuses_a_rush(settings):
    settings.DEMO_ALLOWED = False
    with pytest.raises(CommandError, match=r"refused in production.*\n next: .*make run"):
        call_command("simulate")


def test_the_switch_starts_and_stops_it_and_it_goes_with_the_server(server):
    with page(server) as ask:
        assert ask("start/", {"diners_per_minute": 10})["running"]
        wait(lambda: ask("").get("counts", {}).get("orders", 0) >= 1)
        [child] = children(server.popen.pid)
        assert ask("start/", {})["diners_per_minute"] == 10
        assert children(server.popen.pid) == [child]
        assert ask("stop/", {})["stopping"]
        wait(lambda: not ask("")["running"])
        assert (ask("")["problem"], ask("")["counts"]["errors"]) == (None, 0)
        ask("start/", {})
        [child] = children(server.popen.pid)
        wait(lambda: ask("")["counts"])
    server.kill()
    wait(lambda: not Path(f"/proc/{child}").exists())
