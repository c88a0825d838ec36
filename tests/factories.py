"""Makes rows for tests: a store with everything in it, people, devices, dishes."""

from dataclasses import dataclass
from typing import Any

from rest_framework.test import APIClient

from hub.transactions import transact
from ordering.dishes.models import Category, ComboItem, Dish, Option, OptionGroup
from ordering.payments.models import Payment, Refund
from ordering.restaurant.actions import create_store
from ordering.restaurant.models import DiningTable, Station, Store
from ordering.users import authentication, devices, sessions
from ordering.users.actors import Actor
from ordering.users.models import Device, Membership, User

STATIONS = {"wok": "热炒", "cold": "凉菜", "bar": "水吧"}


@dataclass(frozen=True)
class Person:
    """Somebody of the cast: the row, the log-in's tokens, the token's Actor, and a client that sends it."""

    user: User
    token: str
    refresh: str

    @property
    def actor(self) -> Actor:
        return authentication.authenticate(self.token)

    @property
    def api(self) -> APIClient:
        return client(self.token)


@dataclass(frozen=True)
class Screen:
    """A paired device: the row, its token, the Actor of the token, and a client that sends it."""

    device: Device
    token: str

    @property
    def actor(self) -> Actor:
        return authentication.authenticate(self.token)

    @property
    def api(self) -> APIClient:
        return client(self.token)


def client(token: str | None = None) -> APIClient:
    """A REST client, with a Bearer token if there is one; a 500 is an answer, not an exception."""
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
    return APIClient(raise_request_exception=False, **headers)


def person(name: str, **fields: Any) -> Person:
    """A person who has logged in."""
    user = User.objects.create_user(
        fields.pop("username", None), fields.pop("password", None), name=name, **fields
    )
    return log_in(user)


def log_in(user: User) -> Person:
    """One more log-in of this person."""
    pair = sessions.answer(sessions.start(user, "tests"))
    return Person(user, pair["access"], pair["refresh"])


def staff(name: str, store: Store, role: str, password: str = "demo") -> Person:
    """A person with a role in the store; the name is the username too."""
    user = User.objects.create_user(name, password, name=name)
    Membership.objects.create(user=user, store=store, role=role, version=1)
    return log_in(user)


def screen(store: Store, kind: str = "kitchen", station: str | None = None) -> Screen:
    """A device that was paired and claimed."""
    waiting = transact(
        lambda tx: devices.pair(tx, store, kind=kind, name=kind, station=station, by=None), actor="system"
    )
    claimed = transact(lambda tx: devices.claim(tx, waiting["code"]), actor="anonymous")
    return Screen(Device.objects.select_related("store").get(pk=claimed["device"]["id"]), claimed["token"])


def store(code: str = "demo", tables: int = 4, **fields: Any) -> Store:
    """A store with its streams, three stations and tables ``t1`` …"""
    fields = {"name": "开饭小馆", **fields}
    made = transact(lambda tx: create_store(tx, code=code, **fields), actor="system")
    for sort, (station, name) in enumerate(STATIONS.items(), start=1):
        Station.objects.create(store=made, code=station, name=name, sort=sort)
    for number in range(1, tables + 1):
        DiningTable.objects.create(store=made, code=f"t{number}", name=f"{number}号桌")
    return made


def category(store: Store, name: str = "招牌菜") -> Category:
    """The store's category of this name, made when missing."""
    return Category.objects.get_or_create(store=store, name=name)[0]


def dish(
    store: Store,
    name: str = "宫保鸡丁",
    price_fen: int = 3800,
    remaining: int | None = None,
    station: str = "wok",
    **fields: Any,
) -> Dish:
    """A dish of the store's first category; ``remaining`` None = unlimited."""
    fields.setdefault("category", category(store))
    place = store.stations.get(code=station)
    return Dish.objects.create(
        store=store, station=place, name=name, price_fen=price_fen, remaining=remaining, **fields
    )


def group(dish: Dish, name: str, options: dict[str, int], **fields: Any) -> OptionGroup:
    """An option group; ``options`` maps an option's name to its price difference in fen."""
    made = OptionGroup.objects.create(dish=dish, name=name, **fields)
    for sort, (option, delta) in enumerate(options.items()):
        Option.objects.create(group=made, name=option, price_delta_fen=delta, sort=sort)
    return made


def combo(store: Store, items: dict[Dish, int], name: str = "双人套餐", price_fen: int = 8800) -> Dish:
    """A combo; ``items`` maps a dish to how many of it one combo holds."""
    made = dish(store, name, price_fen)
    for part, quantity in items.items():
        ComboItem.objects.create(combo=made, dish=part, quantity=quantity)
    return made


def failed_refund(store: Store, order_no: str, amount_fen: int = 500) -> Refund:
    """A refund of an order that the gateway would not do."""
    paid = Payment.objects.create(
        store=store, order_no=order_no, out_trade_no="PFAILED", channel="wechat_jsapi", amount_fen=amount_fen,
        state=Payment.State.SUCCEEDED,
    )  # fmt: skip
    return Refund.objects.create(
        payment=paid, order_no=order_no, out_refund_no="RPFAILED-1", amount_fen=amount_fen,
        state=Refund.State.REJECTED, requested_by="system",
    )  # fmt: skip
