"""One cell: what it says as the REST bodies would say it, and back."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from hub import formulas, money
from hub.workbooks import Odd, Value
from ordering.dishes import bodies
from ordering.dishes.sheets import hours
from ordering.dishes.sheets.columns import FLAGS, NO, YES, Column, Kind

FAR = Decimal(10**12)
MILLIONTH = Decimal("0.000001")  # what Excel's own arithmetic leaves behind
ODD = {
    Odd.FORMULA: ("formula", "不接受公式,请粘贴为数值"),
    Odd.ERROR: ("error_value", "单元格是错误值"),
    Odd.DATE: ("invalid", "不接受日期,请设为文本格式"),
}


class Wrong(Exception):
    """A cell that cannot be taken: code and a sentence."""

    def __init__(self, code: str, detail: Any, **facts: Any) -> None:
        super().__init__(code)
        self.code, self.detail, self.facts = code, detail, facts


def read(column: Column, value: Value | None) -> Any:
    """The value of a cell, None for an empty one; raises Wrong."""
    if isinstance(value, Odd):
        raise Wrong(*ODD[value])
    if isinstance(value, str):
        value = _text(value)
    if value is None or value == "":
        return None
    return _within(column, READERS[column.kind](value))


def write(column: Column, value: Any) -> str | int | Decimal | None:
    """The value as a cell shows it."""
    if column.kind is Kind.FLAG:
        return YES if value else NO
    if column.kind is Kind.YUAN:
        return Decimal(money.yuan(value))
    if column.kind is Kind.WINDOWS:
        return hours.write(value) or None
    return formulas.guarded(value) or None if isinstance(value, str) else value


def _text(value: str) -> str:
    if value.lstrip().startswith(("=", "＝")):
        raise Wrong(*ODD[Odd.FORMULA])
    return formulas.portable(formulas.bare(formulas.portable(value)))


def _read_text(value: str | Decimal | bool) -> str:
    """A name of digits only is a number to a spreadsheet."""
    if isinstance(value, str):
        return value
    return str(_whole(value, "必须是文本"))


def _read_whole(value: str | Decimal | bool) -> int:
    return _whole(_number(value), "必须是整数")


def _read_yuan(value: str | Decimal | bool) -> int:
    number = _number(value)
    if abs(number) >= FAR:
        raise Wrong("out_of_range", "金额超出范围")
    try:
        return money.fen(number.quantize(MILLIONTH))
    except ValueError:
        raise Wrong("below_one_fen", "金额最多两位小数") from None


def _read_flag(value: str | Decimal | bool) -> bool:
    word = str(value).casefold()
    if word not in FLAGS:
        raise Wrong("invalid", "必须是{yes}或{no}", yes=YES, no=NO)
    return FLAGS[word]


def _read_windows(value: str | Decimal | bool) -> list[dict[str, Any]]:
    try:
        said = hours.read(value if isinstance(value, str) else "?")
    except ValueError:
        raise Wrong("invalid", "时段写作:{example}", example=hours.EXAMPLE) from None
    body = bodies.CategoryChange(data={"windows": said})
    if not body.is_valid():
        raise Wrong("invalid", "时段过多,或时间不存在")
    return list(body.validated_data["windows"])


READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _read_text,
    Kind.WHOLE: _read_whole,
    Kind.YUAN: _read_yuan,
    Kind.FLAG: _read_flag,
    Kind.WINDOWS: _read_windows,
}


def _number(value: str | Decimal | bool) -> Decimal:
    try:
        if isinstance(value, str | Decimal) and (number := Decimal(value)).is_finite():
            return number
    except InvalidOperation:
        pass
    raise Wrong("invalid", "必须是数字")


def _whole(value: Decimal | bool, detail: str) -> int:
    if isinstance(value, bool) or abs(value) >= FAR or value != value.to_integral_value():
        raise Wrong("invalid", detail)
    return int(value)


def _within(column: Column, value: Any) -> Any:
    """The value within the limits of the body's field."""
    if column.kind in (Kind.FLAG, Kind.WINDOWS):
        return value
    field = _field(column)
    if column.kind is Kind.YUAN and not field.min_value <= value <= field.max_value:
        low, high = money.yuan(field.min_value), money.yuan(field.max_value)
        raise Wrong("out_of_range", "金额必须在 {low} 至 {high} 元之间", low=low, high=high)
    try:
        return field.run_validation(value)
    except ValidationError as error:
        first = error.detail[0]
        raise Wrong(first.code, str(first)) from None


@cache
def _field(column: Column) -> serializers.Field:
    return column.body().fields[column.field]
