"""The routes of api.weixin.qq.com that the product calls, with WeChat's own rules and error codes."""

import io
import re
import time
from typing import Any

import segno
from starlette.responses import Response

from sandbox import messages, people_control, shipping
from sandbox.api import Call, route
from sandbox.people import ApiError

SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
PAGE = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
WIDTHS = range(280, 1281)
LONGEST_TEXT = 2500
ESCAPED = re.compile(rb"\\u[0-9A-Fa-f]{4}")
# What the text check finds: (what to do, kind of trouble). 100 is harmless.
WORDS = {
    "赌博": ("risky", 20006),
    "毒品": ("risky", 20006),
    "傻子": ("risky", 20003),
    "骗子": ("review", 20008),
    "加微信": ("review", 10001),
    "优惠代购": ("review", 10001),
}


def code2session(call: Call) -> dict[str, Any]:
    """A log-in code → openid and session_key."""
    call.require_app(call.query)
    if call.query.get("grant_type") != "authorization_code":
        raise ApiError(40002, "invalid grant_type")
    if not call.query.get("js_code"):
        raise ApiError(41008, "missing code")
    person = call.people.log_in(call.query["js_code"])
    return {"session_key": person.session_key, "openid": person.openid}


def stable_token(call: Call) -> dict[str, Any]:
    """The app's access token."""
    if call.json.get("grant_type") != "client_credential":
        raise ApiError(40002, "invalid grant_type")
    call.require_app(call.json)
    token, left = call.tokens.current(force=call.json.get("force_refresh") is True)
    return {"access_token": token, "expires_in": left}


def phone_number(call: Call) -> dict[str, Any]:
    """A phone code, once; with `openid` it must be of that person."""
    try:
        openid, phone = call.people.redeem("phone", str(call.json.get("code", "")))
    except ApiError as error:
        raise ApiError(40029, "invalid code") from error  # this route does not tell used from unknown
    if call.json.get("openid", openid) != openid:
        raise ApiError(40003, "invalid openid")
    watermark = {"timestamp": int(time.time()), "appid": call.keys.app_id}
    info = {"phoneNumber": phone, "purePhoneNumber": phone, "countryCode": "86", "watermark": watermark}
    return {"phone_info": info}


def subscribe_message(call: Call) -> dict[str, Any]:
    """One message for one consent."""
    openid = call.people.known(call.json.get("touser"))
    template_id = call.json.get("template_id")
    if not isinstance(template_id, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", template_id):
        raise ApiError(40037, "invalid template_id")
    messages.check(call.json, call.people.fields_of(template_id))
    call.people.use_consent(openid, template_id)
    call.people.keep("message", {**call.json, "escaped": is_escaped(call)})
    return {}


def is_escaped(call: Call) -> bool:
    """Whether text came as backslash-u escapes instead of UTF-8."""
    return ESCAPED.search(call.body) is not None


def wxacode(call: Call) -> Response:
    """A mini program code as PNG bytes (here a QR code that says what it stands for)."""
    body = call.json
    scene, page, width = body.get("scene"), body.get("page", "pages/index/index"), body.get("width", 430)
    if not isinstance(scene, str) or not SCENE.fullmatch(scene):
        raise ApiError(40169, "invalid length for scene, or the data is not json string")
    if not isinstance(page, str) or not PAGE.fullmatch(page):
        raise ApiError(41030, "invalid page")
    if body.get("check_path", True) and not page.startswith("pages/"):
        raise ApiError(41030, "invalid page")
    if body.get("env_version", "release") not in ("release", "trial", "develop") or width not in WIDTHS:
        raise ApiError(40097, "invalid args")
    call.people.keep("wxacode", {"scene": scene, "page": page, "width": width})
    return Response(draw(f"weixin-sandbox:{page}?scene={scene}", width), media_type="image/png")


def draw(text: str, width: int) -> bytes:
    """A PNG of about `width` pixels."""
    code = segno.make(text, error="m")
    out = io.BytesIO()
    code.save(out, kind="png", border=4, scale=max(1, width // (code.symbol_size(border=4)[0])))
    return out.getvalue()


def text_check(call: Call) -> dict[str, Any]:
    """Version 2 of the text check. Escaped text passes whatever it says, as it does at WeChat."""
    body = call.json
    if body.get("version") != 2 or body.get("scene") not in (1, 2, 3, 4):
        raise ApiError(40129, "invalid scene or version")
    content = body.get("content")
    if not isinstance(content, str) or not content or len(content) > LONGEST_TEXT:
        raise ApiError(44004, "empty or too long content")
    openid = call.people.known(body.get("openid"))
    call.people.require_visit(openid)
    escaped = is_escaped(call)
    suggest, label = ("pass", 100) if escaped else judge(content)
    seen = {"openid": openid, "content": content, "scene": body["scene"], "escaped": escaped}
    call.people.keep("check", {**seen, "suggest": suggest, "label": label})
    result = {"suggest": suggest, "label": label}
    detail = [{"strategy": "content_model", "errcode": 0, **result, "prob": 90}]
    return {"detail": detail, "trace_id": call.rid, "result": result}


def judge(content: str) -> tuple[str, int]:
    """(suggest, label) by the word list; the worst word counts."""
    found = [verdict for word, verdict in WORDS.items() if word in content]
    return min(found, key=lambda one: one[0] != "risky", default=("pass", 100))


def shipping_info(call: Call) -> dict[str, Any]:
    """Delivery information of a paid order, which sets its money free."""
    shipping.check(call.json, call.ledger, call.keys.mchid, call.people.kept("shipping"))
    call.people.keep("shipping", call.json)
    return {}


calls = [
    route("GET", "/sns/jscode2session", "code2session", code2session, token=False, plain=True),
    route("POST", "/cgi-bin/stable_token", "token", stable_token, token=False),
    route("POST", "/wxa/business/getuserphonenumber", "phone", phone_number),
    route("POST", "/cgi-bin/message/subscribe/send", "message", subscribe_message),
    route("POST", "/wxa/getwxacodeunlimit", "wxacode", wxacode),
    route("POST", "/wxa/msg_sec_check", "text_check", text_check),
    route("POST", "/wxa/sec/order/upload_shipping_info", "shipping", shipping_info),
]
routes = calls + people_control.routes
