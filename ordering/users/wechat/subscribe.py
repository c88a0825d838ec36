"""Subscribe messages: what stands in which field of a template, cut to what WeChat allows there.

A template's setting is its id, or ``id:thing1=store,character_string2=pickup_no``: which of our words goes
into which of the fields that the template was made of.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from hub.jobs import Never
from ordering.users.wechat import jobs as wechat_jobs

PATH = "/cgi-bin/message/subscribe/send"
UNSUBSCRIBED = 43101
NOTHING = "-"
# By kind of field: what may not stand in it, and how many characters may.
LIMITS = {
    "thing": (r"[\x00-\x1f\x7f]", 20),
    "character_string": (r"[^!-~]", 32),
    "number": (r"\D", 32),
    "letter": (r"[^A-Za-z]", 32),
    "symbol": (r"[\w\s]", 5),
    "phrase": (r"[^\u4e00-\u9fff]", 5),
    "name": (r"[^\u4e00-\u9fff]", 10),
}
OTHERS = (r"[\x00-\x1f\x7f]", 32)


@dataclass(frozen=True, slots=True)
class Template:
    """A template's id, and field → our word for what goes into it."""

    id: str
    fields: Mapping[str, str]


def template(name: str, usual: str) -> Template | None:
    """The template of ``settings.WECHAT["TEMPLATE_<name>"]``; None where there is none, or WeChat is off."""
    setting = settings.WECHAT[f"TEMPLATE_{name}"] if settings.WECHAT_MODE != "off" else ""
    number, _, fields = setting.partition(":")
    if not number:
        return None
    pairs = (pair.partition("=") for pair in (fields or usual).split(","))
    return Template(number.strip(), {field.strip(): word.strip() for field, _, word in pairs})


def fit(field: str, text: str) -> str:
    """The text as the field may hold it: its kind's characters alone, not too many, never nothing."""
    forbidden, longest = LIMITS.get(field.rstrip("0123456789"), OTHERS)
    clean = re.sub(forbidden, "", text).strip()
    if len(clean) > longest and field.startswith("thing"):
        clean = clean[: longest - 1] + "…"
    return clean[:longest] or NOTHING


def send(template: Template, openid: str, words: Mapping[str, str], page: str) -> None:
    """Send one message; who did not ask for it gets none, and that is no error. Raises Later or Never."""
    unknown = set(template.fields.values()) - words.keys()
    if unknown:
        raise Never("template.unknown_word")
    body = {
        "touser": openid,
        "template_id": template.id,
        "page": page,
        "miniprogram_state": settings.WECHAT["MINIPROGRAM_STATE"] or "formal",
        "lang": "zh_CN",
        "data": {field: {"value": fit(field, words[word])} for field, word in template.fields.items()},
    }
    wechat_jobs.ask(PATH, body, fine={UNSUBSCRIBED})
