"""The sheets of a menu's workbook and their columns; limits are those of the REST bodies."""

import unicodedata
from enum import Enum
from typing import Any, NamedTuple

from ordering.dishes import bodies


class Kind(Enum):
    """What a cell holds and how it is written."""

    TEXT = "text"
    WHOLE = "whole"
    YUAN = "yuan"
    FLAG = "flag"
    WINDOWS = "windows"


class Column(NamedTuple):
    """A column: its name, its title, and the body's field whose limits hold. ``required``: no empty cell."""

    name: str
    title: str
    kind: Kind
    body: type[bodies.Body]
    field: str
    required: bool = False


class Table(NamedTuple):
    """A sheet; ``must`` are the columns that it cannot do without."""

    name: str
    title: str
    columns: tuple[Column, ...]

    @property
    def must(self) -> list[Column]:
        """What each row has to say."""
        return [column for column in self.columns if column.required]


DISH_NAME = (Kind.TEXT, bodies.NewDish, "name")
ID = (Kind.WHOLE, bodies.OptionBody, "id")

CATEGORIES = Table("categories", "分类", (
    Column("id", "编号", *ID),
    Column("name", "名称", Kind.TEXT, bodies.NewCategory, "name", required=True),
    Column("sort", "排序", Kind.WHOLE, bodies.NewCategory, "sort"),
    Column("active", "上架", Kind.FLAG, bodies.NewCategory, "is_active"),
    Column("windows", "供应时段", Kind.WINDOWS, bodies.NewCategory, "windows"),
))  # fmt: skip
DISHES = Table("dishes", "菜品", (
    Column("id", "编号", *ID),
    Column("category", "分类", Kind.TEXT, bodies.NewCategory, "name", required=True),
    Column("name", "名称", *DISH_NAME, required=True),
    Column("station", "档口", Kind.TEXT, bodies.NewDish, "station", required=True),
    Column("price", "价格(元)", Kind.YUAN, bodies.NewDish, "price_fen", required=True),
    Column("description", "描述", Kind.TEXT, bodies.NewDish, "description"),
    Column("daily_portions", "每日份数", Kind.WHOLE, bodies.NewDish, "daily_portions"),
    Column("active", "上架", Kind.FLAG, bodies.NewDish, "is_active"),
    Column("sort", "排序", Kind.WHOLE, bodies.NewDish, "sort"),
))  # fmt: skip
OPTIONS = Table("options", "规格", (
    Column("dish_id", "菜品编号", *ID),
    Column("dish", "菜品", *DISH_NAME, required=True),
    Column("group", "规格组", Kind.TEXT, bodies.OptionGroupBody, "name", required=True),
    Column("required", "必选", Kind.FLAG, bodies.OptionGroupBody, "required"),
    Column("min", "最少", Kind.WHOLE, bodies.OptionGroupBody, "min"),
    Column("max", "最多", Kind.WHOLE, bodies.OptionGroupBody, "max"),
    Column("option", "选项", Kind.TEXT, bodies.OptionBody, "name"),
    Column("price_delta", "加价(元)", Kind.YUAN, bodies.OptionBody, "price_delta_fen"),
    Column("active", "上架", Kind.FLAG, bodies.OptionBody, "is_active"),
    Column("group_id", "规格组编号", *ID),
    Column("option_id", "选项编号", *ID),
))  # fmt: skip
COMBOS = Table("combos", "套餐", (
    Column("combo_id", "套餐编号", *ID),
    Column("combo", "套餐", *DISH_NAME, required=True),
    Column("dish_id", "菜品编号", *ID),
    Column("dish", "菜品", *DISH_NAME, required=True),
    Column("quantity", "数量", Kind.WHOLE, bodies.ComboItemBody, "quantity"),
))  # fmt: skip
TABLES = (CATEGORIES, DISHES, OPTIONS, COMBOS)
NOTES = {"说明", "notes"}
YES, NO = "是", "否"
FLAGS = {YES: True, "y": True, "yes": True, "true": True, "1": True, "√": True}
FLAGS |= {NO: False, "n": False, "no": False, "false": False, "0": False, "×": False}


def plain(title: Any) -> str:
    """A title as it is compared: width and case of letters do not matter, nor edges."""
    return unicodedata.normalize("NFKC", str(title)).strip().casefold()


def table_of(title: str) -> Table | None:
    """The table of this title, Chinese or English."""
    return next((table for table in TABLES if plain(title) in (plain(table.title), table.name)), None)


def column_of(table: Table, title: Any) -> Column | None:
    """The column of this title, Chinese or English."""
    said = plain(title)
    return next((column for column in table.columns if said in (plain(column.title), column.name)), None)
