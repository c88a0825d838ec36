"""The access token of our mini program: fetched by one for all, and replaced shortly before its end."""

import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache

from ordering.users.wechat.config import Config
from ordering.users.wechat.http import Rejected, Unavailable, exchange

EARLY_SECONDS = 300
LEAST_SECONDS = 10  # a token near its end is still good for the callers who waited for it
TURN_SECONDS = 15  # longer than a fetch; the turn of a process that died ends by itself
FAILED_SECONDS = 2
POLL_SECONDS = 0.05

logger = logging.getLogger("ordering.wechat")

# What this process knows by itself: with a dead Redis each process fetches its own.
own = LocMemCache("wechat_token", {})
threads = threading.Lock()


def current(config: Config) -> str:
    """A token that is good for at least some minutes; raises Unavailable."""
    key = _key(config)
    found = own.get(key)
    if found:
        return str(found)
    with turn(key):
        return _shared(key) or _fetched(config, key)


def drop(config: Config, token: str) -> None:
    """Forget this token, which WeChat refused; a newer one stays."""
    key = _key(config)
    if own.get(key) == token:
        own.delete(key)
    if (cache.get(key) or ("",))[0] == token:
        cache.delete(key)


@contextmanager
def turn(key: str) -> Iterator[None]:
    """One at a time: the threads of this process by a lock, the processes by a row in the cache."""
    if not threads.acquire(timeout=TURN_SECONDS):
        raise Unavailable("no turn for an access token")
    try:
        mine = _claimed(key)
        try:
            yield
        finally:
            if mine:
                cache.delete(f"{key}:turn")
    finally:
        threads.release()


def _claimed(key: str) -> bool:
    """Wait until it is our turn, or until another process has the token; False also with a dead Redis."""
    deadline = time.monotonic() + TURN_SECONDS
    while (won := cache.add(f"{key}:turn", 1, TURN_SECONDS)) is False:
        if cache.get(key) or time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return bool(won)


def _shared(key: str) -> str:
    """What another thread or process fetched meanwhile; Unavailable when it has just failed."""
    token, until = cache.get(key) or ("", 0.0)
    if token:
        own.set(key, token, max(until - time.time(), LEAST_SECONDS))
        return str(token)
    found = own.get(key)
    if not found and (own.get(f"{key}:failed") or cache.get(f"{key}:failed")):
        raise Unavailable("no access token")
    return str(found or "")


def _fetched(config: Config, key: str) -> str:
    try:
        token, seconds = _asked(config)
    except Unavailable:
        # Whoever waited for this answer does not wait for the next one, one after the other.
        own.set(f"{key}:failed", 1, FAILED_SECONDS)
        cache.set(f"{key}:failed", 1, FAILED_SECONDS)
        raise
    kept = max(seconds - EARLY_SECONDS, LEAST_SECONDS)
    own.set(key, token, kept)
    cache.set(key, (token, time.time() + kept), kept)
    return token


def _asked(config: Config) -> tuple[str, int]:
    """(token, seconds it lives) from WeChat. Never by force, which would end the token others hold."""
    body = {"grant_type": "client_credential", "appid": config.app_id, "secret": config.app_secret}
    try:
        answer = exchange(
            "POST", f"{config.api_base_url}/cgi-bin/stable_token", body={**body, "force_refresh": False}
        )
    except Rejected as error:
        logger.error("WeChat gives our app no access token", extra={"errcode": error.errcode})
        raise Unavailable("no access token", error.errcode) from None
    token, seconds = answer.json.get("access_token"), answer.json.get("expires_in")
    if not isinstance(token, str) or not token or type(seconds) is not int or seconds < 1:
        raise Unavailable("not an answer of WeChat's")
    return token, seconds


def _key(config: Config) -> str:
    """Another app, another secret or another emulator is another token."""
    who = f"{config.api_base_url} {config.app_id} {config.app_secret}"
    return f"wechat_token:1:{hashlib.sha256(who.encode()).hexdigest()[:32]}"
