"""Examples of the OpenAPI document: requests and answers by operation, as the demo store gave them."""

import json
from typing import Any

from django.conf import settings

from hub.openapi_problems import METHODS


def add(document: dict[str, Any]) -> None:
    """Put each example beside the schema it follows."""
    examples = json.loads(settings.OPENAPI_EXAMPLES.read_text("utf-8"))
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method in METHODS and (example := examples.get(operation["operationId"])):
                _put(operation, example)


def _put(operation: dict[str, Any], example: dict[str, Any]) -> None:
    if "request" in example:
        operation["requestBody"]["content"]["application/json"]["example"] = example["request"]
    answer = operation["responses"][str(example["status"])]
    if "answer" in example:
        answer["content"]["application/json"]["example"] = example["answer"]
