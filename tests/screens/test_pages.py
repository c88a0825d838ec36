"""The pages' shells: which addresses answer, under which policy, and what they refuse."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from ordering.restaurant import tokens
from screens import modules
from tests import factories

pytestmark = pytest.mark.django_db
SCREENS = ["landing", "kitchen", "counter", "table-codes", "board"]


@pytest.fixture
def store():
    made = factories.store("demo", name="开饭小馆")
    factories.dish(made, "宫保鸡丁", remaining=3)
    factories.dish(made, "鱼香 <b>肉丝</b>", sold_out=True, price_fen=3250)
    return made


@pytest.fixture
def token(store):
    return tokens.write(store.tables.select_related("store").first())


def body(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_answers_with_the_strict_policy(client, store, settings, name):
    settings.LANDING = True
    response = client.get(reverse(name))
    assert response.status_code == 200
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'; ")
    assert "connect-src 'self' ws://testserver;" in policy
    assert not re.search(r"unsafe|\*|https?:", policy)
    assert response["Referrer-Policy"] == "no-referrer"


def test_pictures_may_come_from_the_bucket_and_nothing_else_may(client, store, settings):
    settings.MEDIA_ORIGIN = "https://img.example.com"
    policy = client.get(reverse("board"))["Content-Security-Policy"]
    assert "; img-src 'self' data: https://img.example.com; " in policy
    assert policy.count("https:") == 1


def test_over_tls_the_policy_names_the_safe_socket(client, store):
    policy = client.get(reverse("board"), secure=True)["Content-Security-Policy"]
    assert "wss://testserver;" in policy
    assert "ws://testserver;" not in policy.replace("wss://", "")


def test_what_a_page_loads_exists(client, store, settings):
    settings.LANDING = True
    paths = [reverse(name) for name in SCREENS] + ["/s/demo/"]
    pattern = r'(?:src|href)="/static/(.+?)"'
    loaded = {one.split("#")[0] for path in paths for one in re.findall(pattern, body(client, path))}
    assert len(loaded) >= 5
    assert [one for one in loaded if not finders.find(one)] == []


def test_the_diner_page_is_of_its_store_and_an_unknown_one_is_not_found(client, store):
    assert 'data-store="demo"' in body(client, "/s/demo/")
    assert "<html" not in body(client, "/s/nowhere/", 404)


def test_the_table_page_carries_its_token_safely(client, token):
    assert f'data-table-token="{token}"' in body(client, f"/t/{token}/")
    assert "<script>alert" not in body(client, '/t/"><script>alert(1)/', 403)
    assert "重新扫描" in body(client, "/t/T1.abc-_~/", 403)


def test_the_menu_is_there_before_any_script(client, store):
    shown = body(client, "/s/demo/")
    assert "宫保鸡丁" in shown
    assert "鱼香 &lt;b&gt;肉丝&lt;/b&gt;" in shown
    assert "¥32.50" in shown
    assert shown.count('class="dish out"') == 1


def test_the_kitchen_offers_its_stations(client, store):
    assert re.search(r'<option value="wok" data-store="demo">[^<]+</option>', body(client, "/kitchen/"))


def test_the_landing_shows_addresses_in_development_only(client, store, settings):
    settings.LANDING = True
    shown = body(client, "/")
    links = ("/s/demo/", "/kitchen/", "/counter/", "/board/", "/admin/", "/api/", "/api/schema/swagger-ui/")
    assert [link for link in links if f'href="{link}"' not in shown] == []
    assert "http://testserver/s/demo/" in shown
    settings.LANDING = False
    assert "owner" not in body(client, "/", 404)


@pytest.mark.parametrize("name", SCREENS)
def test_pages_only_answer_get_and_head(client, store, settings, name):
    settings.LANDING = True
    assert client.head(reverse(name)).status_code == 200
    assert client.post(reverse(name)).status_code == 405


@pytest.mark.parametrize(("path", "queries"), [("/s/demo/", 8), ("/kitchen/", 2)])
def test_a_page_asks_the_database_little(client, store, path, queries, django_assert_num_queries):
    with django_assert_num_queries(queries):
        body(client, path)


@pytest.mark.parametrize(
    ("mode", "base", "cashier"),
    [
        ("off", "", ""),
        ("live", "", ""),
        ("sandbox", "", "/sandbox/wechat/cashier/"),
        ("sandbox", "http://127.0.0.1:8100/", "http://127.0.0.1:8100/cashier/"),
    ],
)
def test_the_diner_page_knows_how_to_pay(client, store, token, settings, mode, base, cashier):
    settings.WECHAT_MODE, settings.LANDING = mode, True
    settings.WECHAT = settings.WECHAT | {"PAY_BASE_URL": base, "APP_ID": "wx1"}
    for path in ("/s/demo/", f"/t/{token}/"):
        page = body(client, path)
        assert f'data-wechat="{mode}" data-cashier="{cashier}" data-app-id="wx1"' in page
    assert ("微信收银台" in body(client, "/")) is (mode == "sandbox")


def test_the_kitchen_is_an_app_of_its_own_address(client, store):
    manifest = client.get("/kitchen/manifest.webmanifest")
    assert manifest["Content-Type"] == "application/manifest+json"
    found = manifest.json()
    assert (found["start_url"], found["scope"], found["display"]) == ("/kitchen/", "/kitchen/", "standalone")
    assert [one for one in found["icons"] if not finders.find(one["src"].removeprefix("/static/"))] == []
    assert 'rel="manifest" href="/kitchen/manifest.webmanifest"' in body(client, "/kitchen/")


def test_the_kitchens_worker_keeps_every_file_of_its_page_and_nothing_of_the_api(client, store):
    answer = client.get("/kitchen/worker.js")
    worker, page = answer.content.decode(), client.get("/kitchen/")
    assert answer["Content-Type"].startswith("text/javascript")
    version, files = (json.loads(line.partition(" = ")[2].rstrip(";")) for line in worker.splitlines()[:2])
    assert page["Kaifan-Version"] == version
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page.content.decode()))
    assert loaded <= set(files)
    assert [path for path in files if not finders.find(path.removeprefix("/static/"))] == []
    assert "/api/" not in worker


def test_a_page_preloads_every_module_it_imports(client, store):
    preloaded = re.findall(r'rel="modulepreload" href="/static/(.+?)"', body(client, "/kitchen/"))
    assert sorted(preloaded) == sorted(modules.graph("screens/kitchen/main.js")[1:])
    assert {"screens/hub/hub-client.js", "screens/shared/i18n.js", "screens/kitchen/seen.js"} <= set(
        preloaded
    )
