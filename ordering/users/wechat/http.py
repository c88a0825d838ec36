"""One exchange with api.weixin.qq.com: pooled, bounded in time, nothing of it in a log or an exception."""

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from django.conf import settings
from django.utils.asyncio import async_unsafe
from requests.adapters import HTTPAdapter

BUSY = -1
TRIES = 3  # of a call that WeChat is too busy for
PAUSE_SECONDS = 0.1
MINUTE_LIMIT = 45011
# Quotas and frequencies: later it may be done.
LIMITS = frozenset({MINUTE_LIMIT, 45009, 45047, 48006})


class Unavailable(Exception):
    """WeChat did not do it, or we do not know; later it may work. ``errcode`` is None without an answer."""

    def __init__(self, reason: str, errcode: int | None = None) -> None:
        super().__init__(reason)
        self.errcode = errcode


class Rejected(Exception):
    """WeChat says no, and would say so again. ``errmsg`` is its own sentence."""

    def __init__(self, errcode: int, errmsg: str = "") -> None:
        super().__init__(f"errcode {errcode}")
        self.errcode, self.errmsg = errcode, errmsg


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A good answer: ``json`` is empty where the ``content`` is an image. It may hold secrets: no repr."""

    content: bytes
    content_type: str
    json: dict[str, Any]


@async_unsafe("WeChat's answer is waited for; call this from a thread.")
def exchange(
    method: str, url: str, *, params: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
) -> Answer:
    """Ask once, and twice more while WeChat is busy; raises Unavailable or Rejected.

    ``body`` goes out as raw UTF-8: the text check lets everything pass that comes escaped.
    """
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    for attempt in range(1, TRIES + 1):
        answer = _once(method, url, params, data)
        errcode = answer.json.get("errcode") or 0
        if errcode == BUSY and attempt < TRIES:
            time.sleep(PAUSE_SECONDS * attempt * random.uniform(0.5, 1.5))
            continue
        return _judged(answer, errcode)
    raise AssertionError("unreachable")


def _judged(answer: Answer, errcode: Any) -> Answer:
    if not errcode:
        return answer
    if type(errcode) is not int:
        raise Unavailable("not an answer of WeChat's")
    if errcode == BUSY or errcode in LIMITS:
        raise Unavailable(f"errcode {errcode}", errcode)
    raise Rejected(errcode, str(answer.json.get("errmsg", ""))[:200])


def _once(method: str, url: str, params: Mapping[str, str] | None, data: bytes | None) -> Answer:
    failure = ""
    try:
        response = session().request(
            method,
            url,
            params=params,
            data=data,
            headers={"Content-Type": "application/json"} if data is not None else None,
            timeout=settings.WECHAT_PAY_TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        # The exception's text is the address with its secrets. Only its name leaves this function, and
        # what is raised below does not even hang on it.
        failure = type(error).__name__
    if failure:
        raise Unavailable(failure)
    if response.status_code != 200:
        raise Unavailable(f"status {response.status_code}")
    return _read(response.content, response.headers.get("Content-Type", ""))


def _read(content: bytes, content_type: str) -> Answer:
    if content_type.startswith("image/"):
        return Answer(content, content_type, {})
    try:
        found = json.loads(content)  # whatever it claims to be: refusals come as text/plain
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Unavailable("not an answer of WeChat's")
    return Answer(content, content_type, found)


@cache
def session() -> requests.Session:
    """This process's connections: no proxy of the environment, no cookies, nothing sent twice by itself."""
    made = requests.Session()
    made.trust_env = False
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        made.mount(scheme, HTTPAdapter(pool_maxsize=settings.ASGI_THREADS, max_retries=0))
    return made
