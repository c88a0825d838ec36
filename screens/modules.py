"""Which modules a page is made of: read from their imports, so that no list has to be kept."""

import functools
import re
from pathlib import Path, PurePosixPath

from django.contrib.staticfiles import finders

IMPORTED = re.compile(r'^(?:import|export)\b[^"\']*?\bfrom "(\.{1,2}/[^"]+)";', re.M)


def source(path: str) -> Path:
    """The file of a static path, such as ``screens/kitchen/main.js``."""
    found = finders.find(path)
    if not found:
        raise FileNotFoundError(path)
    return Path(str(found))


@functools.cache
def graph(entry: str) -> tuple[str, ...]:
    """The static paths of a module and of all it imports, itself first, each once."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        path = waiting.pop(0)
        if path not in found:
            found[path] = None
            waiting += [_beside(path, target) for target in IMPORTED.findall(source(path).read_text())]
    return tuple(found)


def _beside(path: str, target: str) -> str:
    parts: list[str] = []
    for part in (PurePosixPath(path).parent / target).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
