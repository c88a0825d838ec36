"""The two REST addresses that are served ahead of Django, for the OpenAPI document and the access matrix."""

from typing import Any

import msgspec

from consumers import protocol
from consumers.http import EVENTS, MAX_EVENTS, MAX_WAIT, SNAPSHOT
from consumers.routing import SCREENS

REF = "#/components/schemas/{name}"


def operations() -> dict[str, Any]:
    """Path → path item; each operation says in ``x-access`` who may call it."""
    snapshot = _operation(
        "rt_snapshot", "The rows of a view and the position they stand at.", _snapshot(), []
    )
    events = _operation(
        "rt_events",
        f"The next events behind a cursor, at most {MAX_EVENTS}; waits for the first of them. "
        "410 with a `reason` means: take a snapshot.",
        _events(),
        [
            _query("cursor", {"type": "string"}, required=True),
            _query("wait", {"type": "integer", "minimum": 0, "maximum": int(MAX_WAIT), "default": 25}),
        ],
    )
    return {SNAPSHOT: {"get": snapshot}, EVENTS: {"get": events}}


def schemas() -> dict[str, Any]:
    """The frames that their answers are made of."""
    _, found = msgspec.json.schema_components([protocol.EventFrame, protocol.Row], ref_template=REF)
    return dict(found)


def _operation(name: str, says: str, answer: dict[str, Any], more: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "operationId": name,
        "description": says,
        "tags": ["rt"],
        "parameters": [
            _query("stream", {"type": "string"}, required=True),
            _query("view", {"type": "string", "enum": list(SCREENS)}, required=True),
            _query("station", {"type": "string"}),
            *more,
        ],
        "security": [{"bearer": []}, {}],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": answer}}}},
        "x-access": "stream",
    }


def _query(name: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": required, "schema": schema}


def _snapshot() -> dict[str, Any]:
    rows = {"type": "array", "items": {"$ref": REF.format(name="Row")}}
    properties = {"stream": {"type": "string"}, "seq": {"type": "integer"}, "cursor": {"type": "string"}}
    return _object({**properties, "rows": rows})


def _events() -> dict[str, Any]:
    frames = {"type": "array", "items": {"$ref": REF.format(name="EventFrame")}}
    return _object({"cursor": {"type": "string"}, "events": frames})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}
