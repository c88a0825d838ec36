"""WeChat's server API: who a log-in code stands for, whose phone it is, and calls with the access token."""

import logging
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from hub.errors import Refusal
from ordering.users.wechat import config as wechat_config
from ordering.users.wechat import token as wechat_token
from ordering.users.wechat.config import Config, NotConfigured
from ordering.users.wechat.http import MINUTE_LIMIT, Answer, Rejected, Unavailable, exchange

__all__ = [
    "Answer",
    "Rejected",
    "Unavailable",
    "app_id",
    "call",
    "first_name",
    "openid_for",
    "phone_for",
    "unavailable",
]

DEMO_CODE = re.compile(r"demo-([A-Za-z0-9_-]{1,64})")
PHONE = re.compile(r"\+?[0-9][0-9 -]{3,18}")
TOKEN_OVER = frozenset({40001, 40014, 42001})
CODE_DEAD = frozenset({40029, 40163, 41008})
NOT_THEIRS = frozenset({40003, 40013})  # a phone code of somebody else's, or of another app
HIGH_RISK = 40226
OPENID_LENGTH = 64
AGAIN_SECONDS = 5
MINUTE = 60

logger = logging.getLogger("ordering.wechat")


def call(
    method: str,
    path: str,
    *,
    params: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    token: bool = False,
) -> Answer:
    """Call ``/sns/…``, ``/cgi-bin/…`` or ``/wxa/…``; with ``token`` in the app's name.

    Waits: never inside a transaction, never on the event loop. A token that WeChat no longer takes is
    replaced once. Raises Rejected (WeChat says no, for good) or Unavailable (try again later).
    """
    try:
        config = wechat_config.current()
    except NotConfigured:
        raise Unavailable("WeChat is not configured") from None
    if not token:
        return exchange(method, config.api_base_url + path, params=params, body=body)
    used = wechat_token.current(config)
    try:
        return _in_our_name(config, used, method, path, params, body)
    except Rejected as error:
        if error.errcode not in TOKEN_OVER:
            raise
    wechat_token.drop(config, used)
    try:
        return _in_our_name(config, wechat_token.current(config), method, path, params, body)
    except Rejected as error:
        if error.errcode not in TOKEN_OVER:
            raise
        raise Unavailable("WeChat refuses the access token", error.errcode) from None


def _in_our_name(
    config: Config,
    token: str,
    method: str,
    path: str,
    params: Mapping[str, str] | None,
    body: Mapping[str, Any] | None,
) -> Answer:
    given = {**(params or {}), "access_token": token}
    return exchange(method, config.api_base_url + path, params=given, body=body)


def app_id() -> str:
    """The mini program that people log in to; refuses with 503 when nobody knows it."""
    return _configured().app_id


def openid_for(code: str) -> tuple[str, str]:
    """(appid, openid) of a log-in code; the session_key that comes with them is forgotten here.

    Refuses: 400 ``auth.code_invalid``, 403 ``auth.wechat_refused``, 429 ``auth.too_fast``, 503
    ``auth.wechat_unavailable``.
    """
    if settings.WECHAT_MODE == "off":
        raise code_invalid()
    config = _configured()
    params = {"appid": config.app_id, "secret": config.app_secret, "js_code": code}
    try:
        answer = call("GET", "/sns/jscode2session", params={**params, "grant_type": "authorization_code"})
    except (Rejected, Unavailable) as error:
        raise _refusal(error, CODE_DEAD) from None
    openid = answer.json.get("openid")
    if not isinstance(openid, str) or not 0 < len(openid) <= OPENID_LENGTH:
        raise unavailable()
    return config.app_id, openid


def phone_for(code: str, openid: str) -> str:
    """The phone number behind a code of the phone button, if it is this person's; refuses as `openid_for`."""
    if settings.WECHAT_MODE == "off":
        raise code_invalid()
    body = {"code": code, "openid": openid}
    try:
        answer = call("POST", "/wxa/business/getuserphonenumber", body=body, token=True)
    except (Rejected, Unavailable) as error:
        raise _refusal(error, CODE_DEAD | NOT_THEIRS) from None
    info = answer.json.get("phone_info")
    if not isinstance(info, dict) or not PHONE.fullmatch(str(info.get("phoneNumber"))):
        raise unavailable()
    return str(info["phoneNumber"])


def first_name(code: str) -> str:
    """What to call a person whom we see for the first time (demo people are named by their code)."""
    demo = DEMO_CODE.fullmatch(code) if settings.WECHAT_MODE == "sandbox" else None
    return demo[1] if demo else ""


def code_invalid() -> Refusal:
    """The code is none, was used, is too old or is somebody else's."""
    return Refusal("auth.code_invalid", 400, "登录码无效或已过期")


def unavailable() -> Refusal:
    """WeChat cannot be asked now, or refuses us; nothing was written."""
    wait = {"Retry-After": str(AGAIN_SECONDS)}
    return Refusal("auth.wechat_unavailable", 503, "微信服务暂时不可用,请稍后重试", headers=wait)


def _configured() -> Config:
    try:
        config = wechat_config.current()
    except NotConfigured as error:
        logger.error("WeChat is not configured", extra={"missing": str(error)})
        raise unavailable() from None
    if not config.app_id or not config.app_secret:
        logger.error("WeChat is not configured", extra={"missing": "WECHAT_APP_ID, WECHAT_APP_SECRET"})
        raise unavailable()
    return config


def _refusal(error: Rejected | Unavailable, dead: frozenset[int]) -> Refusal:
    """What we tell the person. A code that names our own app or secret is the operator's to mend."""
    if isinstance(error, Unavailable):
        if error.errcode == MINUTE_LIMIT:
            wait = {"Retry-After": str(MINUTE)}
            return Refusal("auth.too_fast", 429, "登录过于频繁,请稍后再试", headers=wait)
        logger.warning("WeChat is unavailable", extra={"reason": str(error)})
        return unavailable()
    if error.errcode in dead:
        return code_invalid()
    if error.errcode == HIGH_RISK:
        return Refusal("auth.wechat_refused", 403, "微信拒绝了此次登录")
    logger.error("WeChat refuses our request", extra={"errcode": error.errcode})
    return unavailable()
