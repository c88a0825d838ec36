"""Hostile pictures, made as they are asked for: nothing of the kind lies in the repository."""

import io
import struct
import zlib

from PIL import Image

SCRIPT = b"<script>alert(document.domain)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PLACE = {1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 25.0)}


def picture(kind="JPEG", mode="RGB", size=(64, 48), **options):
    """An honest picture in this format."""
    out = io.BytesIO()
    Image.new(mode, size, 1 if mode in ("1", "P") else None).save(out, kind, **options)
    return out.getvalue()


def frames(kind, count=3):
    """A moving picture."""
    out = io.BytesIO()
    pictures = [Image.new("RGB", (32, 32), (n * 40, 0, 0)) for n in range(count)]
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:])
    return out.getvalue()


def chunk(name, data):
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, *chunks, depth=8, colours=2):
    """A PNG that claims these sides, with these chunks and hardly any pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + b"".join([chunk(b"IHDR", header), *chunks, pixels, chunk(b"IEND", b"")])


def photo_with_place():
    """A photo that says where it was taken, held sideways."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825).update(PLACE)
    return picture(size=(60, 40), exif=exif.tobytes(), comment=SCRIPT)


def huge_exif():
    """Every byte that a JPEG may spend on EXIF, nonsense inside."""
    nonsense = b"Exif\0\0MM\0*\0\0\0\x08" + b"\xff" * 65_000
    marker = b"\xff\xe1" + struct.pack(">H", len(nonsense) + 2) + nonsense
    honest = picture()
    return honest[:2] + marker * 20 + honest[2:]


def many_scans():
    """A progressive JPEG that asks for its pixels to be gone over again and again."""
    honest = picture(size=(600, 600), progressive=True)
    scan = honest[honest.rindex(b"\xff\xda") : -2]
    return honest[:-2] + scan * 500 + honest[-2:]


def gif_bomb():
    """A few bytes that claim 65,535 × 65,535 in each of many frames."""
    frame = b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x02\x02\x4c\x01\0"
    return b"GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff" + frame * 1000 + b";"


def webp_50k():
    """A lossless WebP header with the largest sides there are, 16,384 each."""
    body = b"WEBPVP8L" + struct.pack("<I", 5) + b"\x2f\xff\xff\xff\x0f\0"
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bomb_of_text():
    """A PNG whose comment unpacks to 8 MB."""
    packed = zlib.compressobj(9)
    data = b"".join(packed.compress(b"\0" * 2**20) for _ in range(8)) + packed.flush()
    return png(8, 8, chunk(b"zTXt", b"c\0\0" + data))


OK, NOT, PIXELS = (200, None), (400, "image.not_an_image"), (400, "image.too_many_pixels")
BYTES, BODY = (413, "image.too_large"), (413, "body.too_large")

FILES = {
    "SVG with a script": (lambda: SVG, NOT),
    "SVG after a PNG's magic": (lambda: b"\x89PNG\r\n\x1a\n" + SVG, NOT),
    "HTML called a picture": (lambda: b"<!doctype html>" + SCRIPT, NOT),
    "JPEG with a page behind it": (lambda: picture() + SCRIPT, OK),
    "JPEG with a page as its comment": (lambda: picture(comment=SCRIPT), OK),
    "PNG with an archive behind it": (lambda: picture("PNG") + b"PK\x03\x04" + SCRIPT, OK),
    "script in a PNG's text": (lambda: png(8, 8, chunk(b"tEXt", b"c\0" + SCRIPT)), OK),
    "GIF and script in one": (lambda: b"GIF89a/*" + SCRIPT, NOT),
    "PNG's magic on a JPEG": (lambda: b"\x89PNG\r\n\x1a\n" + picture()[8:], NOT),
    "BMP": (lambda: picture("BMP"), NOT),
    "TIFF": (lambda: picture("TIFF"), NOT),
    "EPS": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(id) run\n", NOT),
    "PDF": (lambda: b"%PDF-1.7\n" + SCRIPT, NOT),
    "RIFF that is a sound": (lambda: b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 24, NOT),
    "50,000 x 50,000 pixels": (lambda: png(50_000, 50_000), PIXELS),
    "2,000,000,000 pixels wide": (lambda: png(2_000_000_000, 1), PIXELS),
    "no pixels wide": (lambda: png(0, 10), NOT),
    "largest WebP": (webp_50k, PIXELS),
    "25 megapixels for real": (lambda: picture("PNG", "1", (5000, 5000), compress_level=1), PIXELS),
    "cut in half": (lambda: picture("PNG", size=(400, 400))[:200], NOT),
    "JPEG without its end": (lambda: picture(size=(400, 400))[:700], NOT),
    "only the magic": (lambda: b"\xff\xd8\xff", NOT),
    "empty": (lambda: b"", NOT),
    "GIF bomb": (gif_bomb, NOT),
    "moving WebP": (lambda: frames("WEBP"), NOT),
    "moving PNG": (lambda: frames("PNG"), NOT),
    "bomb of text": (bomb_of_text, NOT),
    "five hundred scans": (many_scans, NOT),
    "place and camera in EXIF": (photo_with_place, OK),
    "a megabyte of EXIF": (huge_exif, OK),
    "CMYK": (lambda: picture(mode="CMYK"), OK),
    "16 bits a colour": (lambda: picture("PNG", "I;16"), OK),
    "palette that is seen through": (lambda: picture("PNG", "P", transparency=1), OK),
    "one pixel high, 40,000 wide": (lambda: picture("PNG", size=(40_000, 1)), OK),
    "profile of nonsense": (lambda: picture(icc_profile=b"\xff" * 5000), OK),
    "5 MB and a byte": (lambda: picture() + b"\0" * (5 * 2**20 + 1 - len(picture())), BYTES),
    "20 MB": (lambda: picture() + b"\0" * (20 * 2**20), BODY),
}
