"""The rules of a subscribe message: what may stand in which field, and in the rest of the call."""

import re
from typing import Any

from sandbox.people import ApiError

KEY = re.compile(r"([a-z_]+)\d+")
RULES = {
    "thing": r".{1,20}",
    "number": r"[+-]?\d{1,32}(\.\d+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": r"[!-~]{1,32}",
    "time": r"(\d{4}年\d{1,2}月\d{1,2}日 ?)?([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?",
    "date": r"\d{4}年\d{1,2}月\d{1,2}日( ([01]?\d|2[0-3]):[0-5]\d)?",
    "amount": r"[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?",
    "phone_number": r"[\d+() -]{1,17}",
    "car_number": r"\w{1,8}",
    "name": r"[\u4e00-\u9fff]{1,10}|[A-Za-z .]{1,20}",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
}
STATES = ("", "developer", "trial", "formal")
LANGUAGES = ("", "zh_CN", "en_US", "zh_HK", "zh_TW")
LONGEST = 1024


def check(body: dict[str, Any], wanted: list[str]) -> None:
    """ApiError 41030, 40097 or 47003 for a message WeChat refuses; `wanted` are the template's fields."""
    page = body.get("page", "")
    if not isinstance(page, str) or page.startswith("/") or "://" in page or len(page) > LONGEST:
        raise ApiError(41030, "invalid page")
    if body.get("miniprogram_state", "") not in STATES or body.get("lang", "") not in LANGUAGES:
        raise ApiError(40097, "invalid args")
    data = body.get("data")
    if not isinstance(data, dict) or not data:
        raise ApiError(47003, "argument invalid! data is empty")
    for name in {*wanted, *data}:
        check_field(name, data.get(name))


def check_field(name: str, field: object) -> None:
    """ApiError 47003 that names the field whose value its kind does not allow."""
    kind = KEY.fullmatch(name)
    value = field.get("value") if isinstance(field, dict) else None
    rule = RULES.get(kind[1]) if kind else None
    if not rule or not isinstance(value, str) or not re.fullmatch(rule, value):
        raise ApiError(47003, f"argument invalid! data.{name}.value invalid")
