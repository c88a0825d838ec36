"""The demo's menu."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub import eventlog
from ordering.dishes import demo, menu
from ordering.dishes.models import ComboItem, Dish, Option
from ordering.restaurant import demo as restaurant_demo
from ordering.restaurant.models import Store

EVENING = datetime(2026, 3, 2, 20, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.both
@pytest.mark.django_db
def test_the_demo_is_seeded_once():
    eventlog.ensure_epoch()
    restaurant_demo.seed()
    demo.seed()
    counts = [model.objects.count() for model in (Dish, Option, ComboItem)]
    text = demo.seed()
    assert [model.objects.count() for model in (Dish, Option, ComboItem)] == counts
    assert str(counts[0]) in text
    store = Store.objects.get(code="demo")
    always = [d for c in menu.content(store, EVENING)["categories"] for d in c["dishes"]]
    assert len(always) >= 20
    assert {dish["station"] for dish in always} == {"wok", "cold", "bar"}
    assert not any(dish["sold_out"] for dish in always)
    (combo,) = [dish for dish in always if dish["combo"]]
    stations = {dish["station"] for dish in always if dish["id"] in {p["dish"] for p in combo["combo"]}}
    assert stations == {"wok", "cold", "bar"}
    assert Dish.objects.get(name="招牌红烧肉").remaining == 30
