"""The import of a menu: read, planned under the store's lock, and written whole or not at all."""

from typing import Any

from hub.transactions import Lock, Transaction
from ordering.dishes.sheets import applying, choices, contents, planning, present, reading
from ordering.dishes.sheets.planning import Plan
from ordering.dishes.sheets.reading import Faults, Line
from ordering.restaurant.actions import announce_menu
from ordering.restaurant.models import Store

Tables = dict[str, list[Line]]


def import_menu(tx: Transaction, store: Store, content: bytes, *, dry_run: bool = False) -> dict[str, Any]:
    """Make the menu what the workbook says; how many rows of each kind were created, updated, unchanged.

    Refuses 400 ``menu.import_invalid`` with a row for everything that is wrong. ``menu.changed`` is recorded
    once, and not at all when nothing changes. With ``dry_run`` nothing is written.
    """
    faults = Faults()
    tables = reading.read(content, faults)
    locked = tx.lock_one(Lock.SESSION, Store.objects.filter(pk=store.pk))
    plan = _plan(locked, tables, faults)
    faults.refuse()
    if not (dry_run or plan.is_empty):
        announce_menu(tx, locked)
        applying.apply(tx, locked, plan)
    return {"dry_run": dry_run, **plan.answer()}


def _plan(store: Store, tables: Tables, faults: Faults) -> Plan:
    menu, plan = present.Menu(store), Plan()
    categories = planning.plan_categories(menu, tables.get("categories", []), plan, faults)
    dishes = planning.plan_dishes(menu, tables.get("dishes", []), plan, categories, faults)
    choices.plan_options(dishes, tables.get("options", []), plan, faults)
    choices.judge_prices(plan, faults)
    contents.plan_combos(menu, dishes, tables.get("combos", []), plan, faults)
    return plan
