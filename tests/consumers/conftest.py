"""Sockets in the test's own event loop, over committed rows; what a loop's process holds ends with it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from hub import events
from hub.transactions import Lock, transact
from ordering.dishes.models import Dish
from ordering.orders import actions, cards, payment, submit
from ordering.orders.models import Line, Order
from ordering.restaurant.models import Store
from tests import factories
from tests.consumers.peers import Peer, stop_process
from tests.factories import Person


@pytest_asyncio.fixture
async def sockets() -> AsyncIterator[None]:
    """Ends every socket and the loop's process after the test; a fault in a consumer fails the test."""
    Peer.opened.clear()
    try:
        yield
        for peer in tuple(Peer.opened):
            await peer.leave()
    finally:
        stop_process()


def chunks(count: int) -> list[int]:
    """``count`` in transactions of at most 250 events."""
    return [min(250, count - start) for start in range(0, count, 250)]


@dataclass
class Lunch:
    """A store with a dish, its people, and lin's pickup order, which the kitchen has."""

    store: Store
    dish: Dish
    lin: Person
    fang: Person
    no: str

    def order(self, *, accept: bool = True, quantity: int = 1) -> str:
        """One more order of lin's, paid at the counter; its number."""
        body = {
            "store": self.store.code,
            "kind": "pickup",
            "lines": [{"dish": self.dish.pk, "quantity": quantity}],
        }
        no = transact(lambda tx: submit.submit(tx, actor=self.lin.actor, order=body), actor="tests")["no"]
        transact(lambda tx: payment.settle(tx, no, actor=self.fang.actor, channel="cash"), actor="tests")
        if accept:
            self.do(actions.accept, no)
        return no

    def do(self, action, no: str, **fields) -> dict:
        """An action of the counter."""
        return transact(lambda tx: action(tx, no, actor=self.fang.actor, **fields), actor="tests")

    def stir(self, count: int) -> None:
        """So many events of lin's order, each with a card of its own version."""
        for some in chunks(count):
            transact(lambda tx, n=some: self._stir(tx, n), actor="tests")

    def _stir(self, tx, count: int) -> None:
        order = tx.lock_one(Lock.ORDER, Order.objects.select_related("store", "table").filter(no=self.no))
        before, order.version = order.version, order.version + count
        order.save(update_fields=["version"])
        card = cards.card(order, Line.objects.filter(order=order).order_by("pk"))
        for version in range(before + 1, order.version + 1):
            card_then = {**card, "version": version}
            tx.record(self.store.stream, events.RushRequested(order.key, version, card_then))

    def stir_menu(self, count: int) -> None:
        """So many events of the dish's row."""
        for some in chunks(count):
            transact(lambda tx, n=some: self._stir_menu(tx, n), actor="tests")

    def _stir_menu(self, tx, count: int) -> None:
        dish = tx.lock_one(Lock.DISH, Dish.objects.filter(pk=self.dish.pk))
        for _ in range(count):
            dish.version += 1
            dish.sold_out = bool(dish.version % 2)
            kind = events.DishSoldOut if dish.sold_out else events.DishRestored
            card = {"dish": dish.pk, "sold_out": dish.sold_out, "remaining": None}
            tx.record(self.store.menu_stream, kind(dish.key, dish.version, card))
        dish.save(update_fields=["version", "sold_out"])


@pytest.fixture
def lunch(transactional_db: None, store: Store, lin: Person, fang: Person) -> Lunch:
    """lin's order is in the kitchen."""
    made = Lunch(store, factories.dish(store), lin, fang, "")
    made.no = made.order()
    return made
