"""Edits in the admin are told to open menus, in the transaction that makes them."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from ordering.dishes import admin as admin_module
from ordering.dishes.models import Dish, OptionGroup
from ordering.restaurant.models import Station
from ordering.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss", "secret"))
    return client


def inlines(*prefixes):
    return {f"{p}-{n}_FORMS": 0 for p in prefixes for n in ("TOTAL", "INITIAL")}


def form(dish, **changes):
    fields = {"category": dish.category_id, "station": dish.station_id, "name": dish.name, "sort": 0}
    fields |= {"price_fen": dish.price_fen, "description": "", "is_active": "on", "store": dish.store_id}
    return {**fields, **inlines("option_groups", "combo_items"), **changes}


@pytest.mark.both
def test_an_edit_records_that_the_menu_changed(boss, store, cook, events):
    dish = cook("红烧肉")
    answer = boss.post(f"/admin/dishes/dish/{dish.pk}/change/", form(dish, name="招牌红烧肉"))
    assert answer.status_code == 302
    assert Dish.objects.get().name == "招牌红烧肉"
    assert events() == [("menu.changed", store.menu_stream, 1, {})]


def test_a_form_with_errors_changes_and_tells_nothing(boss, cook, events):
    dish = cook("红烧肉")
    answer = boss.post(f"/admin/dishes/dish/{dish.pk}/change/", form(dish, name=""))
    assert (answer.status_code, Dish.objects.get().name, events()) == (200, "红烧肉", [])


def test_availability_is_not_the_admins(boss, cook, events):
    dish = cook("红烧肉", remaining=5)
    changes = {"remaining": 99, "sold_out": "on"}
    assert boss.post(f"/admin/dishes/dish/{dish.pk}/change/", form(dish, **changes)).status_code == 302
    assert Dish.objects.values_list("remaining", "sold_out").get() == (5, False)


def test_a_new_dish_brings_its_row(boss, store, cook, events):
    known = cook("红烧肉")
    answer = boss.post("/admin/dishes/dish/add/", form(known, name="鲈鱼", remaining=3))
    assert answer.status_code == 302
    fish = Dish.objects.get(name="鲈鱼")
    assert events() == [
        ("menu.changed", store.menu_stream, 1, {}),
        ("dish.restored", fish.key, 1, {"dish": fish.pk, "sold_out": False, "remaining": 3}),
    ]


def test_categories_and_option_groups_are_told_too(boss, category, cook, events):
    dish = cook("红烧肉", groups={"辣度": ["不辣"]})
    group = OptionGroup.objects.get(dish=dish)
    fields = {"name": "热炒", "store": category.store_id, "sort": 1, **inlines("windows")}
    assert boss.post(f"/admin/dishes/category/{category.pk}/change/", fields).status_code == 302
    fields = {"name": "辣", "dish": dish.pk, "min": 0, "max": 1, "sort": 0, **inlines("options")}
    assert boss.post(f"/admin/dishes/optiongroup/{group.pk}/change/", fields).status_code == 302
    assert [kind for kind, *_ in events()] == ["menu.changed"] * 2


@pytest.mark.parametrize("page", ["category", "dish", "optiongroup"])
def test_every_page_answers_and_nothing_can_be_deleted(boss, cook, page):
    dish = cook("红烧肉", groups={"辣度": ["不辣"]})
    pk = {"category": dish.category_id, "dish": dish.pk}.get(page) or OptionGroup.objects.get().pk
    for address in ("", "add/", f"{pk}/change/"):
        assert boss.get(f"/admin/dishes/{page}/{address}").status_code == 200
    assert boss.post(f"/admin/dishes/{page}/{pk}/delete/", {"post": "yes"}).status_code == 403


def test_prices_are_yuan(boss, cook):
    dish = cook("红烧肉", price_fen=1234, groups={"辣度": ["不辣"]})
    page = boss.get(f"/admin/dishes/dish/{dish.pk}/change/").content.decode()
    assert 'name="price_fen" value="12.34"' in page
    assert "12.34" in boss.get("/admin/dishes/dish/").content.decode()
    address = f"/admin/dishes/dish/{dish.pk}/change/"
    for wrong in ("0.001", "-1", "100000.01", "x", "NaN", ""):
        assert boss.post(address, form(dish, price_fen=wrong)).status_code == 200
    assert boss.post(address, form(dish, price_fen="56.78")).status_code == 302
    assert Dish.objects.get().price_fen == 5678


def test_an_edit_writes_only_what_it_changed(boss, cook, monkeypatch):
    """Stock sold while a form is being saved stays sold."""
    dish = cook("红烧肉", remaining=5)
    touch = admin_module.touch_menu

    def sell_meanwhile(tx, store):
        touch(tx, store)
        Dish.objects.filter(pk=dish.pk).update(remaining=3, version=7)

    monkeypatch.setattr(admin_module, "touch_menu", sell_meanwhile)
    address = f"/admin/dishes/dish/{dish.pk}/change/"
    assert boss.post(address, form(dish, name="东坡肉", price_fen="10")).status_code == 302
    assert Dish.objects.values_list("name", "remaining", "version").get() == ("东坡肉", 3, 7)


def test_daily_portions_in_the_admin(boss, cook):
    known = cook("红烧肉")
    answer = boss.post("/admin/dishes/dish/add/", form(known, name="鲈鱼", price_fen="68", daily_portions=9))
    assert answer.status_code == 302
    fish = Dish.objects.get(name="鲈鱼")
    assert (fish.remaining, fish.daily_portions, fish.refilled_on is not None) == (9, 9, True)


def test_the_api_rules_hold_in_the_admin(boss, cook):
    meat, rice = cook("红烧肉"), cook("米饭")
    combo = cook("套餐", parts=[(meat, 1)])
    items = {"combo_items-TOTAL_FORMS": 1, "combo_items-0-dish": combo.pk, "combo_items-0-quantity": 1}
    answer = boss.post(f"/admin/dishes/dish/{rice.pk}/change/", form(rice, price_fen="2", **items))
    assert (answer.status_code, "套餐不能包含套餐" in answer.content.decode()) == (200, True)
    group = OptionGroup.objects.create(dish=rice, name="辣度")
    fields = {"name": "辣", "dish": rice.pk, "min": 0, "max": 2, "sort": 0, **inlines("options")}
    fields |= {"options-TOTAL_FORMS": 1, "options-0-name": "不辣", "options-0-price_delta_fen": "-0.50"}
    fields |= {"options-0-is_active": "on", "options-0-sort": 0}
    address = f"/admin/dishes/optiongroup/{group.pk}/change/"
    assert "最多不能超过选项数量" in boss.post(address, fields).content.decode()
    assert boss.post(address, {**fields, "max": 1}).status_code == 302
    assert group.options.get().price_delta_fen == -50


def test_a_picture_is_written_anew(boss, cook, settings, tmp_path, events):
    settings.MEDIA_ROOT = tmp_path
    dish, out = cook("红烧肉"), io.BytesIO()
    Image.new("RGB", (50, 40)).save(out, "PNG")
    address = f"/admin/dishes/dish/{dish.pk}/change/"

    def send(content):
        file = SimpleUploadedFile("x.html", content, content_type="text/html")
        return boss.post(address, form(dish, price_fen="10", picture=file))

    assert "静态图片" in send(b"<svg/>").content.decode()
    assert send(out.getvalue()).status_code == 302
    assert sorted(path.suffix for path in tmp_path.rglob("*") if path.is_file()) == [".webp"] * 2
    assert boss.post(address, form(dish, price_fen="10", drop_picture="on")).status_code == 302
    assert not Dish.objects.get().image


def test_the_list_is_searched_and_filtered(boss, store, cook):
    meat, fish = cook("红烧肉", description="肥而不腻"), cook("鲈鱼", sold_out=True, is_active=False)
    bar = Station.objects.create(store=store, code="bar", name="吧台")

    def found(**query):
        return [dish.pk for dish in boss.get("/admin/dishes/dish/", query).context["cl"].queryset]

    assert found(q="肥而") == found(sold_out__exact=0) == found(is_active__exact=1, q="红烧") == [meat.pk]
    assert found(sold_out__exact=1, is_active__exact=0) == [fish.pk]
    assert set(found(category__id__exact=meat.category_id, station__id__exact=meat.station_id)) == {
        meat.pk,
        fish.pk,
    }
    assert found(station__id__exact=bar.pk) == []
