"""What a workbook changes, what it leaves alone, and every kind of mistake in a row."""

import pytest

from ordering.dishes.models import Category, Dish, OptionGroup
from ordering.dishes.sheets import hours
from tests import factories
from tests.ordering.dishes.sheets import books
from tests.ordering.dishes.sheets.books import dish, menu, problems, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def hot(store):
    """The category 热菜."""
    return Category.objects.create(store=store, name="热菜")


def counts(answer, kind):
    assert answer.status_code == 200, answer.content
    return tuple(answer.json()[kind][word] for word in ("created", "updated", "unchanged", "removed"))


@pytest.mark.both
def test_one_change_is_told_once_and_only_it_is_written(ma, store, cook, events):
    meat, fish = cook("红烧肉", price_fen=5800, remaining=3, daily_portions=9), cook("鲈鱼")
    Dish.objects.filter(pk=meat.pk).update(version=7, sold_out=True)
    out = books.changed(books.export(ma.api, store), "菜品", 2, "价格(元)", 66.5)
    assert counts(send(ma.api, store, out), "dishes") == (0, 1, 1, 0)
    meat.refresh_from_db()
    assert (meat.price_fen, meat.remaining, meat.version, meat.sold_out) == (6650, 3, 7, True)
    assert meat.refilled_on is None
    assert events() == [("menu.changed", store.menu_stream, 1, {})]
    out = books.changed(out, "菜品", 3, "每日份数", 20)
    assert counts(send(ma.api, store, out), "dishes") == (0, 1, 1, 0)
    fish.refresh_from_db()
    assert (fish.daily_portions, fish.remaining, fish.refilled_on is not None) == (20, None, True)


def test_new_dishes_bring_their_rows(ma, store, hot, events):
    answer = send(ma.api, store, menu(菜品=[dish(每日份数=8), dish("鲈鱼")]))
    assert counts(answer, "dishes") == (2, 0, 0, 0)
    meat, fish = Dish.objects.order_by("pk")
    assert (meat.remaining, meat.refilled_on is not None, fish.remaining) == (8, True, None)
    assert [event[:2] for event in events()] == [
        ("menu.changed", store.menu_stream),
        ("dish.restored", meat.key),
        ("dish.restored", fish.key),
    ]


def test_a_check_alone_writes_nothing(ma, store, hot, events):
    content = menu(菜品=[dish(), dish("鲈鱼")])
    for query, fields in (("?dry_run=1", {}), ("", {"dry_run": "true"})):
        answer = send(ma.api, store, content, query, **fields)
        assert (answer.json()["dry_run"], counts(answer, "dishes")) == (True, (2, 0, 0, 0))
    assert (Dish.objects.count(), events()) == (0, [])
    wrong = send(ma.api, store, menu(菜品=[dish(price=-1)]), "?dry_run=1")
    assert problems(wrong) == [("dishes.row2.price", "out_of_range")]
    assert send(ma.api, store, content, "?dry_run=maybe").json()["code"] == "body.invalid"


def test_what_the_sheet_does_not_name_stays(ma, store, cook):
    meat = cook("红烧肉", groups={"辣度": ["不辣"]})
    fish = cook("鲈鱼", groups={"规格": ["大"]})
    cook("双拼", parts=[(meat, 1)])
    answer = send(ma.api, store, menu(菜品=[dish("红烧肉", 10, 上架="否")]))
    assert counts(answer, "dishes") == (0, 1, 0, 0)
    assert [d.is_active for d in Dish.objects.order_by("pk")] == [False, True, True]
    assert OptionGroup.objects.count() == 2 and fish.option_groups.count() == 1
    options = [[None, "红烧肉", "辣度", "是", 1, 1, name, 0, None] for name in ("不辣", "特辣")]
    options.append([meat.pk, "随便什么名字", "加料", None, None, None, "蛋", 2, None])
    before = meat.option_groups.get().options.get().pk
    answer = send(ma.api, store, menu(规格=options))
    assert counts(answer, "option_groups") == (1, 1, 0, 0)
    assert (Dish.objects.get(pk=meat.pk).name, fish.option_groups.count()) == ("红烧肉", 1)
    assert [group.name for group in meat.option_groups.all()] == ["辣度", "加料"]
    assert meat.option_groups.first().options.first().pk == before, "an option of the same name stays"
    answer = send(ma.api, store, menu(规格=options[:1]))
    assert counts(answer, "option_groups") == (0, 1, 0, 1)


def test_ids_rename_and_another_stores_ids_are_nobodys(ma, store, cook, other_store):
    meat, foreign = cook("红烧肉"), factories.dish(other_store, "烤鸭")
    rows = [dish("东坡肉", 10, 编号=meat.pk), dish("烤鸭", 99, 编号=foreign.pk)]
    rows = [[row_id, *row[1:]] for row_id, row in zip((meat.pk, foreign.pk), rows, strict=True)]
    assert counts(send(ma.api, store, menu(菜品=rows)), "dishes") == (1, 1, 0, 0)
    assert Dish.objects.get(pk=meat.pk).name == "东坡肉"
    foreign.refresh_from_db()
    assert (foreign.price_fen, foreign.store_id) == (3800, other_store.pk)
    assert Dish.objects.get(store=store, name="烤鸭").price_fen == 9900


def test_a_renamed_category_takes_its_dishes_along(ma, store, cook):
    meat = cook("红烧肉")
    out = books.changed(books.export(ma.api, store), "分类", 2, "名称", "热炒")
    assert problems(send(ma.api, store, out)) == [("dishes.row2.category", "does_not_exist")]
    out = books.changed(out, "菜品", 2, "分类", "热炒")
    answer = send(ma.api, store, out)
    assert (counts(answer, "categories"), counts(answer, "dishes")) == ((0, 1, 0, 0), (0, 0, 1, 0))
    meat.refresh_from_db()
    assert meat.category.name == "热炒"


def test_of_dishes_of_one_name_the_one_on_the_menu_is_meant(ma, store, cook):
    cook("牛肉面", is_active=False)
    here = cook("牛肉面")
    assert counts(send(ma.api, store, menu(菜品=[dish("牛肉面", 30)])), "dishes") == (0, 1, 0, 0)
    here.refresh_from_db()
    assert here.price_fen == 3000
    cook("牛肉面")
    assert problems(send(ma.api, store, menu(菜品=[dish("牛肉面", 31)]))) == [
        ("dishes.row2.name", "ambiguous")
    ]


def test_english_titles_and_missing_columns(ma, store, hot):
    sheets = {
        "Dishes": [["Category", "name", "Station", "PRICE"], ["热菜", "fish", "热炒", "38.5"]],
        "notes": [["anything"]],
        "Sheet4": [],
    }
    assert counts(send(ma.api, store, books.workbook(sheets)), "dishes") == (1, 0, 0, 0)
    made = Dish.objects.get()
    assert (made.name, made.price_fen, made.station.code, made.is_active) == ("fish", 3850, "wok", True)
    Dish.objects.update(description="好", sort=4)
    assert counts(send(ma.api, store, books.workbook(sheets)), "dishes") == (0, 0, 1, 0)


CELLS = [
    ("价格(元)", 0.001, "below_one_fen"),
    ("价格(元)", -1, "out_of_range"),
    ("价格(元)", 1e300, "out_of_range"),
    ("价格(元)", 100_001, "out_of_range"),
    ("价格(元)", "很贵", "invalid"),
    ("价格(元)", "NaN", "invalid"),
    ("价格(元)", True, "invalid"),
    ("价格(元)", None, "required"),
    ("价格(元)", "=1+1", "formula"),
    ("名称", "=cmd|' /C calc'!A0", "formula"),
    ("名称", "  ", "required"),
    ("名称", "菜" * 65, "max_length"),
    ("名称", "菜" * 40_000, "max_length"),
    ("名称", 1.5, "invalid"),
    ("名称", True, "invalid"),
    ("描述", "好" * 201, "max_length"),
    ("分类", "甜品", "does_not_exist"),
    ("档口", "grill", "does_not_exist"),
    ("每日份数", 1.5, "invalid"),
    ("每日份数", -1, "min_value"),
    ("每日份数", 10**9, "max_value"),
    ("排序", "第一", "invalid"),
    ("排序", 99_999, "max_value"),
    ("上架", "也许", "invalid"),
    ("编号", "甲", "invalid"),
    ("编号", 0, "min_value"),
]


def test_every_wrong_cell_is_told_at_once(ma, store, hot, events):
    """One row for each mistake, all in one answer; the right rows among them are not taken either."""
    names = {column.title: column.name for column in books.columns("菜品")}
    rows = [dish("好菜")]
    for number, (title, value, _) in enumerate(CELLS):
        row = dish(f"菜{number}")
        row[books.TITLES["菜品"].index(title)] = value
        rows.append(row)
    answer = send(ma.api, store, menu(菜品=rows))
    expected = [(f"dishes.row{n + 3}.{names[title]}", code) for n, (title, _, code) in enumerate(CELLS)]
    assert sorted(problems(answer)) == sorted(expected)
    assert answer.json()["error_count"] == len(CELLS)
    assert (Dish.objects.count(), events()) == (0, [])


def test_rows_that_contradict_each_other(ma, store, cook):
    meat = cook("红烧肉", price_fen=500)
    combo = cook("双拼", parts=[(meat, 1)])
    dishes = [dish("鲈鱼"), dish("鲈鱼"), dish("米饭", 2), dish("大套餐", 50), dish("坏菜", "贵")]
    options = [
        [None, "红烧肉", "规格", "是", 1, 1, "小份", -6, None],
        [None, "红烧肉", "规格", "否", 1, 1, "小份", 0, None],
        [None, "米饭", "加料", "否", 3, 2, "蛋", 1, None],
        [None, "坏菜", "加料", "否", 0, 1, "蛋", 1, None],
        [None, "没有的菜", "加料", "否", 0, 1, "蛋", 1, None],
        [None, "鲈鱼", "空组", "否", 0, 1, None, 1, None],
    ]
    combos = [
        [None, "大套餐", None, "米饭", 2],
        [None, "大套餐", None, "米饭", 1],
        [None, "大套餐", None, "双拼", 1],
        [None, "大套餐", None, "大套餐", 1],
        [None, "红烧肉", None, "米饭", 100],
    ]
    answer = send(ma.api, store, menu(菜品=dishes, 规格=options, 套餐=combos))
    assert sorted(problems(answer)) == sorted(
        [
            ("dishes.row3.name", "repeated"),
            ("dishes.row6.price", "invalid"),
            ("options.row3.required", "conflict"),
            ("options.row3.option", "repeated"),
            ("options.row2.price_delta", "below_zero"),
            ("options.row4.min", "above_max"),
            ("options.row4.max", "above_options"),
            ("options.row6.dish", "does_not_exist"),
            ("options.row7.option", "required"),
            ("options.row7.max", "above_options"),
            ("combos.row3.dish", "repeated"),
            ("combos.row4.dish", "is_combo"),
            ("combos.row5.dish", "is_combo"),
            ("combos.row6.quantity", "max_value"),
            ("combos.row6.combo", "in_combo"),
        ]
    )
    assert combo.combo_items.count() == 1 and Dish.objects.count() == 2


def test_a_combo_inside_a_combo_by_way_of_the_store(ma, store, cook):
    meat, rice = cook("红烧肉"), cook("米饭")
    cook("双拼", parts=[(meat, 1)])
    inner = send(ma.api, store, menu(套餐=[[None, "红烧肉", None, "米饭", 1]]))
    assert problems(inner) == [("combos.row2.combo", "in_combo")]
    circle = [[None, "红烧肉", None, "米饭", 1], [None, "米饭", None, "红烧肉", 1]]
    assert [code for _, code in problems(send(ma.api, store, menu(套餐=circle)))].count("is_combo") == 2
    assert not rice.combo_items.exists()


def test_a_price_has_to_bear_the_options_that_stay(ma, store, cook):
    meat = cook("红烧肉")
    factories.group(meat, "规格", {"小份": -600, "大份": 0}, required=True, min=1, max=1)
    answer = send(ma.api, store, menu(菜品=[dish("红烧肉", 5.99)]))
    assert problems(answer) == [("dishes.row2.price", "below_zero")]
    assert counts(send(ma.api, store, menu(菜品=[dish("红烧肉", 6)])), "dishes") == (0, 1, 0, 0)


def test_too_many_mistakes_are_counted(ma, store):
    answer = send(ma.api, store, menu(菜品=[dish(f"菜{n}", -1) for n in range(300)]))
    body = answer.json()
    assert (len(body["errors"]), body["error_count"]) == (200, 600), "neither price nor category"


def test_only_its_managers(ma, fang, wang, lin, store, anonymous, other_store, hot):
    """Rights first: a cook learns nothing of what is wrong with the file."""
    wu = factories.staff("wu", other_store, "manager")
    for api, status in ((fang.api, 403), (wang.api, 403), (lin.api, 403), (wu.api, 403), (anonymous, 401)):
        assert send(api, store, b"nonsense").status_code == status
        assert api.get(f"/api/v1/stores/{store.code}/menu/export/").status_code == status
    answer = ma.api.get(f"/api/v1/stores/{store.code}/menu/export/", HTTP_ACCEPT="text/html")
    assert answer["Content-Disposition"] == 'attachment; filename="menu-teahouse.xlsx"'
    assert ma.api.get("/api/v1/stores/nowhere/menu/export/").status_code == 404


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("06:00-10:30", "每天 06:00-10:30"),
        ("周一,周三，周二 6:00 — 9:05", "周一至周三 06:00-09:05"),
        ("周六至周一 22:00~02:00；每天11:00-13:00", None),
        ("周六至周一 22:00~02:00；每天 11:00-13:00", "周一、周六、周日 22:00-02:00; 每天 11:00-13:00"),
        ("Mon-Fri 11:00:30-13:00\n7 10:00-11:00", "周一至周五 11:00:30-13:00; 周日 10:00-11:00"),
        ("星期天 00:00-00:00", "周日 00:00-00:00"),
        ("周八 10:00-11:00", None),
        ("25:00-26:00", None),
        ("10:00", None),
        ("、 10:00-11:00", None),
        ("x" * 5000, None),
        (0.25, None),
    ],
)
def test_time_windows(ma, store, text, canonical):
    answer = send(ma.api, store, menu(分类=[[None, "早点", 1, "是", text]]))
    if canonical is None:
        assert problems(answer) == [("categories.row2.windows", "invalid")]
        return
    assert counts(answer, "categories") == (1, 0, 0, 0)
    assert books.values(books.export(ma.api, store))["分类"][1][4] == canonical
    assert hours.write(hours.read("")) == ""
