"""The emulator inside the product's own application, under a path."""

import asyncio
import subprocess
import sys

import httpx
import pytest

import asgi
from tests.databases import ROOT, process_env
from tests.wechat.emulator import fresh_folder

PATH = "/sandbox/wechat"


@pytest.fixture
def mounted(monkeypatch, settings, tmp_path):
    settings.WECHAT_SANDBOX_DIR = fresh_folder(tmp_path)
    monkeypatch.setattr(asgi, "sandbox", asgi.Sandbox())


async def ask(*paths):
    transport = httpx.ASGITransport(app=asgi.serve_http, client=("127.0.0.1", 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        return await asyncio.gather(*(client.get(path) for path in paths))


async def test_the_emulator_answers_under_its_path(mounted):
    """Its first requests come together: one set of keys is made."""
    first, second, page, token = await ask(
        f"{PATH}/client.json",
        f"{PATH}/client.json",
        f"{PATH}/cashier/",
        f"{PATH}/sns/jscode2session?appid=wx0",
    )
    assert first.json() == second.json()
    assert first.json()["app_id"].startswith("wx")
    assert "收银台" in page.text
    assert token.json()["errcode"] == 40013


async def test_control_is_for_this_machine_alone(mounted):
    transport = httpx.ASGITransport(app=asgi.serve_http, client=("192.0.2.7", 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        assert (await client.get(f"{PATH}/client.json")).status_code == 403
        assert (await client.get(f"{PATH}/control/people/")).status_code == 403
        assert (await client.get(f"{PATH}/cashier/")).status_code == 200


@pytest.mark.django_db
async def test_without_the_mode_there_is_none(monkeypatch):
    monkeypatch.setattr(asgi, "sandbox", None)
    [answer] = await ask(f"{PATH}/cashier/")
    assert answer.status_code == 404


def test_a_start_does_not_wait_for_the_emulator():
    """Importing the roof imports nothing that only the emulator needs."""
    code = "import asgi, sys; print(bool(asgi.sandbox), [n for n in sys.modules if n.startswith('sandbox.')])"
    env = process_env("sqlite://", env={"WECHAT_MODE": "sandbox"})
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout.split(" ", 1) == ["True", "['sandbox.apps']\n"], done.stderr
