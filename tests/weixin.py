"""WeChat as people log in to it: one emulator a test run, in a thread, always over HTTP."""

import atexit
import functools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ordering.users.wechat import config as wechat_config
from ordering.users.wechat import token as wechat_token
from tests.wechat.emulator import Emulator, fresh_folder


@functools.cache
def shared() -> Emulator:
    """This process's emulator; tests come as people of their own, so it is never emptied."""
    folder = Path(tempfile.mkdtemp(prefix="kaifan-weixin-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    emulator = Emulator(fresh_folder(folder)).start()
    atexit.register(emulator.stop)
    return emulator


def use(settings: Any, emulator: Emulator) -> None:
    """Make it the product's WeChat, which remembers no other."""
    settings.WECHAT_MODE = "sandbox"
    settings.WECHAT_SANDBOX_URL = emulator.url
    settings.WECHAT = dict.fromkeys(settings.WECHAT, "")
    wechat_config._emulators.cache_clear()
    wechat_token.own.clear()


@contextmanager
def configured(settings: Any) -> Iterator[Emulator]:
    """The shared emulator as the product's WeChat, without faults before and after."""
    emulator = shared()
    use(settings, emulator)
    try:
        yield emulator
    finally:
        emulator.clear()
        wechat_token.own.clear()
