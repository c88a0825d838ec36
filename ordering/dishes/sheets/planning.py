"""What a workbook would change in a store's menu, and all that is wrong with it; nothing is written here.

The caller holds the store's lock, so what was compared stays true until it is written. Rows are compared with
what an export would say of them; fields that differ are set on the rows in memory and named in the change.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from hub.formulas import portable
from ordering.dishes.models import Category, Dish
from ordering.dishes.sheets import present
from ordering.dishes.sheets.columns import CATEGORIES, DISHES, Table
from ordering.dishes.sheets.lookup import Index
from ordering.dishes.sheets.reading import Faults, Line, check_complete
from ordering.restaurant.models import Station

# Of these an empty cell says nothing; of every other one it says none.
KEEP = {"sort", "active"}
NAMES = {"active": "is_active", "price": "price_fen"}


@dataclass(slots=True)
class Count:
    """How many rows of a kind; only option groups are ever removed."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0

    def note(self, is_new: bool, is_changed: bool) -> None:
        """One more row."""
        if is_new:
            self.created += 1
        elif is_changed:
            self.updated += 1
        else:
            self.unchanged += 1


@dataclass(eq=False, slots=True)
class Change:
    """A category or dish, new or with fields that differ (by the body's names)."""

    row: Category | Dish
    fields: dict[str, Any]
    line: Line
    before: dict[str, Any] | None


@dataclass(eq=False, slots=True)
class Parts:
    """What a dish shall consist of from now on; None = as it is."""

    dish: Dish
    option_groups: list[dict[str, Any]] | None = None
    combo: list[tuple[Dish, int]] | None = None


@dataclass(eq=False, slots=True)
class Plan:
    """Everything a workbook changes, in the order in which it can be written."""

    categories: list[Change] = field(default_factory=list)
    dishes: list[Change] = field(default_factory=list)
    _parts: dict[int, Parts] = field(default_factory=dict)
    counts: dict[str, Count] = field(
        default_factory=lambda: {
            kind: Count() for kind in ("categories", "dishes", "option_groups", "combos")
        }
    )

    @property
    def is_empty(self) -> bool:
        """Whether the menu already is as the workbook says."""
        return not (self.categories or self.dishes or self.parts)

    @property
    def parts(self) -> list[Parts]:
        """The dishes whose parts change."""
        return [*self._parts.values()]

    def parts_of(self, dish: Dish) -> Parts:
        """What changes in a dish's parts, to be written into."""
        return self._parts.setdefault(id(dish), Parts(dish))

    def answer(self) -> dict[str, Any]:
        """The counts as the answer shows them."""
        return {kind: asdict(count) for kind, count in self.counts.items()}


def plan_categories(menu: present.Menu, lines: list[Line], plan: Plan, faults: Faults) -> Index[Category]:
    """The categories' changes; every category by its name from now on."""
    known = Index(menu.categories, faults)
    seen = _Seen(faults)
    for line in _whole(CATEGORIES, lines, known, faults):
        category = _row(line, known, seen, Category(store=menu.store))
        if category is not None:
            now = present.category_now(category) if category.pk else {}
            _note(plan, "categories", line, category, now, _differences(line, now, {}))
    return known.renewed(_with_new(menu.categories, plan.categories))


def plan_dishes(
    menu: present.Menu, lines: list[Line], plan: Plan, categories: Index[Category], faults: Faults
) -> Index[Dish]:
    """The dishes' changes; every dish by its name from now on, and by the ids that the workbook cites."""
    known = Index(menu.dishes, faults)
    seen = _Seen(faults)
    cited: list[tuple[Line, Dish]] = []
    whole = _whole(DISHES, lines, known, faults)
    for line in lines:
        fresh = Dish(store=menu.store)
        dish = _row(line, known, seen, fresh) if line in whole else None
        places = _places(line, dish or fresh, menu.stations, categories, faults)
        if dish is None:
            continue
        now = present.dish_now(dish) if dish.pk else {}
        _note(plan, "dishes", line, dish, now, _differences(line, now, places))
        cited.append((line, dish))
    index = known.renewed(_with_new(menu.dishes, plan.dishes))
    for line, dish in cited:
        index.cite(line.get("id"), dish)
    return index


class _Seen:
    """The rows that lines meant so far: each may be meant once, and a new name may come once."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._lines: dict[Any, Line] = {}

    def is_first(self, key: Any, line: Line) -> bool:
        """Whether it is the first line of this key; the others are told."""
        first = self._lines.setdefault(key, line)
        if first is not line:
            self._faults.at(line, "name", "repeated", "与第 {row} 行重复", row=first.number)
        return first is line


def _whole(table: Table, lines: list[Line], known: Index[Any], faults: Faults) -> dict[Line, None]:
    """The lines with every cell that they must have, in order; whoever names the others is not told again."""
    whole = dict.fromkeys(check_complete(table, lines, faults))
    for line in lines:
        if line not in whole:
            known.spoil(line)
    return whole


def _row(line: Line, known: Index[Any], seen: _Seen, fresh: Any) -> Any:
    """The row that a line means, or a new one; None when that cannot be said."""
    pk, name = line.get("id"), line.get("name")
    found = known.find(pk, name)
    if len(found) > 1:
        known.meant(line, "name", name, pk)
        return None
    row = found[0] if found else fresh
    return row if seen.is_first(row.pk or name, line) else None


def _places(
    line: Line, dish: Dish, stations: list[Station], categories: Index[Category], faults: Faults
) -> dict[str, Any]:
    """The dish's category and station as rows; the category it has stays if it has the name that is said."""
    places: dict[str, Any] = {}
    said, code = line.get("category"), line.get("station")
    if dish.pk and portable(dish.category.name) == said:
        places["category"] = dish.category
    elif said and (category := categories.meant(line, "category", said)):
        places["category"] = category
    if station := _station(stations, code):
        places["station"] = station
    elif code:
        codes = "、".join(f"{station.code}({station.name})" for station in stations) or "-"
        faults.at(line, "station", "does_not_exist", "该门店没有这个档口;现有:{codes}", codes=codes)
    return places


def _station(stations: list[Station], said: str) -> Station | None:
    """By its code, or by its name if only one has it."""
    coded = [station for station in stations if station.code == said]
    named = [station for station in stations if portable(station.name) == said]
    return next(iter(coded), None) or (named[0] if len(named) == 1 else None)


def _differences(line: Line, now: Mapping[str, Any], places: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a line says otherwise than they are."""
    said = {NAMES.get(column, column): value for column, value in line.says.items() if column != "id"}
    said |= {"windows": said["windows"] or []} if "windows" in said else {}
    said |= {"description": said["description"] or ""} if "description" in said else {}
    silent = {NAMES.get(column, column) for column in KEEP if line.get(column) is None}
    said = {name: value for name, value in said.items() if name not in {*silent, "category", "station"}}
    return {
        name: value for name, value in {**said, **places}.items() if name not in now or now[name] != value
    }


def _note(
    plan: Plan, kind: str, line: Line, row: Any, now: Mapping[str, Any], fields: dict[str, Any]
) -> None:
    plan.counts[kind].note(row.pk is None, bool(fields))
    if fields:
        before = {name: now[name] for name in fields} if row.pk else None
        getattr(plan, kind).append(Change(row, fields, line, before))
        for name, value in fields.items():
            if name != "windows":
                setattr(row, name, value)


def _with_new(rows: list[Any], changes: list[Change]) -> list[Any]:
    return [*rows, *(change.row for change in changes if change.row.pk is None)]
