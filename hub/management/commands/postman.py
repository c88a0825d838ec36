"""`manage.py postman`: the OpenAPI document as a Postman collection (v2.1), a folder for each tag.

Variables are `base_url` and `access`; whoever sends a log-in keeps its token in `access` for what follows.
"""

import json
import re
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.core.management.base import BaseCommand
from drf_spectacular.generators import SchemaGenerator

from hub.openapi_problems import METHODS

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
KEEP = "if (pm.response.code === 200) pm.collectionVariables.set('access', pm.response.json().access);"
LOG_IN = re.compile(r"/auth/(login|wechat|guest|refresh)/$")
DEPTH = 6


class Command(BaseCommand):
    """Prints the collection, or writes it to a file."""

    help = "Print the Postman collection of the REST API."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--file", help="write here instead of printing")

    def handle(self, *args: Any, **options: Any) -> None:
        document: Any = SchemaGenerator().get_schema(request=None, public=True)
        text = json.dumps(collection(document), ensure_ascii=False, indent=1) + "\n"
        if options["file"]:
            with open(options["file"], "w", encoding="utf-8") as out:
                out.write(text)
        else:
            self.stdout.write(text)


def collection(document: dict[str, Any]) -> dict[str, Any]:
    """The whole collection."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                made = request(document, method, path, operations[method])
                folders.setdefault(operations[method]["tags"][0], []).append(made)
    about = document["info"]
    return {
        "info": {
            "_postman_id": str(uuid5(NAMESPACE_URL, SCHEMA + about["title"])),
            "name": about["title"],
            "description": about["description"],
            "schema": SCHEMA,
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{access}}", "type": "string"}]},
        "variable": [{"key": "base_url", "value": "http://127.0.0.1:8000"}, {"key": "access", "value": ""}],
        "item": [{"name": name, "item": items} for name, items in sorted(folders.items())],
    }


def request(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    """One request; log-ins keep their token."""
    takes = operation.get("parameters", [])
    headers = [
        {"key": one["name"], "value": "{{$guid}}"} for one in takes if one["name"] == "Idempotency-Key"
    ]
    made: dict[str, Any] = {"method": method.upper(), "header": headers, "url": address(path, takes)}
    if not operation.get("security"):
        made["auth"] = {"type": "noauth"}
    if content := operation.get("requestBody", {}).get("content"):
        made |= body(document, content)
    made["description"] = operation.get("description", "")
    item: dict[str, Any] = {"name": operation["operationId"], "request": made, "response": []}
    if LOG_IN.search(path):
        item["event"] = [{"listen": "test", "script": {"type": "text/javascript", "exec": [KEEP]}}]
    return item


def address(path: str, takes: list[dict[str, Any]]) -> dict[str, Any]:
    """The URL with its variables; optional parts of the query are there, switched off."""
    parts = re.sub(r"\{(\w+)\}", r":\1", path).strip("/").split("/")
    query = [
        {"key": one["name"], "value": "", "disabled": not one.get("required", False)}
        for one in takes
        if one["in"] == "query"
    ]
    variables = [{"key": name, "value": ""} for name in re.findall(r"\{(\w+)\}", path)]
    text = "&".join(f"{one['key']}=" for one in query if not one["disabled"])
    raw = "{{base_url}}/" + "/".join(parts) + "/" + (f"?{text}" if text else "")
    url = {"raw": raw, "host": ["{{base_url}}"], "path": [*parts, ""]}
    return url | ({"query": query} if query else {}) | ({"variable": variables} if variables else {})


def body(document: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """A JSON body to start from, or a form with a file."""
    if "multipart/form-data" in content:
        return {"body": {"mode": "formdata", "formdata": [{"key": "image", "type": "file", "src": []}]}}
    told = content.get("application/json", {})
    value = told.get("example", sample(document, told.get("schema", {})))
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return {"body": {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}}


def sample(document: dict[str, Any], schema: dict[str, Any], depth: int = DEPTH) -> Any:
    """A value that has the shape of the schema."""
    if "$ref" in schema:
        return sample(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], depth)
    for name in ("example", "default"):
        if name in schema:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    for name in ("allOf", "oneOf", "anyOf"):
        if name in schema:
            return sample(document, schema[name][0], depth)
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object" and depth:
        names = schema.get("properties", {})
        return {name: sample(document, inner, depth - 1) for name, inner in names.items()}
    if kind == "array" and depth:
        return [sample(document, schema.get("items", {}), depth - 1)]
    return {"string": "", "integer": 0, "number": 0, "boolean": False}.get(kind)
