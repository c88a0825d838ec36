"""The options sheet: rows of one dish and one group make that group; together they are the dish's groups."""

from dataclasses import dataclass
from typing import Any

from ordering.dishes import bodies, parts
from ordering.dishes.models import Dish, Option, OptionGroup
from ordering.dishes.sheets import present
from ordering.dishes.sheets.columns import OPTIONS
from ordering.dishes.sheets.lookup import Index, pair
from ordering.dishes.sheets.planning import Plan
from ordering.dishes.sheets.reading import Faults, Line, check_complete

CHOICE = {"required": False, "min": 0, "max": 1}
COLUMNS = {"price_delta_fen": "price_delta", "is_active": "active"}


@dataclass(eq=False, slots=True)
class Group:
    """The rows of one group."""

    pk: int | None
    name: str
    lines: list[Line]


def plan_options(dishes: Index[Dish], lines: list[Line], plan: Plan, faults: Faults) -> None:
    """What the sheet makes of the groups of the dishes that it names; other dishes keep theirs."""
    for dish, own in _by_dish(dishes, check_complete(OPTIONS, lines, faults), faults):
        groups = _groups(own, faults)
        now = present.groups_now(dish) if dish.pk else []
        said = _said(dish, groups, faults)
        _count(plan, said, now)
        if said != now:
            _judge(dish, groups, said, faults)
            plan.parts_of(dish).option_groups = said


def judge_prices(plan: Plan, faults: Faults) -> None:
    """A new price has to bear the choices that a dish keeps."""
    judged = {id(one.dish) for one in plan.parts if one.option_groups is not None}
    for change in plan.dishes:
        if change.row.pk and "price_fen" in change.fields and id(change.row) not in judged:
            for row in parts.faults(change.row, {"price_fen": change.fields["price_fen"]}):
                faults.at(change.line, "price", row["code"], row["detail"])


def _by_dish(dishes: Index[Dish], lines: list[Line], faults: Faults) -> list[tuple[Dish, list[Line]]]:
    found: dict[int, tuple[Dish, list[Line]]] = {}
    for line in lines:
        if dish := dishes.meant(line, "dish", line.get("dish"), line.get("dish_id")):
            found.setdefault(id(dish), (dish, []))[1].append(line)
    return list(found.values())


def _groups(lines: list[Line], faults: Faults) -> list[Group]:
    """By the id in the row, else by the name: such a row joins the first group of that name."""
    groups: list[Group] = []
    for line in lines:
        pk, name = line.get("group_id"), line.get("group")
        same = [one for one in groups if (one.pk == pk if pk is not None else one.name == name)]
        if not same:
            groups.append(Group(pk, name, [line]))
            continue
        same[0].lines.append(line)
        if same[0].name != name:
            faults.at(
                line, "group", "conflict", "与第 {row} 行同属一组,名称却不同", row=same[0].lines[0].number
            )
    return groups


def _said(dish: Dish, groups: list[Group], faults: Faults) -> list[dict[str, Any]]:
    known = list(dish.option_groups.all()) if dish.pk else []
    rows = pair([(group.pk, group.name) for group in groups], known)
    return [_group(group, row, faults) for group, row in zip(groups, rows, strict=True)]


def _group(group: Group, row: OptionGroup | None, faults: Faults) -> dict[str, Any]:
    """The group as the body of a change says it; a row that is there stays by its id."""
    present_choice = {name: getattr(row, name) for name in CHOICE} if row else CHOICE
    choice = {name: _common(group, name, present_choice[name], faults) for name in CHOICE}
    kept = {"id": row.pk} if row else {}
    return {**kept, "name": group.name, **choice, "options": _options(group, row, faults)}


def _common(group: Group, name: str, default: Any, faults: Faults) -> Any:
    """What the group's rows say of the group; they must not contradict each other."""
    first = next((line for line in group.lines if line.get(name) is not None), None)
    if first is None:
        return CHOICE[name] if name in group.lines[0].says else default
    for line in group.lines:
        if line.get(name) not in (None, first.get(name)):
            faults.at(line, name, "conflict", "与第 {row} 行的同一规格组不一致", row=first.number)
    return first.get(name)


def _options(group: Group, row: OptionGroup | None, faults: Faults) -> list[dict[str, Any]]:
    if len(group.lines) == 1 and group.lines[0].get("option") is None:
        return []  # a group that waits for its first option
    lines = [line for line in group.lines if _is_named(line, faults)]
    said = [(line.get("option_id"), line.get("option")) for line in lines]
    rows = pair(said, row.options.all() if row else ())
    names: set[str] = set()
    options = []
    for line, option in zip(lines, rows, strict=True):
        if option is None and line.get("option") in names:
            faults.at(line, "option", "repeated", "同一规格组内选项重复")
        names.add(line.get("option"))
        options.append(_option(line, option))
    return options


def _is_named(line: Line, faults: Faults) -> bool:
    if line.get("option") is None and "option" in line.says:
        faults.at(line, "option", "required", "“选项”不能为空")
    return line.get("option") is not None


def _option(line: Line, row: Option | None) -> dict[str, Any]:
    kept = {"id": row.pk} if row else {}
    delta = row.price_delta_fen if row and "price_delta" not in line.says else line.get("price_delta", 0)
    is_active = line.get("active", row.is_active if row else True)
    return {**kept, "name": line.get("option"), "price_delta_fen": delta, "is_active": is_active}


def _count(plan: Plan, said: list[dict[str, Any]], now: list[dict[str, Any]]) -> None:
    count = plan.counts["option_groups"]
    for place, group in enumerate(said):
        count.note("id" not in group, now[place : place + 1] != [group])
    kept = {group.get("id") for group in said}
    count.removed += sum(group["id"] not in kept for group in now)


def _judge(dish: Dish, groups: list[Group], said: list[dict[str, Any]], faults: Faults) -> None:
    """The rules of the REST bodies: how many there may be, what may be chosen, the lowest price."""
    first = groups[0].lines[0]
    if len(said) > bodies.MOST_GROUPS:
        faults.at(first, "group", "max_length", "每道菜最多 {most} 个规格组", most=bodies.MOST_GROUPS)
    for group, body in zip(groups, said, strict=True):
        if not body["options"]:
            faults.at(group.lines[0], "option", "required", "“选项”不能为空")
        if len(body["options"]) > bodies.MOST_OPTIONS:
            faults.at(
                group.lines[0], "option", "max_length", "每组最多 {most} 个选项", most=bodies.MOST_OPTIONS
            )
    for row in parts.faults(dish, {"option_groups": said}):
        path = row["field"].split(".")
        if path[0] == "price_fen":
            faults.at(first, "price_delta", row["code"], row["detail"])
        else:
            column = COLUMNS.get(path[-1], path[-1])
            faults.at(groups[int(path[1])].lines[0], column, row["code"], row["detail"])
