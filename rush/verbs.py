"""What people do, one verb each, in the words of a recording; the same table serves simulation and replay.

A verb takes the house, a person's phone and what the recording tells (names and aliases, never ids); it
answers what the recording keeps besides. All of them block.
"""

import time
import uuid
from collections.abc import Callable
from typing import Any

from rush.house import House
from rush.phone import Phone

Verb = Callable[..., dict[str, Any] | None]
PAID_WITHIN = 10.0
AWAITED = 0.2


def submit(
    house: House,
    phone: Phone,
    *,
    order: str,
    kind: str,
    table: str | None,
    lines: list[Any],
    coupon: str | None,
    remark: str,
) -> dict[str, Any]:
    """Order: ``order`` will be its alias; ``table`` is a code, ``coupon`` the name of its plan."""
    body = {
        "store": house.store,
        "kind": kind,
        "table_token": house.table(table)["table_token"] if table else None,
        "lines": [house.wanted(line) for line in lines],
        "coupon": _coupon(house, phone, coupon),
        "remark": remark,
    }
    made = house.add(order, phone.post("/orders/", body, key=True))
    return {"total_fen": made.body["total_fen"]}


def _coupon(house: House, phone: Phone, name: str | None) -> int | None:
    if name is None:
        return None
    mine = phone.get("/me/coupons/", store=house.store, state="claimed")["results"]
    return next((coupon["id"] for coupon in mine if coupon["plan"]["name"] == name), None)


def claim(house: House, phone: Phone, *, plan: str) -> None:
    """Claim a coupon of the plan of this name."""
    offered = phone.get("/coupons/", store=house.store)["results"]
    found = next((row["id"] for row in offered if row["name"] == plan), None)
    if found is not None:
        phone.post(f"/coupons/{found}/claim/", key=True)


def batches(house: House, phone: Phone, *, order: str, lines: list[Any]) -> dict[str, Any]:
    """加菜."""
    ours = house.order(order)
    body = {"lines": [house.wanted(line) for line in lines]}
    ours.learn(phone.post(f"/orders/{ours.no}/batches/", body, key=True))
    return {"total_fen": ours.body["total_fen"]}


def pay(house: House, phone: Phone, *, order: str, channel: str) -> None:
    """Pay what is due: ``cash`` at the counter, ``wechat`` by the sandbox's cashier until it is booked."""
    ours = house.order(order)
    if channel == "cash":
        phone.post(f"/orders/{ours.no}/pay/", {"channel": "cash"}, key=True)
        return
    params = phone.post(f"/orders/{ours.no}/pay/", {"channel": "wechat_jsapi"}, key=True)["params"]
    prepay = params["package"].removeprefix("prepay_id=")
    phone.pay_at(f"{house.cashier}/cashier/{prepay}/pay/")
    until = time.monotonic() + PAID_WITHIN
    while time.monotonic() < until:
        ours.learn(phone.get(f"/orders/{ours.no}/"))
        if ours.body["due_fen"] == 0:
            return
        phone.post(f"/orders/{ours.no}/payment/sync/")
        time.sleep(AWAITED)


def move(name: str) -> Verb:
    """A move of an order as its address names it."""

    def go(house: House, phone: Phone, *, order: str, **said: Any) -> None:
        ours = house.order(order)
        ours.learn(phone.post(f"/orders/{ours.no}/{name}/", {"op_id": str(uuid.uuid4()), **said}))

    return go


def tap(name: str) -> Verb:
    """A tap on a line; ``line`` counts the order's lines from 0."""

    def go(house: House, phone: Phone, *, order: str, line: int) -> None:
        ours = house.order(order)
        pk = ours.lines[line]
        ours.learn(phone.post(f"/kitchen/lines/{pk}/{name}/", {"op_id": str(uuid.uuid4())}))

    return go


def dish(name: str) -> Verb:
    """估清, or its end."""

    def go(house: House, phone: Phone, *, dish: str) -> None:
        phone.post(f"/dishes/{house.dish(dish)['id']}/{name}/")

    return go


def at_table(name: str) -> Verb:
    """What the counter does with a table."""

    def go(house: House, phone: Phone, *, table: str) -> None:
        phone.post(f"/tables/{house.table(table)['id']}/{name}/")

    return go


def sit(house: House, phone: Phone, *, table: str) -> None:
    """Scan the code on the table."""
    phone.get("/tables/resolve/", token=house.table(table)["table_token"])


def review(house: House, phone: Phone, *, order: str, rating: int, text: str) -> None:
    """Say what it was like."""
    phone.post("/reviews/", {"order": house.order(order).no, "rating": rating, "text": text})


MOVES = ("accept", "reject", "cancel", "request-cancel", "request-cancel/approve", "request-cancel/refuse")
# Whoever still got the dish had ordered before the 估清 was over; everything else counts from its beginning.
AT_THE_END = frozenset({"sell-out"})
VERBS: dict[str, Verb] = {
    "sit": sit,
    "claim": claim,
    "submit": submit,
    "batches": batches,
    "pay": pay,
    "review": review,
    **{name: move(name) for name in (*MOVES, "rush", "rush/answer", "complete")},
    **{name: tap(name) for name in ("start", "ready", "recall", "serve")},
    **{name: dish(name) for name in ("sell-out", "restore")},
    **{name: at_table(name) for name in ("open", "settle", "close")},
}
