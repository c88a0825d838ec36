"""Every word of the pages has its English: what the scripts say and what the templates say."""

import re
from pathlib import Path

import pytest

SCREENS = Path(__file__).resolve().parents[2] / "screens"
SCRIPTS = SCREENS / "static/screens"
FOLDERS = sorted(folder.name for folder in SCRIPTS.iterdir() if folder.is_dir() and folder.name != "hub")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SAID = re.compile(r'\bt\(\s*"((?:[^"\\\n]|\\.)*)"')
ENTRY = re.compile(r'^  "((?:[^"\\\n]|\\.)*)": "((?:[^"\\\n]|\\.)*)",$', flags=re.M)
# Tables of words that `translated` or `t(TABLE[name])` reads: every Chinese text in such a file is a key.
TABLES = {"shared": ["text.js", "hub.js"]}
# Pages that are still to be put into words; nothing may be added here.
TO_DO: set[str] = set()
HELD = re.compile(r"\{(\w+)\}")


TEMPLATES = [
    path for path in sorted((SCREENS / "templates/screens").glob("**/*.html")) if path.stem not in TO_DO
]


def dictionary(folder):
    """The English of one screen, or nothing where it has no words of its own."""
    path = SCRIPTS / folder / "english.js"
    return dict(ENTRY.findall(path.read_text())) if path.exists() else {}


def sources(folder):
    return [path for path in sorted((SCRIPTS / folder).glob("*.js")) if path.name != "english.js"]


def code(path):
    return re.sub(r"^\s*(//|\*|/\*\*).*$", "", path.read_text(), flags=re.M)


def said(folder):
    """Every Chinese text that this screen's scripts translate."""
    found = {text for path in sources(folder) for text in SAID.findall(code(path))}
    for name in TABLES.get(folder, []):
        found |= set(re.findall(r'"([^"\n]*)"', code(SCRIPTS / folder / name)))
    return {text for text in found if CHINESE.search(text)}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_word_has_its_english(folder):
    known = {**dictionary("shared"), **dictionary(folder)}
    assert sorted(said(folder) - known.keys()) == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_english_keeps_the_places_and_is_english(folder):
    for chinese, english in dictionary(folder).items():
        assert sorted(HELD.findall(chinese)) == sorted(HELD.findall(english)), chinese
        assert english.strip() or not chinese.strip()
        assert not CHINESE.search(english), chinese


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_word_stands_outside_a_translation(folder):
    """Chinese in a script is in `t("…")`, in a table of words, or in a comment."""
    for path in sources(folder) if folder not in TO_DO else ():
        if path.name in TABLES.get(folder, []):
            continue
        rest = SAID.sub("", code(path))
        assert [line.strip() for line in rest.splitlines() if CHINESE.search(line)] == [], path.name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_word_of_a_template_stands_outside_a_translation(path):
    text = re.sub(r"\{% (blocktranslate|comment).*?\{% end\1 %\}", "", path.read_text(), flags=re.S)
    text = re.sub(r"\{%.*?%\}", "", text, flags=re.S)
    text = text.replace("中文", "")  # the language's own name for itself
    assert [line.strip() for line in text.splitlines() if CHINESE.search(line)] == []


def test_control_a_word_without_english_is_found():
    assert SAID.findall('el("b", {}, t("接单"), t(\n  "拒单", { a }))') == ["接单", "拒单"]
    assert ENTRY.findall('  "接单": "Accept",\n') == [("接单", "Accept")]
