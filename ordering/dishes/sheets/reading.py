"""A workbook as rows of the known sheets, with everything that is wrong with its cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hub import workbooks
from hub.errors import Refusal, row
from hub.sheetxml import Unreadable
from hub.workbooks import Row, Sheet
from ordering.dishes.sheets import cells
from ordering.dishes.sheets.columns import NOTES, TABLES, Column, Table, column_of, plain, table_of

MOST_ROWS = 3_000
MOST_SHOWN = 200
EMPTY = "“{title}”不能为空(合并的单元格只有第一格有值)"


@dataclass(frozen=True, eq=False, slots=True)
class Line:
    """A row of a sheet: what its cells say; a column that the sheet does not have is absent."""

    table: str
    number: int
    says: Mapping[str, Any]

    def get(self, column: str, default: Any = None) -> Any:
        """What the cell says; ``default`` when it is empty or absent."""
        value = self.says.get(column)
        return default if value is None else value


class Faults:
    """Everything that is wrong with a workbook; the first ``MOST_SHOWN`` are told."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.count = 0

    def add(self, field: str, code: str, detail: Any, **facts: Any) -> None:
        """One more; ``facts`` stand in the sentence by their names."""
        self.count += 1
        if self.count <= MOST_SHOWN:
            said = format_lazy(_(detail), **facts) if facts else detail
            self.rows.append(row(field, code, said))

    def at(self, line: Line, column: str, code: str, detail: Any, **facts: Any) -> None:
        """One more, in a cell: ``dishes.row12.price``."""
        self.add(f"{line.table}.row{line.number}.{column}", code, detail, **facts)

    def refuse(self) -> None:
        """Refuse with 400 ``menu.import_invalid`` if there is anything."""
        if self.count:
            detail = format_lazy(_("表格中有 {count} 处错误,没有导入任何内容"), count=self.count)
            raise Refusal("menu.import_invalid", 400, detail, errors=self.rows, error_count=self.count)


def read(content: bytes, faults: Faults) -> dict[str, list[Line]]:
    """The rows by table; a table whose sheet is missing is absent. Refuses what is no such workbook."""
    try:
        sheets = workbooks.read(content, MOST_ROWS)
    except Unreadable as wrong:
        faults.add("file", wrong.code, wrong.detail, **wrong.facts)
        faults.refuse()
    found = _known(sheets, faults)
    columns = {name: _columns(table, sheet.rows[:1], faults) for name, (table, sheet) in found.items()}
    faults.refuse()  # what stands in columns that are not understood cannot be judged
    return {
        name: _lines(table, columns[name], sheet.rows[1:], faults) for name, (table, sheet) in found.items()
    }


def _known(sheets: list[Sheet], faults: Faults) -> dict[str, tuple[Table, Sheet]]:
    found: dict[str, tuple[Table, Sheet]] = {}
    for sheet in sheets:
        table = table_of(sheet.title)
        if table is None:
            _judge_stranger(sheet, faults)
        elif table.name in found:
            faults.add(table.name, "repeated", "工作表“{title}”出现了两次", title=table.title)
        else:
            found[table.name] = (table, sheet)
    if not found:
        titles = "、".join(table.title for table in TABLES)
        faults.add("file", "no_sheet", "没有找到工作表:{titles}", titles=titles)
    return found


def _judge_stranger(sheet: Sheet, faults: Faults) -> None:
    """A sheet that is not known holds notes or nothing."""
    if sheet.rows and plain(sheet.title) not in NOTES:
        faults.add(
            "file", "unknown_sheet", "不认识的工作表“{title}”;备注请写在“说明”里", title=sheet.title[:31]
        )


def _columns(table: Table, titles: list[Row], faults: Faults) -> dict[int, Column]:
    """Place → column by the first row; a sheet without any row is as good as none."""
    found: dict[int, Column] = {}
    for number, cells_of_row in titles:
        for place, title in sorted(cells_of_row.items()):
            column = column_of(table, title)
            if column is None:
                faults.add(
                    f"{table.name}.row{number}",
                    "unknown_column",
                    "不认识的列“{title}”",
                    title=str(title)[:31],
                )
            elif column in found.values():
                field = f"{table.name}.row{number}.{column.name}"
                faults.add(field, "repeated", "列“{title}”出现了两次", title=column.title)
            else:
                found[place] = column
        for column in table.must:
            if column not in found.values():
                field = f"{table.name}.row{number}.{column.name}"
                faults.add(field, "missing_column", "缺少列“{title}”", title=column.title)
    return found


def _lines(table: Table, columns: Mapping[int, Column], rows: list[Row], faults: Faults) -> list[Line]:
    lines = [_line(table, columns, row, faults) for row in rows]
    return [line for line in lines if any(value is not None for value in line.says.values())]


def _line(table: Table, columns: Mapping[int, Column], found: Row, faults: Faults) -> Line:
    number, row = found
    line = Line(table.name, number, says := {})
    for place, column in columns.items():
        try:
            says[column.name] = cells.read(column, row.get(place))
        except cells.Wrong as wrong:
            # A column that is absent says nothing further, so that a wrong cell is told once.
            faults.at(line, column.name, wrong.code, wrong.detail, **wrong.facts)
    return line


def check_complete(table: Table, lines: list[Line], faults: Faults) -> list[Line]:
    """The lines that have every cell they must have; the others are told."""
    whole = []
    for line in lines:
        lacking = [column for column in table.must if line.get(column.name) is None]
        for column in lacking:
            if column.name in line.says:
                faults.at(line, column.name, "required", EMPTY, title=column.title)
        if not lacking:
            whole.append(line)
    return whole
