"""Request bodies as JSON, and no more of them than DATA_UPLOAD_MAX_MEMORY_SIZE."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from drf_orjson_renderer.parsers import ORJSONParser


class Json(ORJSONParser):
    """JSON; a body that says it is too long is refused unread (REST framework reads past Django's own limit)."""

    def parse(
        self, stream: Any, media_type: Any = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The decoded body."""
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or 0
        if int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        return super().parse(stream, media_type, parser_context)
