"""Which row of a store a line of a sheet means: the id decides if the store has it, else the name."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, TypeVar

from hub.formulas import portable
from ordering.dishes.models import Category, Dish, Option, OptionGroup
from ordering.dishes.sheets.reading import Faults, Line

R = TypeVar("R", Category, Dish)
P = TypeVar("P", OptionGroup, Option)


class Index(Generic[R]):
    """Rows by id and by name; of several of one name those on the menu come first."""

    def __init__(self, rows: Iterable[R], faults: Faults) -> None:
        self._faults = faults
        self._ids: dict[int, R] = {}
        self._names: dict[str, list[R]] = defaultdict(list)
        # Ids that a sheet cites without their being this store's (it came from another one), and what is
        # wrong in its own row already: told once, there.
        self._cited: dict[int, R | None] = {}
        self._spoiled: set[str] = set()
        for row in rows:
            self.add(row)

    def add(self, row: R) -> None:
        """One more row; without an id while it is new."""
        if row.pk is not None:
            self._ids[row.pk] = row
        self._names[portable(row.name)].append(row)

    def renewed(self, rows: Iterable[R]) -> "Index[R]":
        """The same for these rows by the names that they have now."""
        index = Index(rows, self._faults)
        index._cited, index._spoiled = self._cited, self._spoiled
        return index

    def cite(self, pk: int | None, row: R | None) -> None:
        """This workbook means ``row`` by the id ``pk``, whose it may be."""
        if pk is not None:
            self._cited.setdefault(pk, row)

    def spoil(self, line: Line) -> None:
        """The row of this line will not be known: whoever names it is not told so again."""
        self._cited.setdefault(line.get("id", 0), None)
        self._spoiled.add(line.get("name", ""))

    def find(self, pk: int | None, name: str) -> list[R]:
        """The one row that is meant; none, or several that cannot be told apart."""
        if pk is not None and (row := self._ids.get(pk) or self._cited.get(pk)):
            return [row]
        named = self._names.get(name, [])
        return [row for row in named if row.is_active] or named

    def meant(self, line: Line, column: str, name: str, pk: int | None = None) -> R | None:
        """The one row that a cell names; None after saying what is wrong with the cell."""
        found = self.find(pk, name)
        if len(found) == 1:
            return found[0]
        if len(found) > 1:
            self._faults.at(
                line, column, "ambiguous", "本店有 {count} 个“{name}”,请填写编号", count=len(found), name=name
            )
        elif name not in self._spoiled and (pk is None or pk not in self._cited):
            self._faults.at(line, column, "does_not_exist", "表格和本店都没有“{name}”", name=name)
        return None


def pair(said: Iterable[tuple[int | None, str]], rows: Iterable[P]) -> list[P | None]:
    """For each (id, name) the row that it means, each row once: ids first, then names in order."""
    left = {row.pk: row for row in rows}
    wanted = list(said)
    found = [left.pop(pk, None) if pk is not None else None for pk, _ in wanted]
    for place, (_, name) in enumerate(wanted):
        if found[place] is None:
            pk = next((pk for pk, row in left.items() if portable(row.name) == name), None)
            found[place] = left.pop(pk) if pk is not None else None
    return found
