"""A chromium for the browser lane, one per module; nothing leaves the machine."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.live import LiveServer
from tests.screens.pages import Cast

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
FLAGS += ["--disable-component-update", "--disable-sync"]


def chromium_path():
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser():
    # Module scope: while Playwright's loop lives in this thread, Django refuses its ORM here.
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield made
        made.close()


@pytest.fixture(scope="module")
def server():
    with LiveServer("serve") as running:
        yield running


@pytest.fixture
def cast(browser, server, tmp_path):
    shots = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    shots.mkdir(parents=True, exist_ok=True)
    made = Cast(browser, server, shots)
    yield made
    made.close()
