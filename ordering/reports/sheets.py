"""A report as a file: CSV that opens in Excel with its Chinese, and XLSX.

Money is written in yuan with two decimals, as a number. Text that a spreadsheet would take for a formula (it
begins with = + - @, their full-width forms, a tab or a line break) gets an apostrophe in front; characters
that XML does not know are left out. Rows are written one by one to a file that leaves memory at 1 MiB.
"""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import IO, Any

from hub.formulas import safe
from hub.languages import words
from hub.money import yuan
from hub.workbooks import MEDIA_TYPE as XLSX
from ordering.reports.tables import Column, Kind, Report, Row, Table

IN_MEMORY = 1024 * 1024
FORMATS = {Kind.MONEY: "0.00", Kind.DAY: "yyyy-mm-dd", Kind.WHOLE: "0", Kind.TEXT: "@", Kind.RATING: "0.0"}
WIDTH = 14
SUM = "合计"

Cell = str | int | Decimal | date | None
Sheet = IO[bytes]


def write_csv(report: Report, table: Table) -> Sheet:
    """The report as CSV (utf-8-sig, titles in the reader's language), from its beginning."""
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (whoever sends it closes it)
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(words(column.title) for column in report.columns)
    for row in _rows(report, table):
        writer.writerow(_plain(cell) for cell in row)
    text.detach()
    file.seek(0)
    return file


def write_xlsx(report: Report, table: Table) -> Sheet:
    """The report as an Excel workbook of one sheet, from its beginning."""
    # Here, because nothing but a workbook needs what takes 0.2 s to load.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(words(report.title))
    sheet.freeze_panes = "A2"
    for number in range(len(report.columns)):
        sheet.column_dimensions[chr(ord("A") + number)].width = WIDTH
    sheet.append([_title(sheet, column) for column in report.columns])
    for row in _rows(report, table):
        sheet.append([_cell(sheet, column, value) for column, value in zip(report.columns, row, strict=True)])
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (whoever sends it closes it)
    book.save(file)
    file.seek(0)
    return file


def _rows(report: Report, table: Table) -> Iterator[list[Cell]]:
    yield from ([_value(column, row) for column in report.columns] for row in table.rows)
    if table.total:
        _, *cells = [_value(column, table.total) for column in report.columns]
        yield [words(SUM), *cells]


def _value(column: Column, row: Row) -> Cell:
    value = row[column.name]
    if column.kind == Kind.MONEY:
        return Decimal(yuan(value))
    if column.kind == Kind.RATING and value is not None:
        return Decimal(str(value))
    if column.kind == Kind.TEXT and value is not None:
        known = (column.words or {}).get(value)
        return words(known) if known else safe(value)
    return value


def _plain(cell: Cell) -> str | int | None:
    return str(cell) if isinstance(cell, Decimal | date) else cell


def _title(sheet: Any, column: Column) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(sheet, words(column.title))
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, column: Column, value: Cell) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value)
    cell.number_format = FORMATS[column.kind]
    return cell


CSV = "text/csv"
SHEETS: dict[str, tuple[str, Callable[[Report, Table], Sheet]]] = {
    "csv": (CSV, write_csv),
    "xlsx": (XLSX, write_xlsx),
}
