"""The access token: fetched by one for all, over threads, processes and a dead Redis; never by force."""

import subprocess
import sys
from contextlib import nullcontext

import pytest
import time_machine
from django.conf import settings as running
from django.core.cache import cache
from django.utils import timezone

from hub.settings.environment import Environment
from ordering.users.wechat import client as wechat
from ordering.users.wechat import config as wechat_config
from ordering.users.wechat import token as wechat_token
from ordering.users.wechat.client import Rejected, Unavailable
from tests.databases import ROOT, process_env
from tests.live import free_port

CALLERS = 50
PROBE = """
import django; django.setup()
from concurrent.futures import ThreadPoolExecutor
from ordering.users.wechat import config as wechat_config
from ordering.users.wechat import token as wechat_token
config = wechat_config.current()
print("ready", flush=True)
input()
with ThreadPoolExecutor(8) as pool:
    print(len(set(pool.map(lambda _: wechat_token.current(config), range(8)))), flush=True)
"""


@pytest.fixture
def fetched(weixin):
    """How many tokens were fetched in this test, from an empty cache."""
    cache.clear()
    before = weixin.calls("token")
    yield lambda: weixin.calls("token") - before
    cache.clear()


def ask(_=None):
    """A call in our name, which WeChat refuses for its own reason; its errcode."""
    with pytest.raises(Rejected) as refused:
        wechat.call("POST", "/wxa/business/getuserphonenumber", body={"code": "none"}, token=True)
    return refused.value.errcode


def test_fifty_calls_at_once_fetch_one_token(weixin, fetched, at_once):
    weixin.fault("delay", route="token", seconds=0.1, times=-1)
    assert at_once(ask, CALLERS) == [40029] * CALLERS
    assert fetched() == 1


def test_control_without_turns_many_fetch(weixin, fetched, at_once, monkeypatch):
    monkeypatch.setattr(wechat_token, "turn", lambda key: nullcontext())
    weixin.fault("delay", route="token", seconds=0.1, times=-1)
    at_once(ask, CALLERS)
    assert fetched() > 1


@pytest.mark.mariadb
def test_processes_share_one_fetch(weixin, fetched):
    weixin.fault("delay", route="token", seconds=0.3, times=-1)
    env = process_env("sqlite://:memory:", running.REDIS_URL, {"WECHAT_PAY_BASE_URL": weixin.url})
    command = [sys.executable, "-c", PROBE]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    probes = [subprocess.Popen(command, cwd=ROOT, env=env, **pipes) for _ in range(2)]
    assert [probe.stdout.readline() for probe in probes] == ["ready\n"] * 2
    for probe in probes:
        probe.stdin.write("go\n")
        probe.stdin.flush()
    assert [probe.communicate(timeout=30)[0] for probe in probes] == ["1\n"] * 2
    assert fetched() == 1
    assert ask() == 40029 and fetched() == 1, "this process takes what those have left"


def test_a_dead_redis_only_means_a_token_a_process(weixin, fetched, settings, at_once):
    redis = Environment(ROOT / ".nowhere").cache(f"redis://127.0.0.1:{free_port()}/0")
    settings.CACHES = {"default": redis}
    assert at_once(ask, 8) == [40029] * 8
    assert ask() == 40029
    assert fetched() == 1


@pytest.mark.parametrize("errcode", [40001, 42001])
def test_a_token_that_ended_is_replaced_once(weixin, fetched, at_once, errcode):
    ask()
    weixin.control("tokens/expire", {"errcode": errcode})
    assert at_once(ask, 8) == [40029] * 8
    assert fetched() == 2


def test_a_newer_token_is_not_dropped_with_the_old(weixin, fetched):
    config = wechat_config.current()
    old = wechat_token.current(config)
    weixin.control("tokens/expire", {})
    wechat_token.drop(config, old)
    new = wechat_token.current(config)
    wechat_token.drop(config, old)
    assert (new != old, wechat_token.current(config), fetched()) == (True, new, 2)


def test_a_token_is_kept_until_its_last_five_minutes(weixin, fetched):
    weixin.control("tokens/expire", {})
    start = timezone.now()
    config = wechat_config.current()
    with time_machine.travel(start) as clock:
        first = wechat_token.current(config)
        clock.shift(7200 - 300 - 5)
        assert (wechat_token.current(config), fetched()) == (first, 1)
        clock.shift(10)
        assert wechat_token.current(config) != first
        assert fetched() == 2
    weixin.control("tokens/expire", {})


def test_who_waited_for_a_failure_does_not_ask_again(weixin, fetched, at_once):
    weixin.fault("hang", route="token", seconds=0.2, times=-1)
    failed = at_once(lambda _: wechat_token.current(wechat_config.current()), 20)
    assert [type(one) for one in failed] == [Unavailable] * 20
    assert fetched() == 1


def test_a_wrong_secret_is_told_to_the_operator(weixin, fetched, settings, caplog):
    settings.WECHAT = settings.WECHAT | {"APP_SECRET": "wrong-canary"}
    with pytest.raises(Unavailable) as failed:
        wechat.call("POST", "/wxa/getwxacodeunlimit", body={"scene": "t=1"}, token=True)
    assert failed.value.errcode == 40125
    assert [record.errcode for record in caplog.records if record.levelname == "ERROR"] == [40125]
    assert "canary" not in caplog.text


def test_answers_come_as_they_are(weixin, fetched):
    body = {"scene": "t=1", "page": "pages/menu/menu", "check_path": False}
    image = wechat.call("POST", "/wxa/getwxacodeunlimit", body=body, token=True)
    assert image.content.startswith(b"\x89PNG") and image.content_type == "image/png" and image.json == {}
    weixin.call("POST", "/control/users/", {"openid": "o" + "a" * 27, "visited_ago": 5})
    text = {"version": 2, "scene": 2, "openid": "o" + "a" * 27, "content": "这里有人赌博"}
    checked = wechat.call("POST", "/wxa/msg_sec_check", body=text, token=True).json
    assert checked["result"]["suggest"] == "risky", "sent as raw UTF-8; escaped text would pass"
    assert fetched() == 1
