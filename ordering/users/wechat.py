"""A WeChat log-in code → who that is to which app. Development codes stand in for WeChat in the sandbox."""

import re

from django.conf import settings

from hub.errors import Refusal

DEMO_CODE = re.compile(r"demo-[a-z0-9-]{1,32}")
SANDBOX_APPID = "sandbox"


def openid_for(code: str) -> tuple[str, str]:
    """(appid, openid) of a log-in code; 400 ``auth.code_invalid`` for one that nobody issued."""
    if settings.WECHAT_MODE == "sandbox" and DEMO_CODE.fullmatch(code):
        return SANDBOX_APPID, code
    raise Refusal("auth.code_invalid", 400, "登录码无效或已过期")


def first_name(appid: str, openid: str) -> str:
    """What to call a person whom we see for the first time (demo people are named by their code)."""
    return openid.removeprefix("demo-") if appid == SANDBOX_APPID else ""
