"""The demo restaurant: one store, three stations, twelve tables."""

from hub.transactions import Transaction, transact
from ordering.restaurant.actions import create_store
from ordering.restaurant.models import DiningTable, Station, Store

CODE = "demo"
STATIONS = {"wok": "热炒", "cold": "凉菜", "bar": "水吧"}
TABLES = 12


def seed() -> str:
    """Create the demo store where it is missing; one line about it."""
    if not Store.objects.filter(code=CODE).exists():
        transact(_found, actor="system")
    return f"创建演示门店 {CODE}:{TABLES} 张桌台,{len(STATIONS)} 个档口"


def _found(tx: Transaction) -> None:
    store = create_store(tx, code=CODE, name="开饭小馆", notice="欢迎光临,扫码即可点餐")
    Station.objects.bulk_create(
        Station(store=store, code=code, name=name, sort=sort)
        for sort, (code, name) in enumerate(STATIONS.items(), start=1)
    )
    DiningTable.objects.bulk_create(
        DiningTable(store=store, code=f"t{number}", name=f"{number}号桌") for number in range(1, TABLES + 1)
    )
