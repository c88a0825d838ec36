"""One emulator for all tests of a file, and a merchant with an inbox beside it."""

import pytest

from tests.sandbox.merchant import Inbox, Merchant
from tests.wechat.emulator import FAST, Emulator, fresh_folder


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """An emulator in a thread; its faults, clock and trust mode are reset between tests."""
    with Emulator(fresh_folder(tmp_path_factory.mktemp("pay")), speed=FAST) as emulator:
        yield emulator


@pytest.fixture
def gateway(running):
    """The file's emulator, as new but for its orders."""
    yield running
    running.clear()
    running.control("clock", {"skew": 0})
    running.control("trust", {"mode": "public_key"})
    running.control("bills", {})


@pytest.fixture
def inbox():
    """Where callbacks arrive."""
    made = Inbox()
    yield made
    made.close()


@pytest.fixture
def merchant(gateway, inbox):
    """The untouched client in public-key mode."""
    return Merchant(gateway, inbox.url)
