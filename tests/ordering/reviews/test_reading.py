"""What everybody reads: no names of those who want none, filters, pages, averages, the menu."""

import time
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hub import eventlog, jobs
from hub.models import Job
from ordering.dishes import menu, ratings
from ordering.reviews import queries
from ordering.reviews.models import Review
from tests import factories
from tests.ordering.orders.trips import refused
from tests.ordering.reviews.conftest import tap

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)


def read(anonymous, query=""):
    answer = anonymous.get(f"/api/v1/reviews/?store=demo{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_nothing_leads_to_an_anonymous_author(lin, ma, anonymous, reviewed):
    lin.user.name, lin.user.avatar, lin.user.phone = "林小姐", "https://a/lin.png", "13800000000"
    lin.user.save()
    reviewed(lin, anonymous=True)
    [shown] = read(anonymous)
    assert shown["author"] == {"name": "匿名顾客", "avatar": ""}
    answers = [
        anonymous.get("/api/v1/reviews/?store=demo").content.decode(),
        ma.api.get("/api/v1/stores/demo/reviews/").content.decode(),
    ]
    for secret in (lin.user.uid, "林小姐", "lin.png", "13800000000", Review.objects.get().order.no):
        assert not any(secret in answer for answer in answers)


def test_a_named_author_shows_no_more_than_the_name(lin, anonymous, reviewed):
    reviewed(lin)
    [shown] = read(anonymous)
    assert shown["author"] == {"name": "lin", "avatar": ""}
    assert not {"order", "state", "text_check"} & shown.keys()
    lin.user.name = ""
    lin.user.save()
    assert read(anonymous)[0]["author"]["name"] == "顾客"


def test_newest_first_by_dish_and_rating(store, other_store, lin, zhao, anonymous, reviewed, cucumber):
    first, second = reviewed(lin, 5), reviewed(zhao, 2)
    third = reviewed(lin, 2, cucumber)
    elsewhere = reviewed(lin, 5, factories.dish(other_store))
    assert [row["id"] for row in read(anonymous)] == [third, second, first]
    assert [row["id"] for row in read(anonymous, "&rating=2")] == [third, second]
    assert [row["id"] for row in read(anonymous, f"&dish={cucumber.pk}")] == [third]
    assert read(anonymous, f"&dish={cucumber.pk}&rating=5") == []
    page = anonymous.get("/api/v1/reviews/?store=demo&page_size=2").json()
    assert (page["count"], [row["id"] for row in page["results"]]) == (3, [third, second])
    mine = [row["id"] for row in lin.api.get("/api/v1/reviews/mine/").json()["results"]]
    assert mine == [elsewhere, third, first]


@pytest.mark.parametrize(
    "query", ["", "?store=", "?store=demo&rating=6", "?store=demo&rating=x", "?store=demo&dish=0"]
)
def test_a_question_must_make_sense(store, anonymous, query):
    assert refused(anonymous.get(f"/api/v1/reviews/{query}")) == (400, "body.invalid")


def test_of_no_store(store, anonymous, lin, ma, fang):
    assert refused(anonymous.get("/api/v1/reviews/?store=nowhere")) == (404, "resource.not_found")
    assert refused(ma.api.get("/api/v1/stores/nowhere/reviews/")) == (404, "resource.not_found")
    for who in (lin, fang):
        assert refused(who.api.get("/api/v1/stores/demo/reviews/")) == (403, "auth.forbidden")
    assert refused(ma.api.get("/api/v1/stores/demo/reviews/?state=x")) == (400, "body.invalid")


@pytest.mark.both
def test_the_number_of_queries_is_fixed(lin, anonymous, reviewed):
    counts = []
    for _ in range(2):
        reviewed(lin)
        with CaptureQueriesContext(connection) as asked:
            read(anonymous)
        counts.append(len(asked))
    assert counts[0] == counts[1] == 5


@pytest.mark.both
def test_figures_for_reports(store, lin, zhao, ma, reviewed, chicken, cucumber):
    for rating, dish in ((5, chicken), (4, chicken), (4, chicken), (1, cucumber)):
        reviewed(lin, rating, dish)
    tap(ma, f"reviews/{reviewed(zhao, 1)}/hide/")
    Review.objects.filter(pk=reviewed(zhao, 1)).update(created_at=NOON - timedelta(days=1))
    span = (store, NOON, datetime(2100, 1, 1, tzinfo=UTC))
    by_rating = {1: 1, 2: 0, 3: 0, 4: 2, 5: 1}
    assert queries.averages(*span) == {"average": 3.5, "count": 4, "by_rating": by_rating}
    assert queries.dish_averages(*span) == [
        {"dish": chicken.pk, "name": "宫保鸡丁", "average": 4.3, "count": 3},
        {"dish": cucumber.pk, "name": "拍黄瓜", "average": 1.0, "count": 1},
    ]
    nothing = {"average": None, "count": 0, "by_rating": dict.fromkeys(range(1, 6), 0)}
    assert queries.averages(store, span[2], span[2]) == nothing
    assert queries.dish_averages(store, span[2], span[2]) == []


@pytest.mark.parametrize(
    ("total", "count", "shown"),
    [(0, 0, None), (5, 1, 5.0), (9, 2, 4.5), (93, 20, 4.7), (37, 8, 4.6), (14, 3, 4.7)],
)
def test_averages_round_halves_up(total, count, shown):
    assert ratings.average(total, count) == (shown and {"average": shown, "count": count})


def on_the_menu(store):
    [category] = orjson.loads(menu.document(store).body)["categories"]
    return {dish["id"]: dish["rating"] for dish in category["dishes"]}


def test_the_menu_shows_them_and_says_so_once_a_minute(store, lin, ma, reviewed, chicken, cucumber):
    half_past = datetime.fromtimestamp(time.time() // 60 * 60 + 90, UTC)
    with time_machine.travel(half_past, tick=False) as clock:
        assert on_the_menu(store) == {chicken.pk: None, cucumber.pk: None}
        pk, *_ = [reviewed(lin, rating) for rating in (5, 4, 4)]
        assert on_the_menu(store) == {chicken.pk: {"average": 4.3, "count": 3}, cucumber.pk: None}
        assert (jobs.run_due(), Job.objects.get().kind) == (0, "menu.ratings")
        clock.shift(34)
        assert jobs.run_due() == 0
        clock.shift(1)
        assert jobs.run_due() == 1
        [told] = eventlog.read_after(store.menu_stream, 0)
        assert told.kind == "menu.changed"
        tap(ma, f"reviews/{pk}/hide/")
        assert on_the_menu(store)[chicken.pk] == {"average": 4.0, "count": 2}
        clock.shift(65)
        assert jobs.run_due() == 1
        assert len(eventlog.read_after(store.menu_stream, 0)) == 2
