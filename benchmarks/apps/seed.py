"""`python -m benchmarks.apps.seed`: fill the demo's menu up to 100 dishes with options."""

from __future__ import annotations

import django

django.setup()

from ordering.dishes.models import Dish, Option, OptionGroup  # noqa: E402  (after the settings)

DISHES = 100


def fill() -> None:
    """Copies of the demo's dishes, with other names."""
    # Categories without time windows, so that the menu is the same at every hour.
    always = Dish.objects.filter(store__code="demo", category__windows=None, is_active=True)
    model = always.select_related("store", "category", "station")[0]
    wanted = DISHES - always.count()
    for number in range(1, wanted + 1):
        dish = Dish.objects.create(
            store=model.store,
            category=model.category,
            station=model.station,
            name=f"家常小炒 {number}",
            description="现点现炒,可选辣度",
            price_fen=1800 + number,
            sort=1000 + number,
        )
        group = OptionGroup.objects.create(dish=dish, name="辣度", required=True, min=1, max=1)
        Option.objects.bulk_create(
            Option(group=group, name=name, sort=i) for i, name in enumerate(("不辣", "微辣", "特辣"))
        )


if __name__ == "__main__":
    fill()
