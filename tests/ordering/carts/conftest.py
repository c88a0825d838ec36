"""lin and chen share table t1; zhao has nothing to do with it."""

from dataclasses import dataclass
from typing import Any

import pytest

from ordering.dishes.models import Dish
from ordering.restaurant import tokens
from ordering.restaurant.models import DiningTable, Store, TableSession
from tests import factories
from tests.factories import Person
from tests.ordering.orders.trips import post


@dataclass
class Shared:
    """A table session with a menu, and what people do with its cart over REST."""

    store: Store
    table: DiningTable
    session: TableSession
    chicken: Dish
    cucumber: Dish

    @property
    def path(self) -> str:
        return f"table-sessions/{self.session.no}/cart/"

    def put(self, who: Any, dish: Dish | None = None, quantity: int = 1, **more: Any) -> dict[str, Any]:
        """A dish into the cart; the line."""
        body = {"dish": (dish or self.chicken).pk, "quantity": quantity, **more}
        answer = post(who, f"{self.path}lines/", body)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def see(self, who: Any) -> dict[str, Any]:
        """The cart."""
        answer = who.api.get(f"/api/v1/{self.path}lines/")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def submit(self, who: Any, key: str | None = None, **body: Any) -> Any:
        """下单; the answer."""
        return post(who, f"{self.path}submit/", body, key=key)


def join(who: Any, table: DiningTable) -> str:
    """Scan the table's code; the session's id."""
    return who.api.get("/api/v1/tables/resolve/", {"token": tokens.write(table)}).json()["session"]["id"]


def guest(table: DiningTable) -> Any:
    """Somebody without an account at the table: a client."""
    body = {"table_token": tokens.write(table)}
    return factories.client().post("/api/v1/auth/guest/", body, format="json").json()


@pytest.fixture
def chen(db: None) -> Person:
    """Dines with lin."""
    return factories.person("chen")


@pytest.fixture
def shared(store: Store, table: DiningTable, lin: Person, chen: Person) -> Shared:
    """lin and chen scanned the code of table t1."""
    no = join(lin, table)
    assert join(chen, table) == no
    session = TableSession.objects.select_related("table__store").get(no=no)
    cold = factories.dish(store, "拍黄瓜", 1200, station="cold")
    return Shared(store, table, session, factories.dish(store), cold)


@pytest.fixture
def later(store: Store) -> None:
    """The store lets its tables pay at the end."""
    Store.objects.update(pay_first=False)
