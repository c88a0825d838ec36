"""A store's menu as a workbook: the same menu always gives the same cells; pictures and stock stay out."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

from ordering.dishes.models import Category, Dish
from ordering.dishes.sheets import cells, present
from ordering.dishes.sheets.columns import CATEGORIES, COMBOS, DISHES, OPTIONS, TABLES, Kind, Table
from ordering.restaurant.models import Store

FORMATS = {Kind.TEXT: "@", Kind.WINDOWS: "@", Kind.YUAN: "0.00", Kind.WHOLE: "0", Kind.FLAG: "@"}
WIDTH = 14
Row = Mapping[str, Any]


def workbook(store: Store) -> bytes:
    """The workbook; an empty store's is the template."""
    # Here, because nothing but a workbook needs what takes 0.2 s to load.
    from openpyxl import Workbook

    menu = present.Menu(store)
    book = Workbook(write_only=True)
    for table in TABLES:
        _fill(book.create_sheet(table.title), table, ROWS[table.name](menu))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _fill(sheet: Any, table: Table, rows: Iterator[Row]) -> None:
    from openpyxl.cell import WriteOnlyCell  # as above
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    for number in range(1, len(table.columns) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTH
    titles = [WriteOnlyCell(sheet, column.title) for column in table.columns]
    for title in titles:
        title.font = Font(bold=True)
    sheet.append(titles)
    for row in rows:
        line = []
        for column in table.columns:
            cell = WriteOnlyCell(sheet, cells.write(column, row[column.name]))
            cell.number_format = FORMATS[column.kind]
            line.append(cell)
        sheet.append(line)


def _categories(menu: present.Menu) -> Iterator[Row]:
    for category in menu.categories:
        now = present.category_now(category)
        yield {"id": category.pk, "active": now["is_active"], **now}


def _dishes(menu: present.Menu) -> Iterator[Row]:
    for dish in menu.dishes:
        now = present.dish_now(dish)
        yield {
            **now,
            "id": dish.pk,
            "category": _name(dish.category),
            "station": dish.station.code,
            "price": now["price_fen"],
            "active": now["is_active"],
        }


def _options(menu: present.Menu) -> Iterator[Row]:
    for dish in menu.dishes:
        for group in present.groups_now(dish):
            # A group may wait for its first option: then its row names none.
            for option in group["options"] or [
                {"id": None, "name": "", "price_delta_fen": 0, "is_active": True}
            ]:
                yield {
                    **{name: group[name] for name in ("required", "min", "max")},
                    "dish_id": dish.pk,
                    "dish": _name(dish),
                    "group": group["name"],
                    "group_id": group["id"],
                    "option": option["name"],
                    "option_id": option["id"],
                    "price_delta": option["price_delta_fen"],
                    "active": option["is_active"],
                }


def _combos(menu: present.Menu) -> Iterator[Row]:
    names = {dish.pk: _name(dish) for dish in menu.dishes}
    for combo in menu.dishes:
        for dish, quantity in present.items_now(combo):
            yield {
                "combo_id": combo.pk,
                "combo": _name(combo),
                "dish_id": dish,
                "dish": names[dish],
                "quantity": quantity,
            }


def _name(row: Category | Dish) -> str:
    return present.portable(row.name)


ROWS = {CATEGORIES.name: _categories, DISHES.name: _dishes, OPTIONS.name: _options, COMBOS.name: _combos}
