"""A chromium for the browser lane, one per module; nothing leaves the machine."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

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
