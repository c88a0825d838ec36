"""What people read is complete in English: every Chinese literal is in the catalogue, and it is compiled."""

import ast
import re
from pathlib import Path
from string import Formatter

import polib
import pytest
from django.utils.translation.template import templatize

from hub import literals

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "locale/en/LC_MESSAGES/django.po"
REMEDY = "run `make messages`, fill in what is empty in locale/en/LC_MESSAGES/django.po, run it again"
# Stored in the language of the house with the row that it explains.
STORED = {"f'{in_house(cause.label)}自动退款'"}
LAZY = {"_", "words"}
MARKED = re.compile(r"""(?:gettext|_)\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")


def sources():
    """(path, text) of every Python file that may speak to people."""
    for folder in ("hub", "ordering", "kitchen", "consumers", "screens"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            if literals.has_words(path):
                yield path, file.read_text("utf-8")


def templates():
    """Every page's text."""
    for pattern in ("*/templates/**/*.html", "*/*/templates/**/*.html"):
        yield from (file.read_text("utf-8") for file in ROOT.glob(pattern) if ".venv" not in file.parts)


def marked(template):
    """What a template marks for translation."""
    return [ast.literal_eval(text) for text in MARKED.findall(templatize(template))]


@pytest.fixture(scope="module")
def catalogue():
    return {entry.msgid: entry for entry in polib.pofile(str(CATALOGUE))}


def test_every_chinese_literal_is_in_the_catalogue(catalogue):
    said = {text: path for path, source in sources() for text in literals.messages(source)}
    missing = {text: path for text, path in said.items() if text not in catalogue}
    assert not missing, REMEDY
    assert len(said) > 400


def test_every_marked_text_of_a_template_is_in_the_catalogue(catalogue):
    assert not {text for page in templates() for text in marked(page)} - catalogue.keys(), REMEDY


def test_a_template_gives_its_texts():
    page = "{% load i18n %}{% translate '下单' %}{% blocktranslate %}共 {{ n }} 份{% endblocktranslate %}"
    assert marked(page) == ["下单", "共 %(n)s 份"]


def test_every_entry_is_translated(catalogue):
    for entry in catalogue.values():
        assert entry.msgstr and not entry.fuzzy and not entry.obsolete, (entry.msgid, REMEDY)
        assert not literals.HAN.search(entry.msgstr), entry.msgid


def test_no_entry_is_left_over(catalogue):
    said = {text for _, source in sources() for text in literals.messages(source)}
    said |= {text for page in templates() for text in marked(page)}
    assert not catalogue.keys() - said, REMEDY


def fields(text):
    """The placeholders of a text, in both of the forms that are in use."""
    braces = re.fullmatch(r"[^{}]*(\{\w+\}[^{}]*)*", text)
    named = {name for _, name, _, _ in Formatter().parse(text) if name} if braces else set()
    return named | set(re.findall(r"%\((\w+)\)s", text))


def test_placeholders_are_the_same_in_both_languages(catalogue):
    assert fields("「{dish}」仅剩 %(n)s 份") == {"dish", "n"}
    for entry in catalogue.values():
        assert fields(entry.msgid) == fields(entry.msgstr), entry.msgid


def test_no_text_is_put_together_where_no_catalogue_can_hold_it():
    found = {text for _, source in sources() for text in literals.formatted(source)}
    assert found == STORED, "use format_lazy(_('… {name} …'), name=name)"


def test_the_compiled_catalogue_is_the_written_one(catalogue):
    compiled = {e.msgid: e.msgstr for e in polib.mofile(str(CATALOGUE.with_suffix(".mo")))}
    assert compiled == {msgid: entry.msgstr for msgid, entry in catalogue.items()}, REMEDY


def test_literals_are_found_but_no_docstrings():
    source = '"""说明"""\nA = {"x": "甲" "乙"}\ndef f():\n    """说明"""\n    return f"丙{A}", ["丁", "x"]\n'
    assert literals.messages(source) == ["甲乙", "丁"]
    assert literals.formatted(source) == ["f'丙{A}'"]


def labels():
    """(place, text) of every literal that Django keeps as a label and that no `_` makes lazy."""
    for path, source in sources():
        if Path(path).name in ("models.py", "admin.py", "forms.py", "apps.py"):
            calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
            lazy = [part for node in calls if getattr(node.func, "id", "") in LAZY for part in node.args]
            known = {part.value for part in lazy if isinstance(part, ast.Constant)}
            yield from ((path, text) for text in literals.messages(source) if text not in known)


def test_every_label_of_models_and_admin_is_lazy():
    assert not list(labels()), 'labels are _("…") of gettext_lazy, or the admin stays Chinese in English'
