"""Where uploaded pictures are kept: on our own disk, or in a bucket that speaks S3 (S3, COS, MinIO …)."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, NamedTuple
from urllib.parse import urlsplit

NAMES = "BUCKET ENDPOINT_URL REGION ACCESS_KEY_ID SECRET_ACCESS_KEY PUBLIC_URL ADDRESSING"
NEEDED = ("BUCKET", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "PUBLIC_URL")
ADDRESSING = {"auto", "path", "virtual"}
PACKAGES = ("storages", "boto3")


class Media(NamedTuple):
    """Django's entry in STORAGES, and the origin of the pictures' addresses ("" = ours)."""

    storage: dict[str, Any]
    origin: str


LOCAL = Media({"BACKEND": "django.core.files.storage.FileSystemStorage"}, "")


def bucket(said: Mapping[str, str]) -> Media:
    """The bucket that ``S3_*`` names; addresses are the public ones, as cached menus hold them for long."""
    options = {
        "bucket_name": said["BUCKET"],
        "endpoint_url": said["ENDPOINT_URL"] or None,
        "region_name": said["REGION"] or None,
        "access_key": said["ACCESS_KEY_ID"],
        "secret_key": said["SECRET_ACCESS_KEY"],
        "public_url": said["PUBLIC_URL"].rstrip("/"),
        "addressing": said["ADDRESSING"] or "auto",
    }
    public = said["PUBLIC_URL"]
    origin = "" if _fault_of_address(public) else "{0.scheme}://{0.netloc}".format(urlsplit(public))
    return Media({"BACKEND": "hub.buckets.Bucket", "OPTIONS": options}, origin)


def faults(said: Mapping[str, str]) -> list[str]:
    """What is missing or no address, and packages that are not installed."""
    found = [f"S3_{name}: MEDIA_STORAGE=s3 needs it" for name in NEEDED if not said[name]]
    for name in ("ENDPOINT_URL", "PUBLIC_URL"):
        if said[name] and (fault := _fault_of_address(said[name])):
            found.append(f"S3_{name}: {fault}")
    if not said["REGION"] and not said["ENDPOINT_URL"]:
        found.append("S3_REGION: MEDIA_STORAGE=s3 needs it, or S3_ENDPOINT_URL")
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        found.append(f"MEDIA_STORAGE: s3 needs {' and '.join(missing)}: pip install -r requirements-s3.txt")
    return found


def _fault_of_address(address: str) -> str:
    """Why it is no address to put names after; it becomes part of the pages' policy as well."""
    try:
        parts = urlsplit(address)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_fine:
        return f"{address} is no http(s) address"
    if parts.query or parts.fragment or parts.username or any(sign in address for sign in " ;,'\"*"):
        return f"{address} may hold no query, fragment, name or sign of its own"
    return ""
