"""Pictures that people send: checked by their bytes, bounded, and written anew as WebP without metadata.

What is kept is never what was sent: pixels are decoded, turned upright, shrunk and encoded again, so a script
behind a picture, a place in its EXIF or a hostile colour profile ends here. One picture is decoded at a time
in a process, because a decoded picture is much larger than its file.
"""

import io
import struct
import threading
import zlib
from collections.abc import Mapping
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from PIL import Image
from rest_framework.parsers import MultiPartParser

from hub import errors
from hub.admission import SLACK
from hub.errors import Refusal

# Each within 150 MiB while it is decoded: a progressive JPEG keeps all coefficients, WebP four copies.
MOST_PIXELS = {"JPEG": 40_000_000, "progressive": 20_000_000, "PNG": 24_000_000, "WEBP": 8_000_000}
MOST_SCANS = 100  # of a progressive JPEG: each one costs a pass over all pixels, and only a few bytes
QUALITY = 82
MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"RIFF": "WEBP",
}
# Pillow's decoders meet hostile bytes with all of these.
BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
    EOFError, MemoryError, RuntimeError, Warning, struct.error, zlib.error,
)  # fmt: skip
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_one_at_a_time = threading.Lock()


class File(Protocol):
    """What can be read: an uploaded file, a file, a BytesIO."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes."""


class Multipart(MultiPartParser):
    """A form with files; one that says it is longer than the upload limit is refused unread."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Data and files; RequestDataTooBig above ``settings.UPLOAD_LIMIT``."""
        meta = (parser_context or {})["request"].META
        if int(meta.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_LIMIT + SLACK:
            raise RequestDataTooBig
        return super().parse(stream, media_type, parser_context)


def uploaded(files: Mapping[str, Any]) -> Any:
    """The picture of a form's field ``image``; refuses 400 ``body.invalid`` without one."""
    if "image" not in files:
        raise errors.invalid(errors.row("image", "required", "请选择图片文件"))
    return files["image"]


def reencode(file: File, sizes: Mapping[str, int]) -> dict[str, bytes]:
    """The picture as WebP in each of ``sizes`` (name → longest side in pixels; it is never enlarged).

    Takes JPEG, PNG and WebP of one frame. Refuses 413 ``image.too_large`` (bytes), 400
    ``image.too_many_pixels`` (before decoding) and 400 ``image.not_an_image`` for everything else.
    """
    content = file.read(settings.UPLOAD_LIMIT + 1)
    if len(content) > settings.UPLOAD_LIMIT:
        raise Refusal("image.too_large", 413, "图片不能超过 5 MB", limit_bytes=settings.UPLOAD_LIMIT)
    kind = next((name for magic, name in MAGIC.items() if content.startswith(magic)), None)
    if kind is None or (kind == "JPEG" and content.count(b"\xff\xda") > MOST_SCANS):
        raise _not_an_image()
    with _one_at_a_time:
        try:
            return _written(content, kind, sizes)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_many_pixels(MOST_PIXELS[kind]) from None
        except BROKEN:
            raise _not_an_image() from None


def _not_an_image() -> Refusal:
    return Refusal("image.not_an_image", 400, "请上传 JPEG、PNG 或 WebP 静态图片")


def _too_many_pixels(limit: int) -> Refusal:
    return Refusal("image.too_many_pixels", 400, "图片像素过多", limit_pixels=limit)


def _written(content: bytes, kind: str, sizes: Mapping[str, int]) -> dict[str, bytes]:
    with Image.open(io.BytesIO(content), formats=[kind]) as image:
        limit = MOST_PIXELS["progressive" if "progressive" in image.info else kind]
        if image.width * image.height > limit:
            raise _too_many_pixels(limit)
        if kind != "JPEG" and getattr(image, "n_frames", 1) > 1:
            raise _not_an_image()
        turn = UPRIGHT.get(_orientation(image))
        picture = _shrunk(image, max(sizes.values()))
    upright = picture.transpose(turn) if turn is not None else picture
    return {name: _webp(upright, longest) for name, longest in sizes.items()}


def _orientation(image: Image.Image) -> int:
    """How a camera held the picture; 1 (upright) when its EXIF makes no sense."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except BROKEN:
        return 1


def _shrunk(image: Image.Image, longest: int) -> Image.Image:
    """The pixels alone, as RGB or RGBA, hardly larger than needed before colours are converted."""
    image.draft(None, (longest * 2, longest * 2))  # JPEG: decoded at a fraction of its size
    if max(image.size) > longest * 2:
        # Averaging these would first copy all of their pixels.
        coarse = image.mode in ("P", "PA", "1", "LA", "RGBA", "I;16")
        how = Image.Resampling.NEAREST if coarse else Image.Resampling.BOX
        image = image.resize(_fitted(image, longest * 2), how)
    if image.mode == "I;16":
        image = image.convert("I").point([value >> 8 for value in range(65536)], "L")
    see_through = image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info
    return image.convert("RGBA" if see_through else "RGB")


def _fitted(image: Image.Image, longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(image.size))
    return max(1, round(image.width * scale)), max(1, round(image.height * scale))


def _webp(picture: Image.Image, longest: int) -> bytes:
    fitted = picture.resize(_fitted(picture, longest), Image.Resampling.LANCZOS)
    fitted.info.clear()
    out = io.BytesIO()
    fitted.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()
