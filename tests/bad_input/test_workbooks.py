"""Hostile workbooks: refused with a reason or taken at their cells' word; no 500, little memory."""

import io
import random
import subprocess
import sys
from pathlib import Path
from xml.parsers import expat

import pytest
from openpyxl import load_workbook

from hub import sheetxml, workbooks
from ordering.dishes.models import Category, Dish
from tests.bad_input.workbooks import FILES, OK, honest, laughs
from tests.ordering.dishes.sheets.books import dish, menu, repacked, send

pytestmark = pytest.mark.django_db
MEBI = 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]
MANY_CELLS = "half a million cells in a row"


@pytest.fixture
def hot(store):
    return Category.objects.create(store=store, name="热菜")


@pytest.mark.parametrize("name", FILES)
def test_hostile_workbooks(ma, store, hot, refused, name):
    make, expected = FILES[name]
    content = make()
    assert len(content) < 5 * MEBI
    if expected == OK:
        assert send(ma.api, store, content).status_code == 200
        return
    body = refused(400, "menu.import_invalid", lambda: send(ma.api, store, content)).json()
    if isinstance(expected, str):
        assert [(row["field"], row["code"]) for row in body["errors"]] == [("file", expected)]
    else:
        assert [said(row) for row in body["errors"]] == expected


def said(row):
    """The code of a problem; of a cell that is missing or too long, its column."""
    column = row["field"].rsplit(".")[-1]
    return column if row["code"] in ("required", "max_length") else row["code"]


READ = """
import re, sys
from pathlib import Path
from hub import sheetxml, workbooks

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024

sheetxml.MOST_ELEMENTS = int(sys.argv[1])
contents = [open(path, "rb").read() for path in sys.argv[2:]]
before = peak()
for content in contents:
    try:
        workbooks.read(content, 3_000)
    except sheetxml.Unreadable:
        pass
print(peak() - before)
"""


def growth(folder, names, most_elements=sheetxml.MOST_ELEMENTS):
    """By how many MiB a process grows that reads these files."""
    paths = []
    for number, name in enumerate(names):
        paths.append(folder / f"{number}.xlsx")
        paths[-1].write_bytes(FILES[name][0]())
    command = [sys.executable, "-c", READ, str(most_elements), *paths]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def test_memory_is_bounded(tmp_path):
    names = ["100,000 rows", "a zip bomb", MANY_CELLS, "many strings", "a long string", "a long attribute"]
    assert growth(tmp_path, names) < 48


def test_control_without_the_bounds_it_would_not_be(tmp_path):
    assert growth(tmp_path, [MANY_CELLS], 10**9) > 48


def test_control_a_document_type_that_is_not_refused_is_obeyed(monkeypatch):
    """Without the refusal the bomb goes off until expat itself stops it."""
    monkeypatch.setattr(sheetxml, "_refuse_doctype", lambda *declared: None)
    monkeypatch.setattr(workbooks, "BROKEN", ())
    with pytest.raises(expat.ExpatError, match=r"amplification|entity"):
        workbooks.read(laughs(), 3_000)


def test_a_thousand_spoiled_bytes(ma, store, hot):
    """Honest workbooks with a few bytes changed, packed and unpacked: an answer, not a fault."""
    chance = random.Random(12)
    good = honest()
    for turn in range(150):
        content = bytearray(good)
        if turn % 2:
            content = repacked(good, lambda name, data: spoil(chance, bytearray(data)))
        else:
            spoil(chance, content)
        answer = send(ma.api, store, bytes(content), "?dry_run=1")
        assert answer.status_code in (200, 400), answer.content
        assert answer.status_code == 200 or answer.json()["code"] == "menu.import_invalid"


def spoil(chance, content):
    for _ in range(3):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def test_what_is_no_form_with_a_workbook(ma, store, refused):
    path = f"/api/v1/stores/{store.code}/menu/import/"
    refused(415, "request.unsupported_media_type", lambda: ma.api.post(path, {"file": "x"}, format="json"))
    for form in ({"file": "text"}, {"other": "x"}, {}):
        refused(400, "body.invalid", lambda form=form: ma.api.post(path, form, format="multipart"))
    refused(413, "menu.import_too_large", lambda: send(ma.api, store, b"x" * (5 * MEBI + 1)))
    refused(413, "body.too_large", lambda: send(ma.api, store, b"x" * (6 * MEBI)))


def test_the_name_of_the_file_is_nothing(ma, store, hot):
    for name in ("../../etc/cron.d/x", "a.html", "菜" * 300 + ".xls", "x.csv"):
        assert send(ma.api, store, honest(), name=name).status_code == 200
    assert Dish.objects.count() == 1


def test_merged_cells_are_told_as_empty_ones(ma, store, hot):
    book = load_workbook(io.BytesIO(menu(菜品=[dish(), dish("鲈鱼")])))
    book["菜品"].merge_cells("B2:B3")
    out = io.BytesIO()
    book.save(out)
    errors = send(ma.api, store, out.getvalue()).json()["errors"]
    assert [(row["field"], row["code"]) for row in errors] == [("dishes.row3.category", "required")]
