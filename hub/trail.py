"""What one transaction did to rows, for the audit: locked ones are compared, new ones are told."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from hub.redaction import HIDDEN, clean

COUNTERS = frozenset({"version", "menu_version"})  # they only say that something else changed
EMPTY: tuple[Any, ...] = (None, "", [], {})
LONGEST = 300  # characters of one text
MOST_ROWS = 50

Values = Mapping[str, Any] | None
Change = tuple[Values, Values]


class Trail:
    """The rows of one transaction, in the order in which they were met."""

    def __init__(self) -> None:
        self._locked: list[tuple[models.Model, dict[str, Any]]] = []
        self._told: dict[str, Change] = {}
        self._about: list[models.Model] = []
        self._told_of: list[models.Model] = []

    def watch(self, rows: Iterable[models.Model]) -> None:
        """Remember rows as they are now."""
        self._locked += [(row, row.__dict__.copy()) for row in rows]

    def about(self, row: models.Model) -> None:
        """It is this row that the call is about, whatever else changes; the first to say so is believed."""
        self._about.append(row)

    def created(self, row: models.Model) -> None:
        """A row that was not there before."""
        self._told_of.append(row)
        made = {name: value for name, value in _columns(row, row.__dict__).items() if value not in EMPTY}
        self._told[name_of(row)] = (None, made)

    def told(self, row: models.Model, before: Values, after: Values) -> None:
        """What changed about a row, or about what hangs on it, in the caller's words."""
        self._told_of.append(row)
        differing = _differing(before, after) if before is not None and after is not None else (before, after)
        self._told[name_of(row)] = differing or ({}, {})

    def changes(self) -> dict[str, Change]:
        """Row's name → (before, after), each with what changed alone; None where there was or is no row."""
        found, told = dict(self._told), {id(row) for row in self._told_of}
        for row, was in self._locked:
            name = name_of(row, was)
            if id(row) not in told and name not in self._told and (change := _change(row, was)):
                found[name] = _joined(found.get(name), change)
        return {name: change for name, change in found.items() if change != ({}, {})}

    def subject(self, changed: Iterable[str]) -> models.Model | None:
        """The row that the call is about: as was said, else the first told, changed or locked; a store's."""
        names = set(changed)
        moved = [row for row, was in self._locked if name_of(row, was) in names]
        rows = [*self._about, *self._told_of, *moved, *(row for row, _ in self._locked)]
        return next((row for row in rows if hasattr(row, "store_id")), rows[0] if rows else None)


def name_of(row: models.Model, was: Mapping[str, Any] | None = None) -> str:
    """``order:01J…``, ``dish:12``: the row's own ``key``, else its kind and the id it has or had."""
    if row.pk is not None and isinstance(getattr(type(row), "key", None), property):
        return str(getattr(row, "key"))  # noqa: B009 - not every row has one
    pk = row.pk if row.pk is not None else (was or {}).get(row._meta.pk.attname)
    return f"{row._meta.model_name}:{pk}"


def written(changes: Mapping[str, Change], side: int) -> dict[str, Any]:
    """The changes' before (0) or after (1) as it may be kept: nothing secret, nothing endless."""
    kept = dict(list(changes.items())[:MOST_ROWS])
    found = {name: _shown(change[side]) for name, change in kept.items() if change[side] is not None}
    return found | ({"…": len(changes) - MOST_ROWS} if len(changes) > MOST_ROWS else {})


def _change(row: models.Model, was: dict[str, Any]) -> Change | None:
    now = row.__dict__
    if row.pk is None:
        return _columns(row, was), None
    if all(now.get(name) == value for name, value in was.items()):
        return None  # most rows, and cheaper than a look at the columns
    return _differing(_columns(row, was), _columns(row, now))


def _joined(earlier: Change | None, later: Change) -> Change:
    """Two changes of one row as one."""
    if earlier is None or later[1] is None:
        return later
    return {**(later[0] or {}), **(earlier[0] or {})}, {**(earlier[1] or {}), **later[1]}


def _columns(row: models.Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that were loaded; hashes of secrets and counters are nobody's news."""
    names = (field.attname for field in row._meta.concrete_fields)
    told = (name for name in names if name in values and name not in COUNTERS and not name.endswith("_hash"))
    return {name: _plain(values[name]) for name in told}


def _plain(value: Any) -> Any:
    return value.name if isinstance(value, models.fields.files.FieldFile) else value


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> Change | None:
    missing = object()
    names = [name for name in {**before, **after} if before.get(name, missing) != after.get(name, missing)]
    if not names:
        return None
    return {n: before[n] for n in names if n in before}, {n: after[n] for n in names if n in after}


def _shown(values: Values) -> dict[str, Any]:
    hidden: dict[str, Any] = clean(values)
    return {name: HIDDEN if "password" in name else _short(value) for name, value in hidden.items()}


def _short(value: Any) -> Any:
    return f"{value[:LONGEST]}…" if isinstance(value, str) and len(value) > LONGEST else value
