"""The AsyncAPI 3 document of the sockets, made from frames, screens, close codes and events."""

import inspect
from typing import Any, get_args

import msgspec

from consumers import protocol
from consumers.closing import Close
from consumers.routing import SCREENS
from hub.events import vocabulary

REF = "#/components/schemas/{name}"


def document() -> dict[str, Any]:
    """The whole document as a dict."""
    inbound, outbound = get_args(protocol.Inbound), get_args(protocol.Outbound)
    _, schemas = msgspec.json.schema_components([*inbound, *outbound], ref_template=REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kaifan 开饭",
            "version": "1",
            "description": "Protocol `hub.v1`: JSON text frames; subprotocol `hub.v1`.",
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, [*inbound, *outbound]) for name in SCREENS},
        "operations": {**_operations("receive", inbound), **_operations("send", outbound)},
        "components": {
            "messages": {_name(frame): _message(frame) for frame in (*inbound, *outbound)},
            "schemas": schemas,
        },
        "x-events": {
            name: {"scope": kind.scope, "description": _doc(kind)} for name, kind in vocabulary().items()
        },
        "x-close-codes": {
            str(int(code)): {"name": code.name, "final": code.final, "meaning": code.meaning}
            for code in Close
        },
    }


def _channel(name: str, frames: list[type]) -> dict[str, Any]:
    sources = SCREENS[name].sources
    return {
        "address": f"/ws/{name}/",
        "description": "Streams: " + ", ".join(f"`{prefix}:`" for prefix in sources),
        "messages": {_name(frame): {"$ref": f"#/components/messages/{_name(frame)}"} for frame in frames},
    }


def _operations(action: str, frames: tuple[type, ...]) -> dict[str, Any]:
    return {
        f"{action}_{screen}": {
            "action": action,
            "channel": {"$ref": f"#/channels/{screen}"},
            "messages": [{"$ref": f"#/channels/{screen}/messages/{_name(frame)}"} for frame in frames],
        }
        for screen in SCREENS
    }


def _message(frame: type) -> dict[str, Any]:
    payload = {"$ref": REF.format(name=frame.__name__)}
    return {"name": _name(frame), "summary": _doc(frame), "payload": payload}


def _name(frame: type) -> str:
    return str(frame.__struct_config__.tag)  # type: ignore[attr-defined]


def _doc(thing: type) -> str:
    return inspect.cleandoc(thing.__doc__ or "")
