"""The menu document: its shape, what it leaves out, its cursor and its ETag."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import cursors, eventlog
from hub.transactions import transact
from ordering.dishes import actions, menu
from ordering.dishes.models import Category, TimeWindow

NOON = datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.both
def test_the_document_is_the_contract(store, cook):
    rice = cook("米饭", sort=2)
    meat = cook("红烧肉", groups={"辣度": ["不辣"]}, remaining=57, description="慢", sort=1)
    combo = cook("套餐", parts=[(meat, 1), (rice, 2)], sort=3, remaining=4)
    (group,) = meat.option_groups.all()
    (option,) = group.options.all()
    plain = {"description": "", "price_fen": 1000, "image": None, "sold_out": False, "remaining": None}
    plain |= {
        "thumbnail": None,
        "station": "wok",
        "rating": None,
        "option_groups": [],
        "combo": None,
    }
    parts = [
        {"dish": meat.pk, "name": "红烧肉", "quantity": 1},
        {"dish": rice.pk, "name": "米饭", "quantity": 2},
    ]
    groups = [
        {
            "id": group.pk,
            "name": "辣度",
            "required": True,
            "min": 1,
            "max": 1,
            "options": [{"id": option.pk, "name": "不辣", "price_delta_fen": 0}],
        }
    ]
    document = orjson.loads(menu.document(store).body)
    assert document == {
        "store": {"code": "teahouse", "name": "茶馆", "is_open": True, "notice": ""},
        "cursor": menu.position(store),
        "categories": [
            {
                "id": meat.category_id,
                "name": "热菜",
                "dishes": [
                    {
                        **plain,
                        "id": meat.pk,
                        "name": "红烧肉",
                        "description": "慢",
                        "option_groups": groups,
                    },
                    {**plain, "id": rice.pk, "name": "米饭"},
                    {**plain, "id": combo.pk, "name": "套餐", "remaining": 4, "combo": parts},
                ],
            }
        ],
    }


@pytest.mark.both
def test_the_number_of_queries_is_fixed(store, cook):
    counts = []
    for _ in range(2):
        cook("米饭", groups={"规格": ["大", "小"]})
        with CaptureQueriesContext(connection) as queries:
            menu.document(store)
        counts.append(len(queries))
    assert counts[0] == counts[1] == 7


def test_what_is_not_offered_is_left_out(store, cook, station):
    breakfast = Category.objects.create(store=store, name="早点", sort=1)
    TimeWindow.objects.create(category=breakfast, starts=time(6), ends=time(10))
    cook("小笼包", category=breakfast)
    cook("旧菜", category=Category.objects.create(store=store, name="旧", is_active=False))
    cook("下架", is_active=False)
    cook("米饭")

    def names(at):
        return [(c["name"], [d["name"] for d in c["dishes"]]) for c in menu.content(store, at)["categories"]]

    assert names(NOON) == [("热菜", ["米饭"])]
    assert names(NOON.replace(hour=8)) == [("热菜", ["米饭"]), ("早点", ["小笼包"])]


@pytest.mark.both
def test_cursor_and_etag_follow_every_event(store, cook):
    dish = cook("红烧肉")
    before = menu.document(store)
    assert menu.document(store) == before
    transact(lambda tx: actions.sell_out(tx, dish.pk), actor="system")
    after = menu.document(store)
    assert after.etag != before.etag
    head = eventlog.heads([store.menu_stream])[store.menu_stream]
    assert cursors.read(orjson.loads(after.body)["cursor"]) == (head.epoch, 1, head.tag)
    (category,) = orjson.loads(after.body)["categories"]
    assert category["dishes"][0]["sold_out"] is True
