"""A manager takes the menu out of the admin and puts it back: buttons, form, counts, rows that are wrong."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hub.literals import HAN
from hub.models import AuditEntry
from ordering.dishes.models import Category, Dish
from ordering.restaurant.models import Store
from ordering.users.models import User
from tests import factories
from tests.ordering.dishes.sheets import books
from tests.ordering.dishes.sheets.books import dish, menu

pytestmark = pytest.mark.django_db
EXPORT, IMPORT = "/admin/dishes/dish/menu/teahouse/export/", "/admin/dishes/dish/menu/teahouse/import/"
LIST = "/admin/dishes/dish/"


def browser(user):
    client = Client()
    client.force_login(user, "ordering.users.credentials.GuardedBackend")
    return client


@pytest.fixture
def boss():
    return browser(User.objects.create_superuser("boss", "secret"))


@pytest.fixture
def hot(store):
    return Category.objects.create(store=store, name="热菜")


def insider(name, store, role):
    """Somebody of this role who may log in to the admin."""
    user = factories.staff(name, store, role).user
    User.objects.filter(pk=user.pk).update(is_staff=True)
    return browser(user)


def upload(client, content, **fields):
    return client.post(IMPORT, {"file": SimpleUploadedFile("menu.xlsx", content), **fields})


def counted(answer):
    return {row["kind"]: tuple(row[word] for word in ("created", "updated", "unchanged", "removed"))
            for row in answer.context["counts"]}  # fmt: skip


@pytest.mark.both
def test_the_walk_out_checked_and_back(boss, store, cook, events):
    meat = cook("红烧肉", price_fen=5800)
    for page in (LIST, f"/admin/restaurant/store/{store.pk}/change/"):
        shown = boss.get(page).content.decode()
        assert EXPORT in shown and IMPORT in shown and "导出菜单 (XLSX)" in shown
    out = boss.get(EXPORT)
    assert out["Content-Disposition"] == 'attachment; filename="menu-teahouse.xlsx"'
    content = books.changed(out.content, "菜品", 2, "价格(元)", 66)

    assert 'type="file"' in boss.get(IMPORT).content.decode()
    checked = upload(boss, content, dry_run="on")
    assert (checked.status_code, counted(checked)["菜品"]) == (200, (0, 1, 0, 0))
    assert "检查通过,没有导入。" in checked.content.decode()
    meat.refresh_from_db()
    assert (meat.price_fen, events(), AuditEntry.objects.count()) == (5800, [], 0)

    done = upload(boss, content)
    assert counted(done) == {
        "分类": (0, 0, 1, 0), "菜品": (0, 1, 0, 0), "规格组": (0, 0, 0, 0), "套餐": (0, 0, 0, 0),
    }  # fmt: skip
    assert "已导入。" in done.content.decode()
    meat.refresh_from_db()
    assert (meat.price_fen, events()) == (6600, [("menu.changed", store.menu_stream, 1, {})])
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.store, entry.role) == ("admin.menu.import", "teahouse", "superuser")
    assert entry.actor == f"staff:{User.objects.get(username='boss').uid}"


def test_every_wrong_row_is_told_and_nothing_is_done(boss, store, hot, events):
    content = menu(菜品=[dish(price=-1), dish("鲈鱼", station="sushi"), dish("汤")])
    answer = upload(boss, content)
    assert answer.status_code == 400
    places = [(row["sheet"], row["row"], row["column"]) for row in answer.context["rows"]]
    assert places == [("菜品", "2", "价格(元)"), ("菜品", "3", "档口")]
    shown = answer.content.decode()
    assert "<td>菜品</td><td>2</td><td>价格(元)</td>" in shown and "没有导入任何内容" in shown
    assert (Dish.objects.count(), events(), AuditEntry.objects.count()) == (0, [], 0)
    said = books.problems(books.send(factories.staff("ma", store, "manager").api, store, content))
    assert said == [("dishes.row2.price", "out_of_range"), ("dishes.row3.station", "does_not_exist")]


@pytest.mark.parametrize("content", [b"", b"PK", "不是表格".encode()])
def test_what_is_no_workbook_is_refused(boss, store, content):
    answer = upload(boss, content)
    assert (answer.status_code, [row["sheet"] for row in answer.context["rows"]]) == (400, ["file"])


def test_too_large_a_file_and_none_at_all(boss, store, settings):
    settings.UPLOAD_LIMIT = 1000
    large = upload(boss, b"x" * 1001)
    assert (large.status_code, large.context["refusal"]) == (413, "文件不能超过 5 MB")
    nothing = boss.post(IMPORT, {})
    assert (nothing.status_code, list(nothing.context["form"].errors)) == (200, ["file"])


def test_it_is_the_store_managers_and_nobody_elses(store, hot):
    river = factories.store("river", name="河畔小馆")
    callers = {
        "ma": (insider("ma", store, "manager"), 200),
        "fang": (insider("fang", store, "counter"), 403),
        "wang": (insider("wang", river, "manager"), 403),
        "zhao": (browser(factories.person("zhao").user), 302),  # to the log-in: no staff
    }
    for name, (client, status) in callers.items():
        assert client.get(EXPORT).status_code == client.get(IMPORT).status_code == status, name
        assert upload(client, menu(菜品=[dish(name)])).status_code == status, name
    assert list(Dish.objects.values_list("name", flat=True)) == ["ma"]
    assert AuditEntry.objects.get().role == "manager"
    assert callers["ma"][0].get(IMPORT.replace("teahouse", "nowhere")).status_code == 404


def test_a_form_from_elsewhere_is_refused(store, hot):
    client = Client(enforce_csrf_checks=True)
    client.force_login(
        User.objects.create_superuser("boss", "secret"), "ordering.users.credentials.GuardedBackend"
    )
    assert upload(client, menu(菜品=[dish()])).status_code == 403
    assert Dish.objects.count() == 0


def test_among_several_stores_the_list_says_whose_menu(boss, store):
    factories.store("river", name="河畔小馆")
    assert "menu/" not in boss.get(LIST).content.decode()
    one = boss.get(f"{LIST}?store__id__exact={Store.objects.get(code='river').pk}").content.decode()
    assert "menu/river/import/" in one and "menu/teahouse/" not in one
    assert boss.get(f"{LIST}?store__id__exact=x", follow=True).status_code == 200


def test_the_page_is_english_too(boss, store, hot):
    answer = boss.post(
        IMPORT,
        {"file": io.BytesIO(menu(菜品=[dish(price=-1), dish("汤")]))},
        HTTP_ACCEPT_LANGUAGE="en",
    )
    [row] = answer.context["rows"]
    assert (row["sheet"], row["row"], row["column"]) == ("dishes", "2", "price")
    fine = boss.post(IMPORT, {"file": io.BytesIO(menu(分类=[]))}, HTTP_ACCEPT_LANGUAGE="en")
    for shown in (answer, fine):
        assert HAN.findall(shown.content.decode().replace("茶馆", "")) == []
