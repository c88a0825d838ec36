"""Which gateway a channel goes through; one client a process and configuration, made when first needed."""

import threading
from functools import lru_cache

from ordering.payments.gateway import Gateway, unavailable
from ordering.payments.wechatpay.gateway import WechatGateway
from ordering.users.wechat import config as wechat_config
from ordering.users.wechat.config import Config, NotConfigured

WECHAT = "wechat_jsapi"
BUILDING = threading.Lock()  # lru_cache lets threads that come together build one each


def gateway(channel: str = WECHAT) -> Gateway:
    """The channel's gateway; refuses 409 ``payment.channel_unavailable`` when there is none."""
    if channel != WECHAT:
        raise unavailable(channel)
    try:
        config = wechat_config.require_pay()
        with BUILDING:
            return _wechat(config)
    except NotConfigured:
        raise unavailable(channel) from None


@lru_cache(maxsize=4)
def _wechat(config: Config) -> WechatGateway:
    return WechatGateway(config)
