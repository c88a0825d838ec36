"""WeChat's rules for what a request may hold; a broken one is Refused with 400."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox import moments
from sandbox.errors import Refused

OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
OUT_REFUND_NO = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
OPENID = re.compile(r"[0-9A-Za-z_\-]{1,128}")
MAX_TOTAL_FEN = 10**10
TEXT, OBJECT, FLAG, LIST = str, dict, bool, list
Fields = Mapping[str, type[Any]]
PREPAY: Fields = {
    "appid": TEXT, "mchid": TEXT, "description": TEXT, "out_trade_no": TEXT, "time_expire": TEXT,
    "attach": TEXT, "notify_url": TEXT, "goods_tag": TEXT, "support_fapiao": FLAG, "amount": OBJECT,
    "payer": OBJECT, "detail": OBJECT, "scene_info": OBJECT, "settle_info": OBJECT,
}  # fmt: skip
PREPAY_NEEDED = {"appid", "mchid", "description", "out_trade_no", "notify_url", "amount", "payer"}
INNER: Mapping[str, Fields] = {
    "amount": {"total": int, "currency": TEXT},
    "payer": {"openid": TEXT},
    "scene_info": {"payer_client_ip": TEXT, "device_id": TEXT, "store_info": OBJECT},
    "settle_info": {"profit_sharing": FLAG},
    "detail": {"cost_price": int, "invoice_id": TEXT, "goods_detail": LIST},
}
REFUND: Fields = {
    "transaction_id": TEXT, "out_trade_no": TEXT, "out_refund_no": TEXT, "reason": TEXT, "notify_url": TEXT,
    "funds_account": TEXT, "amount": OBJECT, "goods_detail": LIST,
}  # fmt: skip
REFUND_AMOUNT: Fields = {"refund": int, "total": int, "currency": TEXT, "from": LIST}
LENGTHS = {"description": 127, "attach": 128, "goods_tag": 32, "notify_url": 256, "reason": 80}


def check_prepay(asked: dict[str, Any], appid: str, mchid: str) -> None:
    """Raise Refused unless this is a prepay request that WeChat would take."""
    check_fields(asked, PREPAY, PREPAY_NEEDED)
    for name, fields in INNER.items():
        check_fields(asked.get(name, {}), fields, {"total"} if name == "amount" else set(), name + ".")
    if not OUT_TRADE_NO.fullmatch(asked["out_trade_no"]):
        raise Refused("PARAM_ERROR", "商户订单号只能是6到32位数字、大小写字母_-|*")
    if (asked["appid"], asked["mchid"]) != (appid, mchid):
        raise Refused("APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配")
    if not OPENID.fullmatch(asked["payer"].get("openid", "")):
        raise Refused("PARAM_ERROR", "无效的openid")
    check_money(asked["amount"]["total"], asked["amount"].get("currency", "CNY"))
    check_lengths(asked)
    check_notify_url(asked["notify_url"])
    expiry(asked)


def check_refund(asked: dict[str, Any]) -> None:
    """Raise Refused unless this is a refund request that WeChat would take."""
    check_fields(asked, REFUND, {"out_refund_no", "amount"})
    check_fields(asked["amount"], REFUND_AMOUNT, {"refund", "total", "currency"}, "amount.")
    if ("transaction_id" in asked) == ("out_trade_no" in asked):
        raise Refused("PARAM_ERROR", "transaction_id和out_trade_no必须二选一")
    if not OUT_REFUND_NO.fullmatch(asked["out_refund_no"]):
        raise Refused("PARAM_ERROR", "商户退款单号只能是64位以内数字、大小写字母_-|*@")
    check_money(asked["amount"]["refund"], asked["amount"]["currency"])
    check_lengths(asked)
    if "notify_url" in asked:
        check_notify_url(asked["notify_url"])


def check_fields(given: dict[str, Any], known: Fields, needed: set[str], where: str = "") -> None:
    """No unknown field, none missing, each of its type; 1 is no yes, and 1.0 no whole number."""
    for name, value in given.items():
        if name not in known:
            raise Refused("PARAM_ERROR", f"请求中含有未在API文档中定义的参数{where}{name}", detail=270924358)
        if type(value) is not known[name]:
            raise Refused("PARAM_ERROR", f"输入源“/body/{where}{name}”映射到值字段时类型不符")
    for name in sorted(needed - given.keys()):
        raise Refused("PARAM_ERROR", f"缺少必填参数{where}{name}")


def check_money(fen: int, currency: str) -> None:
    if not 1 <= fen <= MAX_TOTAL_FEN:
        raise Refused("PARAM_ERROR", "金额必须为大于0的整数，单位为分")
    if currency != "CNY":
        raise Refused("PARAM_ERROR", "货币类型仅支持CNY")


def check_lengths(asked: dict[str, Any]) -> None:
    for name, longest in LENGTHS.items():
        if len(asked.get(name, "")) > longest:
            raise Refused("PARAM_ERROR", f"{name}长度不能超过{longest}个字符")
    if asked.get("description") == "":
        raise Refused("PARAM_ERROR", "商品描述不能为空")


def check_notify_url(url: str) -> None:
    """https without a query; plain http only towards this machine or its private network."""
    parts = urlsplit(url)
    plain = parts.scheme == "http" and is_near(parts.hostname or "")
    if not (parts.scheme == "https" or plain) or not parts.hostname or parts.query or parts.fragment:
        raise Refused("PARAM_ERROR", "notify_url必须为https地址且不能携带参数")


def is_near(host: str) -> bool:
    """Whether a host is this machine, a private address or a name without a dot (a container)."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and "." not in host
    return address.is_private or address.is_loopback


def expiry(asked: dict[str, Any]) -> float | None:
    """`time_expire` in seconds since 1970, None if there is none; raises Refused for another form."""
    text = asked.get("time_expire")
    try:
        return None if text is None else moments.seconds(text)
    except ValueError:
        raise Refused("PARAM_ERROR", "time_expire不是有效的RFC 3339时间") from None
