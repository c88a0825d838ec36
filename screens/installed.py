"""The kitchen as an installed app: its manifest, and the worker that keeps its page for lost networks."""

import functools
import hashlib
from pathlib import Path
from typing import Any

import orjson
from django.templatetags.static import static
from django.utils.translation import gettext as _

from screens.modules import graph, source

WORKER = "screens/kitchen/worker.js"
FILES = (
    "screens/shared/tokens.css",
    "screens/shared/base.css",
    "screens/shared/icons.svg",
    "screens/kitchen/kitchen.css",
    "screens/kitchen/icon-192.png",
)
TEMPLATES = Path(__file__).parent / "templates" / "screens"
SHELL = ("base.html", "kitchen.html", "staff_login.html", "icon.html")
COLOUR = "#111517"


def files() -> tuple[str, ...]:
    """The static paths that the kitchen's page loads."""
    return (*FILES, *graph("screens/kitchen/main.js"))


@functools.cache
def version() -> str:
    """A digest of everything that the page is made of: another one is another version."""
    digest = hashlib.sha256()
    for path in [*(source(name) for name in (*files(), WORKER)), *(TEMPLATES / name for name in SHELL)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def worker() -> bytes:
    """The service worker's source, with its version and files above it."""
    facts = {"VERSION": version(), "FILES": [static(path) for path in files()]}
    head = b"".join(b"const %s = %s;\n" % (name.encode(), orjson.dumps(fact)) for name, fact in facts.items())
    return head + source(WORKER).read_bytes()


def manifest() -> dict[str, Any]:
    """What a tablet needs to install the page."""
    icon = {"type": "image/png", "purpose": "any maskable"}
    return {
        "name": _("开饭后厨"),
        "short_name": _("后厨"),
        "start_url": "/kitchen/",
        "scope": "/kitchen/",
        "display": "standalone",
        "orientation": "any",
        "background_color": COLOUR,
        "theme_color": COLOUR,
        "icons": [
            {"src": static(f"screens/kitchen/icon-{size}.png"), "sizes": f"{size}x{size}", **icon}
            for size in (192, 512)
        ],
    }
