"""The few XML parts of a workbook that matter, read as streams by expat: no tree, no document type."""

import re
from collections.abc import Iterable
from typing import NamedTuple
from xml.parsers import expat

MOST_ELEMENTS = 400_000
MOST_TAG = 1024 * 1024  # bytes of one tag: expat reads it again with every piece
MOST_TEXT = 2_000  # of one string: longer text is cut here; no field takes as much
CELL = re.compile(r"([A-Z]{1,3})\d{1,7}")
FORMULA = "f"


class Unreadable(Exception):
    """A file that is no workbook or beyond a bound; ``code`` is stable, ``detail`` is a template of facts."""

    def __init__(self, code: str, detail: str, **facts: int) -> None:
        super().__init__(code)
        self.code, self.detail, self.facts = code, detail, facts


class Budget:
    """How many elements the parts of one workbook may have together."""

    def __init__(self) -> None:
        self.left = MOST_ELEMENTS

    def spend(self) -> None:
        """One more element."""
        self.left -= 1
        if self.left < 0:
            raise Unreadable("too_large", "表格内容过多,请分成几个文件")


class Part:
    """One XML part; names come without their namespace, for there are two of them (strict, transitional)."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._text: list[str] | None = None
        self._size = 0
        self._silent = 0

    def read(self, pieces: Iterable[bytes]) -> None:
        """Parse the part; raises Unreadable and expat's errors."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse_doctype
        for piece in pieces:
            self._silent += len(piece)
            parser.Parse(piece)
            if self._silent > MOST_TAG:
                raise Unreadable("too_large", "表格内容过多,请分成几个文件")
        parser.Parse(b"", True)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def listen(self) -> None:
        """Keep the text that follows."""
        self._text, self._size = [], 0

    def heard(self) -> str:
        """The text since ``listen``."""
        text, self._text = "".join(self._text or ()), None
        return text[:MOST_TEXT]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._budget.spend()
        self._silent = 0
        self.start(_local(name), {_local(key): value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._silent = 0
        self.end(_local(name))

    def _characters(self, data: str) -> None:
        self._silent = 0
        if self._text is not None and self._size < MOST_TEXT:
            self._text.append(data[:MOST_TEXT])
            self._size += len(data)


class Targets(Part):
    """Relations of a part: id → (type, target)."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.found: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """One relation, unless it leads outside the file."""
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found[attributes["Id"]] = (kind, attributes["Target"])


class SheetList(Part):
    """The workbook's sheets: (title, id of the relation to its part), in order."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.found: list[tuple[str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """One sheet."""
        if name == "sheet":
            self.found.append((attributes["name"][:MOST_TEXT], attributes["id"]))


class Strings(Part):
    """Text in ``<t>`` below one element; how a word is pronounced (rPh) is not part of it."""

    container = "si"

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._runs: list[str] | None = None
        self._is_aside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A string, a run of it, or its pronunciation."""
        if name == self.container:
            self._runs = []
        elif name == "rPh":
            self._is_aside = True
        elif name == "t" and self._runs is not None and not self._is_aside:
            self.listen()

    def end(self, name: str) -> None:
        """Put the runs together."""
        if name == "rPh":
            self._is_aside = False
        elif name == "t" and self._runs is not None and not self._is_aside:
            self._runs.append(self.heard())
        elif name == self.container and self._runs is not None:
            self.keep("".join(self._runs)[:MOST_TEXT])
            self._runs = None

    def keep(self, text: str) -> None:
        """A whole string."""


class StringTable(Strings):
    """The strings that cells name by number."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.found: list[str] = []

    def keep(self, text: str) -> None:
        """The next one."""
        self.found.append(text)


class RawCell(NamedTuple):
    """A cell as written: the type's letter (``f`` for a formula, whatever it once came to) and the text."""

    kind: str
    text: str


class CellReader(Strings):
    """Rows of a sheet that hold anything: (number, {column from 1: cell}); Unreadable above ``most_rows``."""

    container = "is"

    def __init__(self, budget: Budget, most_rows: int) -> None:
        super().__init__(budget)
        self.found: list[tuple[int, dict[int, RawCell]]] = []
        self._most = most_rows
        self._row = self._column = 0
        self._cells: dict[int, RawCell] = {}
        self._kind, self._value = "n", ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """A row, a cell, or what it holds."""
        if name == "row":
            self._row = int(attributes.get("r") or self._row + 1)
            self._column, self._cells = 0, {}
        elif name == "c":
            place = attributes.get("r")
            self._column = _column(place) if place else self._column + 1
            self._kind, self._value = attributes.get("t", "n"), ""
        elif name == "f":
            self._kind = FORMULA
        elif name == "v":
            self.listen()
        else:
            super().start(name, attributes)

    def end(self, name: str) -> None:
        """Keep what holds anything."""
        if name == "v":
            self._value = self.heard()
        elif name == "c" and (self._value or self._kind == FORMULA):
            self._cells[self._column] = RawCell(self._kind, self._value)
        elif name == "row" and self._cells:
            if len(self.found) >= self._most:
                raise Unreadable("too_many_rows", "每张工作表最多 {most} 行数据", most=self._most - 1)
            self.found.append((self._row, self._cells))
            self._cells = {}
        else:
            super().end(name)

    def keep(self, text: str) -> None:
        """Text that stands in the cell itself."""
        self._value = text


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _column(place: str) -> int:
    found = CELL.fullmatch(place)
    if not found:
        raise ValueError(f"no cell: {place[:20]}")
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _refuse_doctype(*declared: object) -> None:
    raise Unreadable("not_a_workbook", "文件不是有效的 .xlsx 工作簿")
