"""Writing a review: whose, when, of what, and what comes back."""

import pytest

from ordering.orders.models import Line
from ordering.orders.states import OrderStatus
from ordering.reviews.models import DishRating, Review
from tests import factories
from tests.ordering.orders.trips import basket, cook, move, post, refused, submit
from tests.ordering.reviews.conftest import say, scores

pytestmark = pytest.mark.django_db


@pytest.mark.both
def test_lin_eats_and_says_so(store, lin, fang, wang, chicken, cucumber):
    order = submit(lin, basket(chicken, cucumber))
    no = order["no"]
    assert refused(say(lin, order=no, rating=5)) == (409, "review.order_not_completed")
    post(fang, f"orders/{no}/pay/", {"channel": "cash"})
    move(fang, no, "accept")
    for line in order["lines"]:
        cook(wang, line["id"], "ready")
    move(fang, no, "complete")
    answer = say(lin, order=no, rating=5, dishes=[{"dish": chicken.pk, "rating": 4}], text=" 上菜快 ")
    assert answer.status_code == 201
    review = Review.objects.get()
    assert answer.json() == {
        "id": review.pk,
        "store": "demo",
        "rating": 5,
        "text": "上菜快",
        "anonymous": False,
        "author": {"name": "lin", "avatar": ""},
        "dishes": [{"dish": chicken.pk, "name": "宫保鸡丁", "rating": 4}],
        "images": [],
        "reply": "",
        "replied_at": None,
        "created_at": answer.json()["created_at"],
        "order": no,
        "state": "published",
    }
    assert scores() == {chicken.pk: (4, 1)}
    assert lin.api.get("/api/v1/reviews/mine/").json()["results"] == [answer.json()]


@pytest.mark.parametrize("status", [status for status in OrderStatus if status != OrderStatus.COMPLETED])
def test_only_a_completed_order_is_reviewed(lin, ordered, status):
    no = ordered(lin, status=status)
    answer = say(lin, order=no, rating=5)
    assert refused(answer) == (409, "review.order_not_completed")
    assert (answer.json()["state"], Review.objects.count()) == (status, 0)


def test_only_its_diner_reviews_it(lin, zhao, fang, tablet, ordered, anonymous, other_store):
    no = ordered(lin)
    strange = factories.staff("li", other_store, "manager")
    assert refused(say(zhao, order=no, rating=1)) == (404, "resource.not_found")
    assert refused(say(strange, order=no, rating=1)) == (404, "resource.not_found")
    assert refused(say(zhao, order="01J9ZZZZZZZZZZZZZZZZZZZZZZ", rating=1)) == (404, "resource.not_found")
    assert refused(say(fang, order=no, rating=1)) == (403, "auth.forbidden")
    assert refused(say(tablet, order=no, rating=1)) == (403, "auth.forbidden")
    answer = anonymous.post("/api/v1/reviews/", {"order": no, "rating": 1}, format="json")
    assert refused(answer) == (401, "auth.required")
    assert not Review.objects.exists()


def test_once(lin, ordered, chicken):
    no = ordered(lin)
    first = say(lin, order=no, rating=5, dishes=[{"dish": chicken.pk, "rating": 5}])
    again = say(lin, order=no, rating=1, dishes=[{"dish": chicken.pk, "rating": 1}])
    assert refused(again) == (409, "review.exists")
    assert again.json()["review"] == first.json()["id"]
    assert scores() == {chicken.pk: (5, 1)}


def test_a_repeated_tap_has_the_first_answer(lin, ordered):
    body = {"order": ordered(lin), "rating": 5}
    first, again = (post(lin, "reviews/", body, key="once") for _ in range(2))
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert first.content == again.content and Review.objects.count() == 1


BAD = {
    "rating": [0, 6, -1, "5", 4.5, True, None, 10**20],
    "text": ["x" * 501, 7, None, ["x"], "a\0b"],
    "anonymous": ["yes", 1, None],
    "order": [7, "", "x" * 27, None],
    "dishes": [7, "x", None, [{"dish": 1, "rating": 1}] * 101],
    "dishes.0.dish": [0, "1", 10**20],
    "dishes.0.rating": [0, 6],
}


@pytest.mark.parametrize("field", BAD)
def test_nonsense_is_refused_by_field(lin, ordered, chicken, field):
    no = ordered(lin)
    for value in BAD[field]:
        body = {"order": no, "rating": 5, "dishes": [{"dish": chicken.pk, "rating": 5}]}
        place = body["dishes"][0] if "." in field else body
        place[field.split(".")[-1]] = value
        answer = say(lin, **body)
        assert refused(answer) == (400, "body.invalid"), value
        assert answer.json()["errors"][0]["field"].startswith(field), value
    assert not Review.objects.exists()


def test_dishes_must_have_been_served_on_the_order(store, lin, ordered, chicken, cucumber):
    other = factories.dish(store, "鱼")
    no = ordered(lin, chicken, cucumber)
    Line.objects.filter(order__no=no, dish=cucumber).update(state="voided")
    wanted = [chicken, other, cucumber, chicken]
    answer = say(lin, order=no, rating=5, dishes=[{"dish": dish.pk, "rating": 3} for dish in wanted])
    assert refused(answer) == (400, "body.invalid")
    rows = [(row["field"], row["code"]) for row in answer.json()["errors"]]
    assert rows == [
        ("dishes.1.dish", "not_ordered"),
        ("dishes.2.dish", "not_ordered"),
        ("dishes.3.dish", "duplicate"),
    ]
    assert (Review.objects.count(), DishRating.objects.count(), scores()) == (0, 0, {})


def test_a_combo_and_its_parts_may_be_rated(store, lin, ordered, chicken):
    combo = factories.combo(store, {chicken: 1})
    no = ordered(lin, chicken)
    Line.objects.filter(order__no=no).update(
        combo={"dish": combo.pk, "name": combo.name, "part": 1, "quantity": 1}
    )
    rated = [{"dish": combo.pk, "rating": 2}, {"dish": chicken.pk, "rating": 5}]
    assert say(lin, order=no, rating=3, dishes=rated).status_code == 201
    assert scores() == {combo.pk: (2, 1), chicken.pk: (5, 1)}


TEXTS = [
    "👩‍👩‍👧‍👦🍜",
    "𠮷野家",
    "مطعم رائع \u202eabc",
    "<script>alert(1)</script>",
    "'; --",
    "𠮷" * 500,
    "行\n行",
]


@pytest.mark.both
@pytest.mark.parametrize("text", TEXTS)
def test_texts_come_back_as_they_were_written(lin, anonymous, ordered, text):
    answer = say(lin, order=ordered(lin), rating=5, text=text)
    assert (answer.status_code, answer.json()["text"]) == (201, text)
    [shown] = anonymous.get("/api/v1/reviews/?store=demo").json()["results"]
    assert (shown["text"], Review.objects.get().text) == (text, text)
