"""Text on its way into a spreadsheet and back: what it would compute gets an apostrophe in front."""

import re

FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")
NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
APOSTROPHE = "'"


def safe(text: str) -> str:
    """Text that no spreadsheet computes and every XML parser takes."""
    clean = NOT_XML.sub("", text)
    return f"{APOSTROPHE}{clean}" if FORMULA.match(clean) else clean


def portable(text: str) -> str:
    """Text as a cell can hold it: without what XML does not know, with its line breaks, without its edges."""
    return NOT_XML.sub("", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def guarded(text: str) -> str:
    """As ``safe``, and so that ``bare`` gives back exactly this portable text."""
    return APOSTROPHE + text if text.startswith(APOSTROPHE) else safe(text)


def bare(text: str) -> str:
    """What ``guarded`` was given; text that somebody typed without a guard stays as it is."""
    rest = text[1:]
    is_guard = text.startswith(APOSTROPHE) and (rest.startswith(APOSTROPHE) or FORMULA.match(rest))
    return rest if is_guard else text
