"""Moderation in the admin goes by the same actions; texts are only read there."""

import pytest

from ordering.reviews.models import Feedback, Review
from ordering.users.models import User
from tests.ordering.reviews.conftest import scores, tap

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client):
    """A superuser's browser."""
    client.force_login(User.objects.create_superuser("office", "secret"))
    return client


def act(office, model, action, *ids):
    body = {"action": action, "_selected_action": ids}
    return office.post(f"/admin/reviews/{model}/", body).status_code


def test_publish_and_hide_move_the_sums(office, lin, zhao, reviewed, chicken):
    ids = [reviewed(lin, 5), reviewed(zhao, 3)]
    assert act(office, "review", "hide", *ids) == 302
    assert (set(Review.objects.values_list("state", flat=True)), scores()) == ({"hidden"}, {})
    assert act(office, "review", "publish", ids[0]) == 302
    assert scores() == {chicken.pk: (5, 1)}


def test_texts_are_read_only_and_anonymous_ones_stay_so(office, lin, reviewed):
    pk = reviewed(lin, text="好吃", anonymous=True)
    pages = [office.get(f"/admin/reviews/review/{tail}") for tail in ("", f"{pk}/change/", "?q=好吃")]
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200 and "匿名顾客" in text and "好吃" in text
        assert Review.objects.get().order.no not in text
    assert office.post(f"/admin/reviews/review/{pk}/change/", {"text": "难吃"}).status_code == 403
    assert Review.objects.get().text == "好吃"


def test_feedback_is_closed(office, store, lin):
    pk = tap(lin, "feedback/", store="demo", kind="other", text="你好").json()["id"]
    assert office.get(f"/admin/reviews/feedback/{pk}/change/").status_code == 200
    assert act(office, "feedback", "close", pk) == 302
    assert Feedback.objects.get().status == "closed"


def test_who_may_only_look_cannot_moderate(client, lin, reviewed):
    clerk = User.objects.create_user("clerk", "secret", is_staff=True)
    client.force_login(clerk)
    pk = reviewed(lin)
    assert act(client, "review", "hide", pk) == 403
    assert Review.objects.get().state == "published"
