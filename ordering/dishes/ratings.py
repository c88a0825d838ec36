"""What guests think of dishes: sums that move with reviews, and how the menu shows them.

A rating is not worth an event: the menu document is told to be another one by an outbox job, at most once a
minute per store. Until then open menus show the averages they were made with.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import F

from hub import clock, jobs
from hub.transactions import Lock, Transaction, transact
from ordering.dishes.actions import touch_menu
from ordering.dishes.models import Dish, DishScore
from ordering.restaurant.models import Store

KIND = "menu.ratings"
MINUTE = 60
GRACE = 5  # seconds after its minute: a change of that minute may still be on its way to commit


def count_in(tx: Transaction, store: Store, ratings: Mapping[int, int]) -> None:
    """Add ``{dish id: rating}`` to the dishes' sums."""
    _count(tx, store, ratings, 1)


def count_out(tx: Transaction, store: Store, ratings: Mapping[int, int]) -> None:
    """Take ``{dish id: rating}``, which was counted in before, out of the dishes' sums."""
    _count(tx, store, ratings, -1)


def _count(tx: Transaction, store: Store, ratings: Mapping[int, int], sign: int) -> None:
    if not ratings:
        return
    tx.reach(Lock.DISH)
    for dish, rating in sorted(ratings.items()):
        if not _move(dish, sign * rating, sign):
            # Only now: an insert that finds its row would share its lock, and two sharers never let go.
            DishScore.objects.bulk_create([DishScore(dish_id=dish)], ignore_conflicts=True)
            _move(dish, sign * rating, sign)
    _announce_later(store)


def _move(dish: int, rating: int, count: int) -> int:
    """How many rows were there to change; the database adds, so that nobody writes what they saw before."""
    return DishScore.objects.filter(dish_id=dish).update(
        rating_sum=F("rating_sum") + rating, rating_count=F("rating_count") + count
    )


def _announce_later(store: Store) -> None:
    minute = int(clock.now().timestamp()) // MINUTE
    after = datetime.fromtimestamp((minute + 1) * MINUTE + GRACE, UTC)
    jobs.add(KIND, f"{store.code}:{minute}", {"store": store.code}, store=store.code, not_before=after)


def announce(payload: dict[str, Any]) -> None:
    """Outbox job: the store's menu shows other averages."""
    store = Store.objects.get(code=payload["store"])
    transact(lambda tx: touch_menu(tx, store), actor="system")


def shown(dish: Dish) -> dict[str, Any] | None:
    """``{"average": 4.7, "count": 12}`` of a dish read with its ``score``, None when nobody rated it."""
    score = getattr(dish, "score", None)
    return average(score.rating_sum, score.rating_count) if score else None


def average(total: int, count: int) -> dict[str, Any] | None:
    """An average with one decimal, halves up, and of how many ratings it is; None of none."""
    return {"average": (20 * total + count) // (2 * count) / 10, "count": count} if count else None
