"""Tables: their tokens, who sits there, and the counter's moves."""

import re
import string

import pytest
import segno

from hub.errors import Refusal
from hub.models import Event
from hub.transactions import transact
from ordering.restaurant import queries, sessions, tokens
from ordering.restaurant.models import DiningTable, TableSession
from tests import factories

RESOLVE = "/api/v1/tables/resolve/"


def resolve(token):
    return factories.client().get(RESOLVE, {"token": token})


def refusal(token, store_code=None):
    with pytest.raises(Refusal) as caught:
        tokens.read(token, store_code)
    return caught.value.status, caught.value.code


def table_events(store):
    rows = Event.objects.filter(stream_id=store.stream).order_by("seq")
    return [(row.kind, row.key, row.version, row.body) for row in rows]


@pytest.mark.django_db
def test_a_token_is_short_and_names_its_table(table):
    token = tokens.write(table)
    assert re.fullmatch(r"[\w-]{24,32}", token)
    assert tokens.read(token) == tokens.read(token, "demo") == table
    assert tokens.write(table) == token


@pytest.mark.django_db
def test_forged_garbled_and_foreign_tokens(table, other_store):
    token = tokens.write(table)
    neighbour = other_store.tables.first()
    forged = neighbour.uid + token[8:]
    for bad in (
        "",
        "x",
        token[:-1],
        token + "A",
        token.lower(),
        forged,
        "令" * 28,
        "A" * 100_000,
        token + "\n",
    ):
        assert refusal(bad) == (403, "table.token_invalid")
    assert refusal(token, "other") == (403, "table.token_invalid")
    assert refusal("ZZZZZZZZ" + token[8:]) == (403, "table.token_invalid")


@pytest.mark.django_db
def test_every_single_changed_character_is_noticed(table):
    token = tokens.write(table)
    for place in range(8, len(token)):
        other = next(c for c in string.ascii_letters if c != token[place])
        assert refusal(token[:place] + other + token[place + 1 :]) == (403, "table.token_invalid")


@pytest.mark.django_db
def test_rotation_voids_the_old_token(table, fang):
    old = tokens.write(table)
    new = fang.api.post(f"/api/v1/tables/{table.pk}/rotate-token/").json()["table_token"]
    assert refusal(old) == (403, "table.token_stale")
    assert tokens.read(new) == table
    answer = resolve(old)
    assert (answer.status_code, answer.json()["code"]) == (403, "table.token_stale")
    assert not TableSession.objects.exists()


@pytest.mark.django_db
def test_the_sheet_of_codes_leads_to_every_table_and_is_the_counters_alone(store, table, fang, wang, zhao):
    path = "/api/v1/stores/demo/table-codes/"
    sheet = fang.api.get(path).json()
    assert sheet["store"] == store.name
    assert [row["code"] for row in sheet["codes"]] == [one.code for one in queries.tables(store)]
    row = next(row for row in sheet["codes"] if row["code"] == table.code)
    assert row["url"] == f"http://testserver/t/{tokens.write(table)}/"
    assert row["qr"] == segno.make(row["url"]).svg_data_uri(scale=6, border=2)
    assert (wang.api.get(path).status_code, zhao.api.get(path).status_code) == (403, 403)
    assert factories.client().get(path).status_code == 401


@pytest.mark.django_db
def test_the_key_is_what_makes_a_token(table, settings):
    token = tokens.write(table)
    settings.SECRET_KEY = "another-secret-key-another-secret-key-another-secret"
    assert refusal(token) == (403, "table.token_invalid")


@pytest.mark.django_db
def test_resolving_opens_then_joins(table, store):
    token = tokens.write(table)
    first, second = resolve(token), resolve(token)
    session = TableSession.objects.get()
    assert first.status_code == 200
    assert (
        first.json()
        == second.json()
        == {
            "store": "demo",
            "table": {"code": "t1", "name": "1号桌"},
            "session": {"id": session.no, "state": "open"},
            "table_token": token,
        }
    )
    assert table_events(store) == [("table.opened", f"table:{table.pk}", 1, '{"table":"t1","state":"open"}')]


@pytest.mark.django_db
@pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": "nonsense"}])
def test_resolving_nothing(query, anonymous):
    answer = anonymous.get(RESOLVE, query)
    assert (answer.status_code, answer.json()["code"]) == (403, "table.token_invalid")


@pytest.mark.django_db(transaction=True)
def test_eight_guests_at_once_open_one_session(at_once):
    store = factories.store()
    table = store.tables.select_related("store").first()
    token = tokens.write(table)
    answers = at_once(lambda _: resolve(token), 8)
    assert [answer.status_code for answer in answers] == [200] * 8
    assert len({answer.json()["session"]["id"] for answer in answers}) == 1
    assert [row[0] for row in table_events(store)] == ["table.opened"]


@pytest.mark.django_db(transaction=True)
def test_control_without_lock_and_unique_key_more_open(at_once, monkeypatch):
    """With the table's lock off only the unique key is left: somebody runs into it."""
    store = factories.store()
    table = store.tables.select_related("store").first()
    monkeypatch.setattr(queries, "open_session", lambda table: None)
    answers = at_once(lambda _: resolve(tokens.write(table)), 8)
    assert [answer.status_code for answer in answers].count(500) == 7
    assert TableSession.objects.count() == 1


@pytest.mark.django_db
def test_the_counter_opens_settles_moves_and_closes(table, store, fang):
    def post(name, table=table, **body):
        return fang.api.post(f"/api/v1/tables/{table.pk}/{name}/", body)

    opened = post("open").json()
    assert (opened["state"], post("open").json()["id"]) == ("open", opened["id"])
    assert post("settle").json()["state"] == "settling"
    assert resolve(tokens.write(table)).json()["session"] == {"id": opened["id"], "state": "settling"}
    target = store.tables.get(code="t3")
    assert post("move", to="t3").json()["id"] == opened["id"]
    assert post("close").json()["code"] == "table.not_open"
    assert post("close", target).json()["state"] == "closed"
    assert post("settle", target).status_code == 409
    assert table_events(store) == [
        ("table.opened", f"table:{table.pk}", 1, '{"table":"t1","state":"open"}'),
        ("table.moved", f"table:{table.pk}", 2, '{"table":"t1","state":"closed"}'),
        ("table.moved", f"table:{target.pk}", 1, '{"table":"t3","state":"settling"}'),
        ("table.closed", f"table:{target.pk}", 2, '{"table":"t3","state":"closed"}'),
    ]
    assert post("open", target).json()["id"] != opened["id"]


@pytest.mark.django_db
def test_moves_that_cannot_be(table, store, fang):
    other = store.tables.get(code="t2")
    url = f"/api/v1/tables/{table.pk}/move/"
    assert fang.api.post(url, {"to": "t2"}).json()["code"] == "table.not_open"
    for place in (table, other):
        transact(lambda tx, place=place: sessions.join(tx, place), actor="system")
    assert fang.api.post(url, {"to": "t2"}).json()["code"] == "table.occupied"
    for nowhere in ("t1", "t99"):
        assert fang.api.post(url, {"to": nowhere}).json()["code"] == "table.target_invalid"
    assert [fang.api.post(url, body).status_code for body in ({}, {"to": 2}, {"to": "x" * 17})] == [400] * 3
    assert TableSession.objects.get(open_key=table.pk).table == table


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["open", "settle", "close", "move", "rotate-token"])
def test_who_may_move_tables(name, table, wang, lin, tablet, anonymous, other_store):
    stranger = factories.staff("hu", other_store, "counter")
    url = f"/api/v1/tables/{table.pk}/{name}/"
    assert anonymous.post(url).status_code == 401
    assert [who.api.post(url).status_code for who in (lin, stranger, wang, tablet)] == [404, 404, 403, 403]
    absent = lin.api.post(f"/api/v1/tables/999999/{name}/").json()
    assert {**absent, "request_id": ""} == {**lin.api.post(url).json(), "request_id": ""}
    assert not TableSession.objects.exists()
    assert DiningTable.objects.get(pk=table.pk).token_version == 1


@pytest.mark.django_db
def test_a_guest_belongs_to_the_session_and_leaves_with_it(table, fang, anonymous):
    answer = anonymous.post("/api/v1/auth/guest/", {"table_token": tokens.write(table)})
    assert answer.status_code == 200
    assert (answer.json()["user"]["name"], answer.json()["user"]["roles"]) == ("访客", [])
    guest = factories.client(answer.json()["access"])
    assert guest.get("/api/v1/me/").status_code == 200
    actor = factories.authentication.authenticate(answer.json()["access"])
    assert actor.is_guest and actor.table_session == TableSession.objects.get().pk
    assert fang.api.post(f"/api/v1/tables/{table.pk}/close/").status_code == 200
    assert guest.get("/api/v1/me/").status_code == 401
    refresh = anonymous.post("/api/v1/auth/refresh/", {"refresh": answer.json()["refresh"]})
    assert refresh.json()["code"] == "auth.token_invalid"
    revoked = Event.objects.get(stream_id="auth")
    assert (revoked.kind, revoked.key) == ("session.revoked", f"session:{actor.sid}")
    assert fang.api.get("/api/v1/me/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("token", [None, 5, "", "nonsense", "x" * 65])
def test_no_guest_without_a_table(token, anonymous):
    answer = anonymous.post("/api/v1/auth/guest/", {"table_token": token}, format="json")
    assert answer.status_code == (403 if token == "nonsense" else 400)
    assert not TableSession.objects.exists()


@pytest.mark.django_db
def test_the_map_costs_the_same_for_any_number_of_tables(store, fang, table, django_assert_max_num_queries):
    transact(lambda tx: sessions.join(tx, table), actor="system")
    with django_assert_max_num_queries(7):
        rows = fang.api.get("/api/v1/stores/demo/table-map/").json()["tables"]
    assert [row["code"] for row in rows] == ["t1", "t2", "t3", "t4"]
    assert [row["session"] and row["session"]["state"] for row in rows] == ["open", None, None, None]
