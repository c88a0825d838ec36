"""WeChat as outbox jobs ask it: who somebody is at this moment, and errors as "later" or "never"."""

from collections.abc import Collection
from typing import Any

from hub.jobs import Later, Never
from ordering.users.models import WechatIdentity
from ordering.users.wechat import client as wechat
from ordering.users.wechat import config as wechat_config
from ordering.users.wechat.config import NotConfigured


def openid_of(user_id: int | None) -> str | None:
    """The person's openid in our mini program; None for those who never logged in there."""
    try:
        appid = wechat_config.current().app_id
    except NotConfigured:
        raise Later("wechat.not_configured") from None
    return (
        WechatIdentity.objects.filter(user_id=user_id, appid=appid).values_list("openid", flat=True).first()
    )


def ask(
    path: str, body: dict[str, Any], *, fine: Collection[int] = (), later: Collection[int] = ()
) -> wechat.Answer | None:
    """POST to WeChat's API with our token; its answer, or None for an error code that is ``fine``.

    Raises Later when WeChat could not be asked or answered one of the codes ``later``, else Never with the
    code. Neither says anything of the request.
    """
    try:
        return wechat.call("POST", path, body=body, token=True)
    except wechat.Unavailable as error:
        raise Later(f"wechat.{error.errcode or 'unavailable'}") from None
    except wechat.Rejected as error:
        if error.errcode in fine:
            return None
        refusal = Later if error.errcode in later else Never
        raise refusal(f"wechat.{error.errcode}") from None
