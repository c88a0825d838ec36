"""The published matrix, and what an answer must be by it; a wrong one says which table wants a line."""

import json
from pathlib import Path
from typing import Any

from tests.permissions import callers

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
MATRIX = json.loads((DOCS / "permissions.json").read_text("utf-8"))
STREAMS = json.loads((DOCS / "streams.json").read_text("utf-8"))
ROWS = [row for row in MATRIX if row["access"] != "stream"]

NEVER = {"auth.required", "auth.forbidden", "resource.not_found", "auth.token_invalid"}
# Refusals that somebody whom the matrix lets in may get all the same, and why. "" = whatever it may be.
OWN_REFUSALS = {
    "/api/v1/auth/": "",  # who has no valid secret is refused as unknown
    "/api/payments/wechat/notify/": "",  # the gateway is known by its signature
    "/api/v1/me/password/": "auth.forbidden",  # diners have none
    "/api/v1/me/phone/": "auth.forbidden",  # not everybody came by WeChat
    "/api/v1/me/sessions/{sid}/": "resource.not_found",  # one's own log-ins only
    "/api/v1/orders/{no}/pay/": "auth.forbidden",  # cash is the counter's
    "/api/v1/table-sessions/{session}/cart/lines/{line}/": "auth.forbidden",  # one's own line only
}
OWN = "or say why in OWN_REFUSALS"
HINT = {
    400: "add its body to BODIES, or its address to OF_A_STORE, in tests/permissions/house.py",
    401: "if it asks nobody who they are, add it to DEAF in tests/permissions/callers.py",
    404: "add its thing to PARAMETERS in tests/permissions/house.py",
}


def subjects() -> dict[str, list[dict[str, str]]]:
    """The rows by the first part of their address."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in ROWS:
        below = row["route"].removeprefix("/api/v1/")
        found.setdefault("" if below == row["route"] else below.split("/")[0], []).append(row)
    return found


def fault(caller: str, row: dict[str, str], answer: Any) -> str | None:
    """What is wrong with the answer by the matrix; None when it is right."""
    code = answer.json()["code"] if answer.get("Content-Type") == "application/problem+json" else ""
    status, found = answer.status_code, ""
    if status >= 500:
        found = "no input may be answered so"
    elif not callers.allowed(caller, row["access"], row["route"]):
        expected = callers.refusal(caller, row["route"])
        found = "" if status == expected else f"must be refused with {expected}; {HINT.get(status, '')}"
    elif code in NEVER and not own_refusal(row["route"], code):
        found = f"is let in by the matrix; {HINT.get(status, OWN)}"
    return f"{row['method']} {row['route']} by {caller}: {status} {code}: {found}" if found else None


def own_refusal(route: str, code: str) -> bool:
    """Whether somebody who is let in may be refused so."""
    return any(route.startswith(part) and known in ("", code) for part, known in OWN_REFUSALS.items())
