"""Reports as files: what Excel shows, and what it must never compute."""

import csv
import io
from datetime import date, datetime
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from ordering.reports import sheets
from ordering.reports.money import TURNOVER
from ordering.reports.orders import REASONS
from ordering.reports.tables import Table

DAY = date(2026, 3, 1)
MONEY = [column.name for column in TURNOVER.columns[2:]]
HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", " =1", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1",
    "＠1",
]  # fmt: skip
HARMLESS = ["", "点错了", "1-1", "a=b", "'", '","', "🍜", "第一行\n第二行", "00123"]


def turnover():
    row = {"day": DAY, "orders": 3} | dict.fromkeys(MONEY, 0)
    total = row | {"day": None}
    return Table([row | {"received_fen": 1_234_567_05, "refunded_fen": 5, "turnover_fen": -7}], total)


def reasons(words):
    return Table(
        [
            {"event": "refunded", "kind": "staff", "reason": word, "count": 1, "amount_fen": 100}
            for word in words
        ]
    )


def as_csv(report, table):
    with sheets.write_csv(report, table) as file:
        data = file.read()
    assert data.startswith("\ufeff".encode()), "Excel takes it for the local code page otherwise"
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def as_book(report, table):
    with sheets.write_xlsx(report, table) as file:
        data = file.read()
    [sheet] = load_workbook(io.BytesIO(data)).worksheets
    return data, sheet


def test_csv_has_chinese_titles_and_yuan():
    assert as_csv(TURNOVER, turnover()) == [
        [
            "营业日", "收款订单", "收款(元)", "退款(元)", "营业额(元)", "现金收款(元)", "现金退款(元)",
            "微信收款(元)", "微信退款(元)",
        ],
        ["2026-03-01", "3", "1234567.05", "0.05", "-0.07", "0.00", "0.00", "0.00", "0.00"],
        ["合计", "3", "0.00", "0.00", "0.00", "0.00", "0.00", "0.00", "0.00"],
    ]  # fmt: skip


def test_xlsx_has_numbers_days_and_formats():
    _, sheet = as_book(TURNOVER, turnover())
    assert (sheet.title, sheet.freeze_panes) == ("营业额", "A2")
    titles, first, total = sheet.iter_rows()
    assert [cell.value for cell in titles] == [column.title for column in TURNOVER.columns]
    assert all(cell.font.bold for cell in titles)
    assert [cell.value for cell in first[:5]] == [datetime(2026, 3, 1), 3, 1234567.05, 0.05, -0.07]
    assert [cell.number_format for cell in first[:3]] == ["yyyy-mm-dd", "0", "0.00"]
    assert [cell.data_type for cell in first[:3]] == ["d", "n", "n"]
    assert total[0].value == "合计"


def test_codes_are_words_on_sheets():
    _, row = as_csv(REASONS, reasons(["等太久"]))
    assert row == ["退款", "店员", "等太久", "1", "1.00"]


@pytest.mark.parametrize("word", HOSTILE)
def test_nothing_is_a_formula(word):
    _, row = as_csv(REASONS, reasons([word]))
    assert row[2] == f"'{word}"
    data, sheet = as_book(REASONS, reasons([word]))
    cell = sheet["C2"]
    assert (cell.data_type, cell.value[:1]) == ("s", "'")
    assert b"<f>" not in ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")


def test_other_words_stay_as_they_are():
    assert [row[2] for row in as_csv(REASONS, reasons(HARMLESS))[1:]] == HARMLESS
    _, sheet = as_book(REASONS, reasons(HARMLESS))
    assert [row[2].value or "" for row in sheet.iter_rows(min_row=2)] == HARMLESS


def test_what_xml_does_not_know_is_left_out():
    _, sheet = as_book(REASONS, reasons(["a\x01b\x0bc\ufffed\uffff", "\x02=1"]))
    assert [sheet["C2"].value, sheet["C3"].value] == ["abcd", "'=1"]


def test_control_without_escaping_a_formula_is_one(monkeypatch):
    monkeypatch.setattr(sheets, "safe", lambda text: text)
    _, sheet = as_book(REASONS, reasons(["=1+1"]))
    assert sheet["C2"].data_type == "f"
    assert as_csv(REASONS, reasons(["=1+1"]))[1][2] == "=1+1"


def test_a_long_report_does_not_stay_in_memory():
    with sheets.write_csv(REASONS, reasons(["很长的原因" * 15] * 6000)) as file:
        assert file._rolled
        assert sum(1 for _ in file) == 6001
