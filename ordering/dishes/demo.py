"""The demo's menu: about 25 dishes over three stations, with options, limited portions and a combo."""

from collections.abc import Mapping
from datetime import time
from typing import NamedTuple

from hub.transactions import Transaction, transact
from ordering.dishes.actions import touch_menu
from ordering.dishes.models import Category, ComboItem, Dish, Option, OptionGroup, TimeWindow
from ordering.restaurant.models import Station, Store


class Group(NamedTuple):
    """An option group: name, least and most choices, (option, price difference in fen)."""

    name: str
    min: int
    max: int
    options: tuple[tuple[str, int], ...]


SPICY = Group("辣度", 1, 1, (("不辣", 0), ("微辣", 0), ("中辣", 0), ("特辣", 0)))
SIZE = Group("规格", 1, 1, (("小份", -600), ("标准", 0), ("大份", 1000)))
CUP = Group("规格", 1, 1, (("中杯", 0), ("大杯", 300)))
ICE = Group("温度", 1, 1, (("常温", 0), ("少冰", 0), ("多冰", 0), ("热", 0)))
EXTRAS = Group("加料", 0, 3, (("加蛋", 200), ("加肉", 600), ("加青菜", 200), ("加香菜", 0)))
PEARLS = Group("加料", 0, 2, (("珍珠", 200), ("椰果", 200), ("红豆", 300)))


class Entry(NamedTuple):
    """A dish of the demo."""

    name: str
    station: str
    price_fen: int
    description: str = ""
    groups: tuple[Group, ...] = ()
    remaining: int | None = None
    parts: tuple[tuple[str, int], ...] = ()


MENU: Mapping[str, tuple[Entry, ...]] = {
    "热菜": (
        Entry("招牌红烧肉", "wok", 5800, "慢火两小时,肥而不腻", (SIZE,), 30),
        Entry("宫保鸡丁", "wok", 3800, "花生酥脆,微甜微辣", (SPICY, SIZE)),
        Entry("鱼香肉丝", "wok", 3200, "川味经典", (SPICY,)),
        Entry("麻婆豆腐", "wok", 2200, "郫县豆瓣,现磨花椒", (SPICY,)),
        Entry("清蒸鲈鱼", "wok", 6800, "当日活鱼", (), 12),
        Entry("蒜蓉西兰花", "wok", 2200),
        Entry("干煸四季豆", "wok", 2400, "", (SPICY,)),
    ),
    "凉菜": (
        Entry("拍黄瓜", "cold", 1200, "蒜香爽口", (SPICY,)),
        Entry("口水鸡", "cold", 3200, "红油芝麻", (SPICY,), 20),
        Entry("皮蛋豆腐", "cold", 1600),
        Entry("凉拌木耳", "cold", 1500),
        Entry("夫妻肺片", "cold", 3600, "", (SPICY,), 15),
    ),
    "汤": (
        Entry("番茄蛋花汤", "wok", 1600),
        Entry("老鸭粉丝汤", "wok", 3800, "每日现炖", (EXTRAS,), 18),
        Entry("紫菜虾皮汤", "wok", 1400),
    ),
    "主食": (
        Entry("扬州炒饭", "wok", 1800, "", (EXTRAS,)),
        Entry("牛肉面", "wok", 2800, "手工拉面", (SPICY, EXTRAS)),
        Entry("葱油拌面", "wok", 1600, "", (EXTRAS,)),
        Entry("米饭", "cold", 200),
    ),
    "饮品": (
        Entry("珍珠奶茶", "bar", 1400, "", (CUP, ICE, PEARLS)),
        Entry("柠檬茶", "bar", 1200, "", (CUP, ICE)),
        Entry("酸梅汤", "bar", 900, "", (ICE,)),
        Entry("鲜榨橙汁", "bar", 1800, "", (CUP,), 25),
        Entry("青岛啤酒", "bar", 1000),
    ),
    "套餐": (
        Entry(
            "单人工作餐",
            "wok",
            4200,
            "宫保鸡丁 + 拍黄瓜 + 米饭 + 酸梅汤",
            parts=(("宫保鸡丁", 1), ("拍黄瓜", 1), ("米饭", 1), ("酸梅汤", 1)),
        ),
    ),
    "早点": (
        Entry("现磨豆浆", "bar", 500, "", (ICE,)),
        Entry("小笼包", "wok", 1500, "一笼八只"),
    ),
}
WINDOWS = {"早点": (time(6), time(10, 30))}


def seed() -> str:
    """Fill the demo store's menu; what is there already stays as it is."""
    store = Store.objects.get(code="demo")
    made = transact(lambda tx: _fill(tx, store), actor="system")
    return f"菜单:新增 {made} 道菜,共 {Dish.objects.filter(store=store).count()} 道"


def _fill(tx: Transaction, store: Store) -> int:
    stations = {station.code: station for station in Station.objects.filter(store=store)}
    known = set(Dish.objects.filter(store=store).values_list("name", flat=True))
    if all(entry.name in known for entries in MENU.values() for entry in entries):
        return 0
    touch_menu(tx, store)
    made = 0
    for place, (name, entries) in enumerate(MENU.items()):
        category = _category(store, name, place)
        for sort, entry in enumerate(entries):
            if entry.name not in known:
                _add(category, stations[entry.station], entry, sort)
                made += 1
    return made


def _category(store: Store, name: str, sort: int) -> Category:
    category, created = Category.objects.get_or_create(store=store, name=name, defaults={"sort": sort})
    if created and name in WINDOWS:
        starts, ends = WINDOWS[name]
        TimeWindow.objects.create(category=category, starts=starts, ends=ends)
    return category


def _add(category: Category, station: Station, entry: Entry, sort: int) -> None:
    dish = Dish.objects.create(
        store=category.store,
        category=category,
        station=station,
        sort=sort,
        name=entry.name,
        description=entry.description,
        price_fen=entry.price_fen,
        remaining=entry.remaining,
    )
    for place, (name, low, high, options) in enumerate(entry.groups):
        group = OptionGroup.objects.create(
            dish=dish, name=name, required=low > 0, min=low, max=high, sort=place
        )
        Option.objects.bulk_create(
            Option(group=group, name=option, price_delta_fen=delta, sort=i)
            for i, (option, delta) in enumerate(options)
        )
    parts = {part.name: part for part in Dish.objects.filter(store=category.store)} if entry.parts else {}
    ComboItem.objects.bulk_create(
        ComboItem(combo=dish, dish=parts[name], quantity=quantity) for name, quantity in entry.parts
    )
