"""The cells of an XLSX workbook that somebody sent, within bounds of time and memory.

Only the list of sheets, the strings and the cells are looked at, as streams. Styles, links, pictures and
macros are never opened, formulas never parsed, and no size that the file claims is believed. Why it is not
openpyxl that reads: docs/adr/0012.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import NamedTuple
from xml.parsers import expat

from hub.sheetxml import FORMULA, Budget, CellReader, RawCell, SheetList, StringTable, Targets, Unreadable

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 32 * 1024 * 1024  # unpacked, of all parts that are read
MOST_SHEETS = 20
MOST_MEMBERS = 2_000
PIECE = 64 * 1024
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 0x1
NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,3})?")
# zipfile, zlib and expat meet hostile bytes with all of these.
BROKEN = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, IndexError, ValueError, EOFError, OSError,
    NotImplementedError, RuntimeError,
)  # fmt: skip


class Odd(Enum):
    """Cells that hold no plain value."""

    FORMULA = "formula"
    ERROR = "error"
    DATE = "date"


Value = str | Decimal | bool | Odd
Row = tuple[int, dict[int, Value]]


class Sheet(NamedTuple):
    """A sheet: its title, and its rows that hold anything with their numbers and columns (from 1)."""

    title: str
    rows: list[Row]


def read(content: bytes, most_rows: int) -> list[Sheet]:
    """The sheets of a workbook; raises Unreadable for what is none and for what is beyond a bound.

    Codes: ``not_a_workbook``, ``has_macros``, ``encrypted``, ``too_large``, ``too_many_rows`` (a sheet may
    have ``most_rows`` and a row of titles).
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _Book(archive).sheets(most_rows + 1)
    except BROKEN:
        raise not_a_workbook() from None


def not_a_workbook() -> Unreadable:
    """The file is something else, or broken."""
    return Unreadable("not_a_workbook", "文件不是有效的 .xlsx 工作簿")


class _Book:
    """An open archive and what may still be spent on it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._budget = Budget()
        self._bytes = MOST_BYTES
        names = archive.namelist()
        if len(names) > MOST_MEMBERS:
            raise Unreadable("too_large", "文件内部条目过多")
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise Unreadable("has_macros", "文件含有宏,请另存为不含宏的 .xlsx 工作簿")

    def sheets(self, most_rows: int) -> list[Sheet]:
        """All worksheets in their order."""
        roots = self._targets("").values()
        workbook = next((target for kind, target in roots if kind == "officeDocument"), "")
        targets = self._targets(workbook)
        listed = SheetList(self._budget)
        listed.read(self._pieces(workbook))
        if len(listed.found) > MOST_SHEETS:
            raise Unreadable("too_large", "最多 {most} 张工作表", most=MOST_SHEETS)
        strings = self._strings([target for kind, target in targets.values() if kind == "sharedStrings"])
        parts = [(title, *targets[relation]) for title, relation in listed.found]
        return [
            Sheet(title, self._rows(part, strings, most_rows))
            for title, kind, part in parts
            if kind == "worksheet"
        ]

    def _rows(self, part: str, strings: list[str], most_rows: int) -> list[Row]:
        cells = CellReader(self._budget, most_rows)
        cells.read(self._pieces(part))
        return [
            (number, {column: _value(cell, strings) for column, cell in row.items()})
            for number, row in cells.found
        ]

    def _strings(self, parts: list[str]) -> list[str]:
        table = StringTable(self._budget)
        for part in parts[:1]:
            table.read(self._pieces(part))
        return table.found

    def _targets(self, part: str) -> dict[str, tuple[str, str]]:
        """The relations of a part, their targets as names in the archive."""
        folder, name = posixpath.split(part)
        found = Targets(self._budget)
        found.read(self._pieces(posixpath.join(folder, "_rels", f"{name}.rels")))
        return {
            key: (kind, posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/"))
            for key, (kind, target) in found.found.items()
        }

    def _pieces(self, name: str) -> Iterator[bytes]:
        info = self._archive.getinfo(name)
        if info.flag_bits & ENCRYPTED:
            raise Unreadable("encrypted", "文件已加密,请先去除密码")
        if info.compress_type not in PACKED:
            raise not_a_workbook()
        with self._archive.open(info) as stream:
            while piece := stream.read(PIECE):
                self._bytes -= len(piece)
                if self._bytes < 0:
                    raise Unreadable("too_large", "表格内容过多,请分成几个文件")
                yield piece


def _value(cell: RawCell, strings: list[str]) -> Value:
    """What the cell holds."""
    kind, text = cell
    if kind == FORMULA:
        return Odd.FORMULA
    if kind == "s":
        return strings[int(text)] if text.isdigit() else Odd.ERROR
    if kind in ("str", "inlineStr"):
        return text
    if kind == "b":
        return text.strip() in ("1", "true")
    if kind == "d":
        return Odd.DATE
    number = text.strip()
    return Decimal(number) if kind == "n" and NUMBER.fullmatch(number) else Odd.ERROR
