"""The landing page's switch: from our own page only, in development only, one rush at a time."""

import json
import sys
import time

import pytest

from rush import views
from rush.switch import Switch

OWN = {"headers": {"Origin": "http://testserver"}}
CALM = {"running": False, "stopping": False, "since": None, "diners_per_minute": None, "counts": {}}
CALM["problem"] = None
# Stands in for the simulator: tells one figure, then waits for the end of its standard input or a signal.
CHILD = 'import sys; print(\'{"at": 0, "counts": {"orders": 3}}\', flush=True); sys.stdin.read()'


@pytest.fixture
def switch(monkeypatch, settings):
    """A switch of the test's own whose simulator only waits."""
    settings.LANDING = settings.DEMO_ALLOWED = True
    made = Switch()
    monkeypatch.setattr(views, "switch", made)
    monkeypatch.setattr("rush.switch.COMMAND", (sys.executable, "-c", CHILD))
    yield made
    if made._child and made._child.poll() is None:
        made._child.kill()
        made._child.wait()


def post(client, path, body="{}", content_type="application/json", **more):
    return client.post(path, body, content_type=content_type, **{**OWN, **more})


def until(holds):
    """Wait for what a thread or a process does."""
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def test_start_look_and_stop(client, switch):
    assert client.get("/rush/").json() == CALM
    started = post(client, "/rush/start/", json.dumps({"diners_per_minute": 30})).json()
    assert started["running"] and not started["stopping"] and started["since"].endswith("+08:00")
    assert started["diners_per_minute"] == 30
    until(lambda: client.get("/rush/").json()["counts"] == {"orders": 3})
    stopped = post(client, "/rush/stop/")
    assert stopped.status_code == 200 and stopped["Cache-Control"] == "no-store"
    until(lambda: not client.get("/rush/").json()["running"])


def test_a_second_start_starts_nothing(client, switch):
    post(client, "/rush/start/")
    first = switch._child
    again = post(client, "/rush/start/", json.dumps({"diners_per_minute": 60}))
    assert again.json()["diners_per_minute"] == 12 and switch._child is first


def test_stopping_what_does_not_run_changes_nothing(client, switch):
    assert post(client, "/rush/stop/").json() == CALM


def test_the_command_gets_our_own_address_and_figures(client, switch, monkeypatch):
    monkeypatch.setattr(
        "rush.switch.COMMAND", (sys.executable, "-c", "import sys; sys.exit(repr(sys.argv[1:]))")
    )
    body = {"diners_per_minute": 5, "minutes": 2, "store": "demo"}
    post(client, "/rush/start/", json.dumps(body), SERVER_NAME="127.0.0.1", SERVER_PORT="8123",
         headers={"Origin": "http://evil.example", "Host": "evil.example"})  # fmt: skip
    until(lambda: client.get("/rush/").json()["problem"])
    said = client.get("/rush/").json()["problem"]
    assert "'--url', 'http://127.0.0.1:8123', '--store', 'demo', '--minutes', '2.0'" in said
    assert "evil" not in said


@pytest.mark.parametrize(
    "change",
    [
        {"headers": {}},
        {"headers": {"Origin": "http://evil.example"}},
        {"headers": {"Origin": "null"}},
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
    ],
)
@pytest.mark.parametrize("path", ["/rush/start/", "/rush/stop/"])
def test_what_another_site_can_send_is_refused(client, switch, change, path):
    refused = post(client, path, **change)
    assert (refused.status_code, refused.json()["code"]) == (403, "auth.forbidden")
    assert switch._child is None


@pytest.mark.parametrize(
    "body",
    [
        "[",
        "[]",
        "1",
        '"x"',
        '{"diners_per_minute": 0}',
        '{"diners_per_minute": 61}',
        '{"minutes": "ten"}',
        '{"minutes": true}',
        '{"minutes": NaN}',
        '{"minutes": 1e999}',
        '{"store": "--help"}',
        '{"store": ""}',
        '{"store": 7}',
        '{"store": "a b"}',
        "[" * 100_000,
    ],
)
def test_a_body_that_makes_no_sense_starts_nothing(client, switch, body):
    refused = post(client, "/rush/start/", body)
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
    assert switch._child is None


@pytest.mark.parametrize("change", [{"LANDING": False}, {"DEMO_ALLOWED": False}])
def test_production_has_no_such_page(client, switch, settings, change):
    for name, value in change.items():
        setattr(settings, name, value)
    answers = [client.get("/rush/"), post(client, "/rush/start/"), post(client, "/rush/stop/")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert switch._child is None


def test_only_get_looks_and_only_post_moves(client, switch):
    answers = [client.get("/rush/start/"), client.get("/rush/stop/"), post(client, "/rush/")]
    assert [answer.status_code for answer in answers] == [405] * 3
