"""Hostile workbooks, made as they are asked for from an honest one."""

import io
import struct
import zipfile

from tests.ordering.dishes.sheets.books import dish, menu, repacked, workbook

SHEET, STRINGS, BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
HEAD = f"<worksheet {NS}><sheetData>"
TITLES = '<row r="1">' + "".join(
    f'<c t="inlineStr"><is><t>{title}</t></is></c>' for title in ("category", "name", "station", "price")
) + "</row>"  # fmt: skip
TAIL = "</sheetData></worksheet>"
OK = (200, None)
NOT_A_WORKBOOK, TOO_LARGE, TOO_MANY_ROWS = "not_a_workbook", "too_large", "too_many_rows"


def honest():
    """A workbook of one right dish."""
    return menu(菜品=[dish()])


def with_part(name, data):
    """The honest one with this part instead."""
    data = data if isinstance(data, bytes) else data.encode()
    return repacked(honest(), lambda found, old: data if found == name else old)


def with_strings(strings, rows="", doctype=""):
    """The honest one as Excel writes it: strings in a part of their own, which cells name by number."""
    relation = (
        b'<Relationship Id="s" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    related = edited("xl/_rels/workbook.xml.rels", b"</Relationships>", relation)
    table = f"{doctype}<sst {NS}>{strings}</sst>"
    sheet = f"{HEAD}{TITLES}{rows}{TAIL}"
    return repacked(related, lambda name, old: sheet if name == SHEET else old, {STRINGS: table})


def with_rows(rows, head=HEAD + TITLES):
    """The honest one whose sheet holds these rows as XML."""
    return with_part(SHEET, head + rows + TAIL)


def row(cells, number=2):
    return f'<row r="{number}">{cells}</row>'


def text(value):
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def edited(name, old, new):
    """The honest one with a piece of a part changed."""

    def edit(found, data):
        if found != name:
            return data
        assert old in data
        return data.replace(old, new)

    return repacked(honest(), edit)


def encrypted():
    """Flagged as encrypted, in the local headers and in the directory."""
    content = bytearray(repacked(honest(), packing=zipfile.ZIP_STORED))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(magic)
        while at >= 0:
            content[at + place] |= 1
            at = content.find(magic, at + 1)
    return bytes(content)


def lying():
    """A sheet that is far longer than the archive's directory says."""
    content = bytearray(with_rows("<row/>" * 500_000))
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", content, at + 24, 40)
        at = content.find(b"PK\x01\x02", at + 1)
    return bytes(content)


def plain_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "hello")
    return out.getvalue()


def laughs():
    """An entity bomb in the sheet."""
    names = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE worksheet [<!ENTITY l0 "lol">{names}]>'
    return with_part(SHEET, doctype + HEAD + TITLES + row(text("&l9;")) + TAIL)


def entity(kind):
    """A document type that asks for a file or an address."""
    return with_strings("<si><t>&x;</t></si>", doctype=f'<!DOCTYPE sst [<!ENTITY x SYSTEM "{kind}">]>')


def hundred_thousand_rows():
    right = text("热菜") + text("菜{}") + text("wok") + "<c><v>1</v></c>"
    return with_rows("".join(row(right.replace("{}", str(n)), n) for n in range(2, 100_002)))


def utf16():
    body = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE worksheet [<!ENTITY a "b">]>' + HEAD + TAIL
    return with_part(SHEET, body.encode("utf-16"))


FILES = {
    "an honest one": (honest, OK),
    "nothing": (lambda: b"", NOT_A_WORKBOOK),
    "text": (lambda: "菜品,价格\n红烧肉,58".encode(), NOT_A_WORKBOOK),
    "an old .xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 4096, NOT_A_WORKBOOK),
    "a zip": (plain_zip, NOT_A_WORKBOOK),
    "half of one": (lambda: honest()[: len(honest()) // 2], NOT_A_WORKBOOK),
    "its tail cut": (lambda: honest()[:-30], NOT_A_WORKBOOK),
    "no sheet part": (lambda: repacked(honest(), lambda n, d: None if n == SHEET else d), NOT_A_WORKBOOK),
    "no list": (lambda: repacked(honest(), lambda n, d: None if n == BOOK else d), NOT_A_WORKBOOK),
    "broken XML": (lambda: with_part(SHEET, HEAD + "<row>"), NOT_A_WORKBOOK),
    "HTML": (lambda: with_part(SHEET, "<html><body>x</html>"), NOT_A_WORKBOOK),
    "no XML": (lambda: with_part(SHEET, b"\0\xff" * 99), NOT_A_WORKBOOK),
    "a string twice": (
        lambda: with_strings(
            "<si><t>热菜</t></si><si><t>x</t></si>", row('<c t="s"><v>0</v></c><c t="s"><v>1</v></c>')
        ),
        ["station", "price"],
    ),
    "a string too far": (lambda: with_rows(row('<c t="s"><v>99</v></c>')), NOT_A_WORKBOOK),
    "a cell nowhere": (lambda: with_rows(row('<c r="ABCDE9"><v>1</v></c>')), NOT_A_WORKBOOK),
    "a row called x": (lambda: with_rows("<row r='x'><c><v>1</v></c></row>"), NOT_A_WORKBOOK),
    "a part outside": (
        lambda: edited("xl/_rels/workbook.xml.rels", b"/xl/worksheets/sheet1.xml", b"../../../etc/passwd"),
        NOT_A_WORKBOOK,
    ),
    "lzma": (lambda: repacked(honest(), packing=zipfile.ZIP_LZMA), NOT_A_WORKBOOK),
    "encrypted": (encrypted, "encrypted"),
    "sizes that lie": (lying, NOT_A_WORKBOOK),
    "macros": (lambda: repacked(honest(), more={"xl/vbaProject.bin": b"x"}), "has_macros"),
    "an entity bomb": (laughs, NOT_A_WORKBOOK),
    "a file entity": (lambda: entity("file:///etc/passwd"), NOT_A_WORKBOOK),
    "an address entity": (lambda: entity("http://127.0.0.1:1/x"), NOT_A_WORKBOOK),
    "a document type in UTF-16": (utf16, NOT_A_WORKBOOK),
    "a zip bomb": (lambda: with_rows(" " * 40_000_000), TOO_LARGE),
    "a bomb beside": (lambda: repacked(honest(), more={"xl/media/a.png": b"\0" * 100_000_000}), OK),
    "100,000 rows": (hundred_thousand_rows, TOO_MANY_ROWS),
    "half a million empty rows": (lambda: with_rows("<row/>" * 500_000), TOO_LARGE),
    "half a million cells in a row": (lambda: with_rows(row("<c><v>1</v></c>" * 500_000)), TOO_LARGE),
    "a row far away": (
        lambda: with_rows(row(text("x"), 9**30)),
        ["name", "station", "price", "does_not_exist"],
    ),
    "a declared size": (
        lambda: with_rows("", f'<worksheet {NS}><dimension ref="A1:XFD1048576"/><sheetData>' + TITLES),
        OK,
    ),
    "many strings": (lambda: with_strings("<si><t>x</t></si>" * 300_000), TOO_LARGE),
    "a long string": (
        lambda: with_rows(row(text("菜" * 5_000_000))),
        ["category"],
    ),
    "a long attribute": (lambda: with_rows(f'<row a="{"x" * 20_000_000}"/>'), TOO_LARGE),
    "deep": (lambda: with_rows("<a>" * 700_000), TOO_LARGE),
    "many members": (lambda: repacked(honest(), more={f"a{n}": b"" for n in range(3000)}), TOO_LARGE),
    "many sheets": (lambda: workbook({f"s{n}": [] for n in range(30)}), TOO_LARGE),
    "wrong sheets": (lambda: workbook({"价目表": [["红烧肉", 58]]}), ["unknown_sheet", "no_sheet"]),
    "no known sheet": (lambda: workbook({"Sheet1": []}), ["no_sheet"]),
    "a sheet twice": (lambda: workbook({"菜品": [], "dishes": []}), ["repeated"]),
    "wrong titles": (
        lambda: workbook({"分类": [["名字", "名称", "名称", "=1+1"]]}),
        ["unknown_column", "repeated", "unknown_column"],
    ),
    "no titles": (
        lambda: workbook({"菜品": [["红烧肉", 58]]}),
        ["unknown_column", "unknown_column", *["missing_column"] * 4],
    ),
    "a shared formula": (
        lambda: with_rows(row('<c><f t="shared" si="0">A1</f><v>1</v></c>' + text("x"))),
        ["formula", "station", "price"],
    ),
    "odd cells": (
        lambda: with_rows(
            row('<c t="e"><v>#REF!</v></c><c t="d"><v>2026-01-01</v></c>' + text("=1") + "<c><v>1e</v></c>")
        ),
        ["error_value", "invalid", "formula", "error_value"],
    ),
}
