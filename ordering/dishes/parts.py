"""What a dish is made of, as a manager writes it: option groups with their options, and a combo's items."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from hub.errors import row
from ordering.dishes.models import ComboItem, Dish, Option, OptionGroup
from ordering.dishes.rules import Choice, faults_of_choice, lowest_price

Row = dict[str, Any]
Body = Mapping[str, Any]
M = TypeVar("M", bound=Model)


def unknown(field: str, detail: str) -> Row:
    """The row of an id that is nobody's, or another store's: both answer alike."""
    return row(field, "does_not_exist", detail)


def faults(dish: Dish, fields: Body) -> Iterator[Row]:
    """What is wrong with a dish's parts; ``dish`` has its new price and need not be saved yet."""
    groups = fields.get("option_groups")
    if groups is not None:
        yield from _faults_of_groups(dish, groups)
    if groups is not None or "price_fen" in fields:
        choices = _choices(groups) if groups is not None else choices_of(dish)
        if lowest_price(dish.price_fen, choices) < 0:
            yield row("price_fen", "below_zero", "选择最便宜的规格后价格不能为负")
    if fields.get("combo") is not None:
        yield from _faults_of_combo(dish, fields["combo"])


def choices_of(dish: Dish) -> list[Choice]:
    """The choices a dish has now."""
    if dish.pk is None:
        return []
    groups = dish.option_groups.prefetch_related("options")
    return [
        Choice(g.required, g.min, g.max, [o.price_delta_fen for o in g.options.all() if o.is_active])
        for g in groups
    ]


def _choices(groups: Iterable[Body]) -> list[Choice]:
    return [
        Choice(
            g["required"], g["min"], g["max"], [o["price_delta_fen"] for o in g["options"] if o["is_active"]]
        )
        for g in groups
    ]


def _faults_of_groups(dish: Dish, groups: Sequence[Body]) -> Iterator[Row]:
    known = _known_options(dish)
    yield from _faults_of_ids("option_groups", groups, known)
    for place, (group, choice) in enumerate(zip(groups, _choices(groups), strict=True)):
        path = f"option_groups.{place}"
        for fault in faults_of_choice(choice):
            yield row(f"{path}.{fault.field}", fault.code, fault.detail)
        yield from _faults_of_ids(f"{path}.options", group["options"], known.get(group.get("id", 0), ()))


def _known_options(dish: Dish) -> dict[int, set[int]]:
    """Group id → its option ids."""
    found: dict[int, set[int]] = {}
    if dish.pk is not None:
        for group, option in dish.option_groups.values_list("id", "options__id"):
            found.setdefault(group, set()).add(option)
    return found


def _faults_of_ids(path: str, bodies: Sequence[Body], known: Iterable[int]) -> Iterator[Row]:
    left = set(known)
    for place, body in enumerate(bodies):
        if "id" in body and body["id"] not in left:
            yield unknown(f"{path}.{place}.id", "不属于这道菜,或出现了两次")
        left.discard(body.get("id", 0))


def _faults_of_combo(dish: Dish, items: Sequence[Body]) -> Iterator[Row]:
    wanted = [item["dish"] for item in items]
    here = Dish.objects.filter(store_id=dish.store_id, id__in=wanted).exclude(id=dish.pk)
    known = set(here.values_list("id", flat=True))
    combos = set(here.filter(combo_items__isnull=False).values_list("id", flat=True))
    if dish.pk is not None and dish.in_combos.exists():
        yield row("combo", "in_combo", "套餐里的菜品不能再是套餐")
    for place, pk in enumerate(wanted):
        field = f"combo.{place}.dish"
        if pk not in known:
            yield unknown(field, "该门店没有这道菜")
        elif pk in combos:
            yield row(field, "is_combo", "套餐不能包含套餐")
        elif pk in wanted[:place]:
            yield row(field, "repeated", "同一道菜只列一次,请修改数量")


def write(dish: Dish, fields: Body, *, is_new: bool = False) -> None:
    """Make a saved dish's parts those of a body without faults; what the body leaves out stays.

    Of a dish that ``is_new`` nothing is looked up or deleted.
    """
    if fields.get("option_groups") is not None:
        _write_groups(dish, fields["option_groups"], is_new)
    if "combo" in fields:
        if not is_new:
            dish.combo_items.all().delete()
        items = fields["combo"] or ()
        ComboItem.objects.bulk_create(
            ComboItem(combo=dish, dish_id=item["dish"], quantity=item["quantity"]) for item in items
        )


def _write_groups(dish: Dish, bodies: Sequence[Body], is_new: bool) -> None:
    known = () if is_new else _kept(dish.option_groups.all(), bodies)
    groups = _renewed(known, bodies, lambda: OptionGroup(dish=dish))
    options: list[Option] = []
    for group, body in zip(groups, bodies, strict=True):
        known_options = () if group.pk is None else _kept(group.options.all(), body["options"])
        group.save()
        options += _renewed(known_options, body["options"], lambda group=group: Option(group=group))
    for option in options:
        if option.pk is not None:
            option.save()
    Option.objects.bulk_create(option for option in options if option.pk is None)


def _kept(rows: QuerySet[M], bodies: Sequence[Body]) -> list[M]:
    """The rows that bodies name by id; the others are deleted."""
    named = {body["id"] for body in bodies if "id" in body}
    found = list(rows)
    if any(row.pk not in named for row in found):
        rows.exclude(pk__in=named).delete()
    return [row for row in found if row.pk in named]


def _renewed(rows: Iterable[M], bodies: Sequence[Body], fresh: Callable[[], M]) -> list[M]:
    """A row for each body in their order, unsaved: the one that it names by id, or a new one."""
    known = {row.pk: row for row in rows}
    made = [known[body["id"]] if "id" in body else fresh() for body in bodies]
    for sort, (one, body) in enumerate(zip(made, bodies, strict=True)):
        for name, value in body.items():
            if name not in ("id", "options"):
                setattr(one, name, value)
        one.sort = sort
    return made
