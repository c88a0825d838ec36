"""The emulator as the product's WeChat, the callbacks' way in, and the books at the end of every test."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import time_machine
import wechatpayv3.utils
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import sandbox.keys
from ordering.payments import channels
from ordering.restaurant.models import Store
from ordering.users.wechat import config as wechat_config
from tests.wechat.books import Books
from tests.wechat.emulator import FAST, Emulator, fresh_folder
from tests.wechat.postbox import Postbox
from tests.wechat.steps import Steps
from tests.wechat.till import Till


@pytest.fixture(scope="session", autouse=True)
def keys_are_read_once() -> Iterator[None]:
    """Reading a private key proves its primes, 40 ms each; the run's keys are the same ones every time."""
    read = cache(load_pem_private_key)
    with pytest.MonkeyPatch.context() as patch:
        for module in (sandbox.keys, wechatpayv3.utils):
            patch.setattr(module, "load_pem_private_key", lambda data, password, **_: read(data, password))
        yield


def forget() -> None:
    """Drop what the product remembers of its gateway."""
    wechat_config._emulators.cache_clear()
    channels._wechat.cache_clear()


@pytest.fixture
def emulator(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Emulator]:
    """A running emulator in a thread, with the run's keys and an empty ledger; its speed is the parameter."""
    with Emulator(fresh_folder(tmp_path), speed=getattr(request, "param", FAST)) as running:
        yield running


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """Where callbacks arrive: kept for hand delivery until ``postbox.forward()``."""
    with Postbox() as box:
        yield box


@pytest.fixture
def gateway(emulator: Emulator, postbox: Postbox, settings: Any) -> Iterator[Emulator]:
    """The emulator, and the product configured for it; callbacks go to the ``postbox``."""
    settings.WECHAT_MODE = "sandbox"
    settings.WECHAT_SANDBOX_URL = emulator.url
    settings.WECHAT = dict.fromkeys(settings.WECHAT, "") | {
        "PAY_BASE_URL": emulator.url,
        "API_BASE_URL": emulator.url,
        "PAY_NOTIFY_URL": postbox.url,
    }
    settings.WECHAT_PAY_TIMEOUT = (1.0, 2.0)
    forget()
    yield emulator
    postbox.keep()
    forget()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    """Step in between two calls to the gateway."""
    made = Steps(monkeypatch)
    yield made
    assert made.inside == [], "a gateway was called inside a transaction"


@pytest.fixture
def clock() -> Iterator[Any]:
    """The time of product and emulator, which goes on from now: ``clock.shift(seconds)``."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller


@pytest.fixture
def till(gateway: Emulator, postbox: Postbox, store: Store, clock: Any, settings: Any) -> Iterator[Till]:
    """Orders and payments at store `demo`; at the end everything settles and both books are the same."""
    settings.ACCESS_TOKEN_SECONDS = 30 * 24 * 3600
    made = Till(gateway, postbox, store, clock)
    yield made
    made.settle()
    books = Books.own()
    books.check_ledger(gateway)
    books.check_orders()
