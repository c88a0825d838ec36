"""Pictures in a bucket that speaks S3; loaded only when MEDIA_STORAGE is s3.

The client waits seconds, not a minute, and a bucket that does not answer is a refusal like any other.
Checksums are sent only where S3 demands them: COS and other stores refuse the ones that the client would add.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.utils.encoding import filepath_to_uri
from storages.backends.s3 import S3Storage

from hub.errors import Refusal

TYPES = {".webp": "image/webp", ".png": "image/png"}  # not every system knows the first
KEPT = "public, max-age=31536000, immutable"  # a name never gets another content


class Bucket(S3Storage):
    """Django's storage over the bucket; refuses 503 ``media.unavailable``."""

    def __init__(self, *, public_url: str, addressing: str, **options: Any) -> None:
        self.public_url = public_url
        config = Config(
            connect_timeout=3,
            read_timeout=10,
            retries={"total_max_attempts": 2},
            s3={"addressing_style": addressing},
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        super().__init__(client_config=config, **options)

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        """The public address: a signed one would be over while menus still hold it."""
        return f"{self.public_url}/{filepath_to_uri(name)}"

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        """What a browser has to know of the picture."""
        kind = next((kind for end, kind in TYPES.items() if name.endswith(end)), None)
        return {"CacheControl": KEPT} | ({"ContentType": kind} if kind else {})

    def _save(self, name: str, content: Any) -> str:
        with _refused():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        """Gone, or never there."""
        with _refused():
            super().delete(name)

    def exists(self, name: str) -> bool:
        """Whether it is there."""
        with _refused():
            return bool(super().exists(name))

    def size(self, name: str) -> int:
        """Bytes; FileNotFoundError without it."""
        with _refused():
            return int(super().size(name))


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        again = {"Retry-After": "5"}
        raise Refusal("media.unavailable", 503, "图片存储暂时不可用,请稍后再试", headers=again) from error
