"""What guests are like and what they choose. Pure: a seeded generator and plain data in, plain data out."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

NAMES = [
    "lin",
    "zhao",
    "qian",
    "sun",
    "li",
    "zhou",
    "wu",
    "zheng",
    "feng",
    "chen",
    "chu",
    "wei",
    "jiang",
    "shen",
    "han",
    "yang",
    "zhu",
    "qin",
    "you",
    "xu",
    "he",
    "lv",
    "shi",
    "zhang",
    "kong",
    "cao",
    "yan",
    "hua",
    "jin",
    "tao",
    "xie",
    "zou",
    "yu",
    "bai",
    "su",
    "pan",
    "ge",
    "fan",
    "peng",
    "lang",
]
REMARKS = ("不要香菜", "少油少盐", "快一点", "打包餐具两份", "孩子吃,不要辣", "米饭先上")
LINE_REMARKS = ("少放盐", "多放葱", "不要蒜", "嫩一点")
REVIEWS = (
    (5, "上菜快,味道好"),
    (5, "红烧肉一绝,下次还来"),
    (4, "不错,就是等得久了点"),
    (4, "分量足"),
    (3, "一般般"),
    (2, "催了两次才上"),
)
REJECT_REASONS = ("食材不足", "厨房忙不过来", "即将打烊")
CANCEL_REASONS = ("临时有事", "点错了", "等太久了")
CHANCES = {
    "dine_in": 0.55,
    "claims": 0.35,
    "has_second_thoughts": 0.04,
    "asks_to_cancel": 0.05,
    "rushes": 0.12,
    "adds": 0.25,
    "reviews": 0.4,
}
PAYS = {"wechat": 66, "slow": 14, "cash": 14, "never": 6}


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest's character: ``pays`` is wechat, slow, cash or never; the rest is what they will do."""

    name: str
    pays: str
    knows_the_menu: bool
    dine_in: bool
    claims: bool
    has_second_thoughts: bool
    asks_to_cancel: bool
    rushes: bool
    adds: bool
    reviews: bool


def guest(rng: random.Random, number: int, *, knows_the_menu: bool = False) -> Guest:
    """The guest of this number."""
    moods = {mood: rng.random() < chance for mood, chance in CHANCES.items()}
    [pays] = rng.choices(list(PAYS), list(PAYS.values()))
    return Guest(f"{rng.choice(NAMES)}{number}", pays, knows_the_menu, **moods)


def on_offer(menu: dict[str, Any]) -> list[dict[str, Any]]:
    """The dishes of a menu document that can be had now."""
    dishes = [dish for category in menu["categories"] for dish in category["dishes"]]
    return [dish for dish in dishes if not dish["sold_out"] and dish["remaining"] != 0]


def basket(rng: random.Random, dishes: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """One to ``most`` different dishes, mostly one portion each, with options that their groups allow."""
    chosen = rng.sample(dishes, min(len(dishes), rng.randint(1, most)))
    return [line(rng, dish) for dish in chosen]


def line(rng: random.Random, dish: dict[str, Any]) -> dict[str, Any]:
    """A line of the submit body for a dish of the menu document."""
    quantity = rng.choice((1, 1, 1, 1, 2))
    return {
        "dish": dish["id"],
        "quantity": min(quantity, dish["remaining"] or quantity),
        "options": options(rng, dish["option_groups"]),
        "remark": rng.choice(LINE_REMARKS) if rng.random() < 0.1 else "",
    }


def options(rng: random.Random, groups: Iterable[dict[str, Any]]) -> list[int]:
    """Ids of a choice that every group allows."""
    return [option for group in groups for option in _of_group(rng, group)]


def _of_group(rng: random.Random, group: dict[str, Any]) -> list[int]:
    ids = [option["id"] for option in group["options"]]
    most = min(group["max"], len(ids))
    if not group["required"] and rng.random() < 0.6:
        return []
    # Whoever takes something of a group must take its minimum, which may stand at 0.
    least = min(max(group["min"], 1), most)
    return rng.sample(ids, rng.randint(least, most))


def remark(rng: random.Random) -> str:
    """What a guest writes on the order, mostly nothing."""
    return rng.choice(REMARKS) if rng.random() < 0.2 else ""
