"""Workbooks for tests: made by openpyxl as people's programs make them, taken apart, and read back."""

import io
import random
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from ordering.dishes.sheets.columns import table_of

TITLES = {
    "分类": ["编号", "名称", "排序", "上架", "供应时段"],
    "菜品": ["编号", "分类", "名称", "档口", "价格(元)", "描述", "每日份数", "上架", "排序"],
    "规格": ["菜品编号", "菜品", "规格组", "必选", "最少", "最多", "选项", "加价(元)", "上架"],
    "套餐": ["套餐编号", "套餐", "菜品编号", "菜品", "数量"],
}
IDS = {"编号", "菜品编号", "套餐编号", "规格组编号", "选项编号"}


def workbook(sheets):
    """The bytes of a workbook: title → rows of values, the first being the titles of the columns."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def menu(**rows):
    """A workbook of the four sheets: ``menu(分类=[…], 菜品=[…])``, rows without their titles."""
    return workbook({title: [TITLES[title], *lines] for title, lines in rows.items()})


def dish(name="红烧肉", price=58, category="热菜", station="wok", **more):
    """A row of the dishes sheet."""
    cells = {"分类": category, "名称": name, "档口": station, "价格(元)": price, **more}
    return [cells.get(title) for title in TITLES["菜品"]]


def values(content, without=()):
    """What a workbook shows: title → rows of values; columns of these titles left out."""
    book = load_workbook(io.BytesIO(content))
    shown = {}
    for sheet in book:
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        keep = [place for place, title in enumerate(rows[0]) if title not in without]
        shown[sheet.title] = [[row[place] for place in keep] for row in rows]
    return shown


def changed(content, sheet, row, column, value):
    """The workbook with one cell changed; ``row`` counts from 1, ``column`` by its title."""
    book = load_workbook(io.BytesIO(content))
    titles = [cell.value for cell in book[sheet][1]]
    book[sheet].cell(row, titles.index(column) + 1).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(content, edit=lambda name, data: data, more=None, packing=ZIP_DEFLATED):
    """The same archive with its members edited (None drops one), and with more of them."""
    out = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as old, ZipFile(out, "w", packing) as new:
        for name in old.namelist():
            data = edit(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
        for name, data in (more or {}).items():
            new.writestr(name, data)
    return out.getvalue()


def send(api, store, content, query="", name="menu.xlsx", **fields):
    """POST the workbook as the import of a store's menu."""
    form = {"file": SimpleUploadedFile(name, content), **fields}
    return api.post(f"/api/v1/stores/{store.code}/menu/import/{query}", form, format="multipart")


def export(api, store):
    """The bytes of a store's workbook."""
    answer = api.get(f"/api/v1/stores/{store.code}/menu/export/")
    assert answer.status_code == 200, answer.content
    return answer.content


def problems(answer):
    """(field, code) of every row of a refused import."""
    assert (answer.status_code, answer.json()["code"]) == (400, "menu.import_invalid"), answer.content
    return [(row["field"], row["code"]) for row in answer.json()["errors"]]


CHAPTERS = {
    "早点": "每天 06:00-10:30", "热菜": None, "凉菜": None, "汤羹": None,
    "主食": "周一至周五 10:30-14:00; 每天 17:00-21:30", "火锅": "周五至周日 17:00-02:00",
    "烧烤": "周五、周日 17:00-02:00", "甜品": None, "饮品": None, "套餐": None,
}  # fmt: skip
HOW = ["红烧", "清蒸", "宫保", "鱼香", "麻辣", "糖醋", "干煸", "蒜蓉", "椒盐", "水煮", "葱爆", "酸菜"]
WHAT = [
    "肉丝",
    "鲈鱼",
    "鸡丁",
    "茄子",
    "豆腐",
    "排骨",
    "四季豆",
    "西兰花",
    "大虾",
    "牛肉",
    "羊肉",
    "土豆丝",
    "木耳",
    "肥肠",
    "鸭块",
    "鱼片",
    "蘑菇",
    "藕片",
    "牛蛙",
    "仔鸡",
    "腊肉",
    "花甲",
    "鱿鱼",
    "肚条",
    "菠菜",
]
SPICE = [("辣度", "是", 1, 1, [("不辣", 0), ("微辣", 0), ("中辣", 0), ("特辣", 0)])]
SIZE = [("规格", "是", 1, 1, [("小份", -6), ("标准", 0), ("大份", 10.5)])]
EXTRAS = [("加料", "否", 0, 3, [("加蛋", 2), ("加肉", 6), ("加香菜🌿", 0)])]
ODD_NAMES = ["-特价-炒饭", "=等号面", "'引号粥", "+1 加一碗", "𠮷野家牛丼🍜", "1573"]


def realistic(dishes=300):
    """The menu of a large restaurant as its manager would type it: title → rows, always the same."""
    chance = random.Random(300)
    names = [f"{how}{what}" for what in WHAT for how in HOW][: dishes - len(ODD_NAMES) - 10]
    names += [f"'{name}" if name[0] in "=-+'" else name for name in ODD_NAMES]
    chapters = [*CHAPTERS]
    rows, options = [], []
    for place, name in enumerate(names):
        price = chance.choice([12, 28.8, 38, 45.5, 58, 0.01, 99.99])
        portions = chance.choice([None, None, None, 20, 0])
        says = {"描述": chance.choice([None, "招牌", "每日现做,\n限量"]), "每日份数": portions}
        says |= {"上架": chance.choice([None, "是", "是", "否"]), "排序": place % 40}
        rows.append(dish(name, price, chapters[place % 9], chance.choice(["wok", "cold", "热炒"]), **says))
        groups = [] if price < 6 else chance.choice([[], SPICE, SPICE + SIZE, EXTRAS, SIZE + EXTRAS])
        options += [
            [None, name, group, required, least, most, option, delta, None]
            for group, required, least, most, choices in groups
            for option, delta in choices
        ]
    combos = [f"套餐{number}" for number in range(1, 11)]
    rows += [dish(name, 88 + place, "套餐", "wok") for place, name in enumerate(combos)]
    items = [
        [None, name, None, part, chance.randint(1, 3)] for name in combos for part in chance.sample(names, 4)
    ]
    titled = {
        "分类": [[None, name, place, "是", hours] for place, (name, hours) in enumerate(CHAPTERS.items())]
    }
    titled |= {"菜品": rows, "规格": options, "套餐": items}
    return {title: [TITLES[title], *lines] for title, lines in titled.items()}


def columns(title):
    """The columns of a sheet, as the product knows them."""
    return table_of(title).columns
