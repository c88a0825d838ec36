"""Screens must run in Chrome 80: no younger syntax, API or CSS, nothing that the strict CSP would refuse."""

import re
from pathlib import Path

import pytest

SCREENS = Path(__file__).resolve().parents[2] / "screens"
MODULES = sorted(SCREENS.glob("static/screens/**/*.js"))
STYLES = sorted(SCREENS.glob("static/screens/**/*.css"))
TEMPLATES = sorted(SCREENS.glob("templates/screens/**/*.html"))
# The floors of the pages: the hub client knows no page, and no screen knows another.
MAY_IMPORT = {
    "shared": ["hub"],
    **{screen: ["hub", "shared"] for screen in ("kitchen", "counter", "board", "diner", "landing")},
}


def named(path):
    """A file with its room, for the report."""
    return f"{path.parent.name}/{path.name}"


YOUNGER_JS = {
    "logical assignment": r"(\?\?|\|\||&&)=",
    "at()": r"\.at\(",
    "replaceAll": r"\.replaceAll\(",
    "structuredClone": r"\bstructuredClone\b",
    "randomUUID": r"\.randomUUID\(",
    "Promise.any": r"\bPromise\.(any|withResolvers)\b",
    "AbortSignal.timeout": r"\bAbortSignal\.(timeout|any)\b",
    "findLast": r"\.findLast(Index)?\(",
    "change array by copy": r"\.(toSorted|toReversed|toSpliced|with)\(",
    "groupBy": r"\b(Object|Map)\.groupBy\b",
    "hasOwn": r"\bObject\.hasOwn\b",
    "replaceChildren": r"\.replaceChildren\(",
    "WeakRef": r"\bWeakRef\b",
    "private name": r"(\bthis|\bother)\.#|^\s+#\w+",
    "static block": r"^\s+static\s*\{",
    "numeric separator": r"\b\d+_\d+",
    "error cause": r"\{\s*cause\b",
    "top-level await": r"^(await\b|(const|let|var|export)\b(?!.*(async|=>)).*\bawait\b)",
    "import attributes": r"^import .* (with|assert) \{",
    "eval": r"\b(eval|Function)\(",
    "markup from text": r"\.(innerHTML|outerHTML)\b|insertAdjacentHTML|document\.write",
    "inline style": r"\.style\b|setAttribute\(\"style\"",
}
CLASS_FIELD = re.compile(r"^  (static )?\w+( = .*)?;$")
YOUNGER_CSS = {
    ":has()": r":has\(",
    "nesting": r"^\s*&",
    "inset": r"[\s;{]inset\s*:",
    "aspect-ratio": r"aspect-ratio",
    "gap": r"[\s;{](row-|column-)?gap\s*:",
    "dynamic viewport": r"\d(dvh|svh|lvh)\b",
    "container": r"@(container|layer)\b",
    "is/where": r":(is|where)\(",
    "outside": r"url\(|@import",
}
REFUSED_HTML = {
    "inline script": r"<script(?![^>]*\bsrc=)",
    "inline style": r"<style|\sstyle=",
    "inline handler": r"\son\w+=",
    "outside request": r"(src|href)=\"(https?:)?//",
    "import map": r"importmap",
}


def without_comments_and_texts(source):
    """The code alone; template literals stay, they hold code."""
    source = re.sub(r"/\*.*?\*/", "", source, flags=re.S)
    source = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', source)
    return re.sub(r"(?<!:)//.*", "", source)


def class_fields(code):
    """Lines of class bodies that declare a field (ES2022)."""
    bodies = re.findall(r"^(?:export )?class .*?^}", code, flags=re.S | re.M)
    return [line for body in bodies for line in body.splitlines() if CLASS_FIELD.match(line)]


def younger(code, table):
    return [name for name, pattern in table.items() if re.search(pattern, code, flags=re.M)]


def test_there_is_something_to_check():
    assert len(MODULES) >= 12
    assert STYLES
    assert len(TEMPLATES) >= 6


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_module_is_es2020(path):
    code = without_comments_and_texts(path.read_text())
    assert younger(code, YOUNGER_JS) == []
    assert class_fields(code) == []
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_imports_are_relative_and_exist(path):
    for target in re.findall(r'^import .*? from "(.+?)";', path.read_text(), flags=re.M):
        assert target.startswith(("./", "../"))
        found = (path.parent / target).resolve()
        assert found.is_file()
        assert found.parent.name in {path.parent.name, *MAY_IMPORT.get(path.parent.name, ())}


@pytest.mark.parametrize(
    "name", ["hub-client", "hub-socket", "hub-rows", "hub-api", "hub-backoff", "hub-announce", "hub-queue"]
)
def test_the_client_knows_no_dom(name):
    code = without_comments_and_texts((SCREENS / f"static/screens/hub/{name}.js").read_text())
    assert not re.search(r"\b(document|window|location|navigator|localStorage|sessionStorage)\b", code)


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_style_is_old_enough(path):
    code = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S).replace("grid-gap", "")
    assert younger(code, YOUNGER_CSS) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_passes_the_policy(path):
    assert younger(path.read_text(), REFUSED_HTML) == []


JS_SAMPLES = [
    ("a ??= 1", "logical assignment"),
    ("list.at(-1)", "at()"),
    ("const x = await load();", "top-level await"),
    ("  #secret = 1;", "private name"),
    ("const n = 1_000;", "numeric separator"),
    ("node.innerHTML = text", "markup from text"),
]


@pytest.mark.parametrize(("sample", "name"), JS_SAMPLES)
def test_control_younger_code_is_found(sample, name):
    assert name in younger(without_comments_and_texts(sample), YOUNGER_JS)


def test_control_a_class_field_and_a_bad_template_are_found():
    assert class_fields("class A {\n  count = 0;\n  run() {\n    x = 1;\n  }\n}") == ["  count = 0;"]
    assert younger('<p style="x" onclick="y">', REFUSED_HTML) == ["inline style", "inline handler"]
    assert younger(".a { display: flex; gap: 4px; }", YOUNGER_CSS) == ["gap"]
