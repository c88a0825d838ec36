"""A thousand buyers, 64 at a time, over HTTP: exactly the hundred portions are sold, no error is ours."""

import asyncio
import json
from collections import Counter

import pytest
from django.db import connection

from ordering.dishes.models import Dish
from ordering.orders.models import Line
from tests import factories, stage
from tests.cast import new_key
from tests.live import LiveServer

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db(transaction=True)]
AT_ONCE, PORTIONS = 64, 100


async def post(reader, writer, token, body):
    """One submit on a kept connection: status and problem code. A client library would cost too much."""
    text = json.dumps(body)
    head = {
        "Host": "127.0.0.1",
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": new_key(),
        "Content-Type": "application/json",
        "Content-Length": len(text),
    }
    lines = ["POST /api/v1/orders/ HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + text).encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(answer.split("content-length: ")[1].split("\r\n")[0])
    return int(answer.split()[1]), json.loads(await reader.readexactly(length)).get("code")


async def rush(ports, tokens, baskets):
    """Everybody submits one basket, 64 at a time; how often which answer came."""
    answers = Counter()
    waiting = iter(list(zip(tokens, baskets, strict=True)))

    async def buyer(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for token, lines in waiting:
            body = {"store": "demo", "kind": "pickup", "lines": lines, "remark": ""}
            answers[await post(reader, writer, token, body)] += 1
        writer.close()

    await asyncio.gather(*(buyer(ports[n % len(ports)]) for n in range(AT_ONCE)))
    return answers


@pytest.mark.parametrize(
    "crowds", [[(200, 1), (160, 3)], pytest.param([(1000, 1), (1000, 3)], marks=pytest.mark.soak)]
)
async def test_exactly_a_hundred(store, crowds):
    """Each crowd is so many buyers, who all want so many dishes."""
    place = {"database_url": stage.own_database(connection)}
    with stage.running(LiveServer("uvicorn", **place), LiveServer("uvicorn", **place)) as servers:
        for buyers, dishes in crowds:
            await sell([server.port for server in servers], store, buyers, dishes)


async def sell(ports, store, buyers, dishes):
    limited, people = await asyncio.to_thread(prepare, store, buyers, dishes)
    # Each basket names the dishes in another order: sorting is the server's business.
    orders = [limited[n % dishes :] + limited[: n % dishes] for n in range(buyers)]
    baskets = [[{"dish": pk, "quantity": 1, "options": []} for pk in order] for order in orders]
    answers = await rush(ports, people, baskets)
    assert answers == {(201, None): PORTIONS, (409, "stock.sold_out"): buyers - PORTIONS}
    counts = await asyncio.to_thread(tally, limited)
    assert counts == ([0] * dishes, PORTIONS, PORTIONS * dishes)


def prepare(store, buyers, dishes):
    try:
        names = [f"限量菜 {number} / {dishes}" for number in range(dishes)]
        limited = [factories.dish(store, name, remaining=PORTIONS).pk for name in names]
        return limited, [factories.person(f"buyer {dishes}-{number}").token for number in range(buyers)]
    finally:
        connection.close()


def tally(limited):
    """What is left of each dish, in how many orders they are, and in how many lines."""
    try:
        left = list(Dish.objects.filter(pk__in=limited).order_by("pk").values_list("remaining", flat=True))
        lines = Line.objects.filter(dish_id__in=limited)
        return left, lines.values("order").distinct().count(), lines.count()
    finally:
        connection.close()
