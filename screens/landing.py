"""The newcomer's page: every screen of every store with its address, and who opens it in the demo."""

from typing import NamedTuple

import segno
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ordering.restaurant import tokens
from ordering.restaurant.models import Store


class Door(NamedTuple):
    """A way in: the page's kind and sign, its name, what happens there, the demo's person for it."""

    screen: str
    icon: str
    name: Promise
    what: Promise
    user: str


PICKUP = Door("diner", "bag", _("自取点餐"), _("自己点、自己付，看着每道菜做好。"), "lin")
AT_TABLE = Door("diner", "table", _("扫码点餐"), _("坐在桌边扫码，几个人一起点。"), "mei")
STAFF = (
    Door("counter", "bell", _("前台"), _("新单提醒、收款、退款、桌台、估清。"), "counter"),
    Door("kitchen", "fire", _("后厨"), _("一张单一张卡，点一下就出品。"), "kitchen"),
    Door("board", "volume", _("叫号屏"), _("制作中和请取餐，大字，会叫号。"), "counter"),
)


def entrances(request: HttpRequest, store: Store) -> dict[str, object]:
    """``{"store", "doors": [{…Door, "path", "url", "qr", "place"}]}``; the place is a table or the path."""
    doors = [_door(request, PICKUP, reverse("diner", args=[store.code]))]
    if table := store.tables.first():
        doors.append(_door(request, AT_TABLE, reverse("table", args=[tokens.write(table)]), table.name))
    doors += [_door(request, door, reverse(door.screen)) for door in STAFF]
    return {"store": store, "doors": doors}


def _door(request: HttpRequest, door: Door, path: str, place: str = "") -> dict[str, object]:
    url = request.build_absolute_uri(path)
    qr = segno.make(url).svg_data_uri(scale=3, border=2)
    return {**door._asdict(), "path": path, "url": url, "qr": qr, "place": place or path}
