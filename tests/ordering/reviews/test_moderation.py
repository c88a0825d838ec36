"""Managers show, hide and answer; averages follow; WeChat reads first where it is asked to."""

import pytest

from hub import jobs
from hub.models import Job
from ordering.reviews import textcheck
from ordering.reviews.models import Review
from ordering.users.wechat import textcheck as wechat
from tests import factories
from tests.ordering.orders.trips import refused
from tests.ordering.reviews.conftest import say, scores, tap

pytestmark = pytest.mark.django_db


def test_averages_follow_what_is_shown(lin, zhao, ma, reviewed, chicken):
    good, bad = reviewed(lin, 5), reviewed(zhao, 2)
    assert scores() == {chicken.pk: (7, 2)}
    hidden = tap(ma, f"reviews/{bad}/hide/")
    assert (hidden.status_code, hidden.json()["state"], scores()) == (200, "hidden", {chicken.pk: (5, 1)})
    assert tap(ma, f"reviews/{bad}/hide/").json() == hidden.json()
    assert scores() == {chicken.pk: (5, 1)}
    tap(ma, f"reviews/{good}/hide/")
    assert scores() == {}
    for _ in range(2):
        assert tap(ma, f"reviews/{bad}/publish/").json()["state"] == "published"
    assert scores() == {chicken.pk: (2, 1)}


def test_a_hidden_review_is_its_authors_and_the_managers(lin, ma, anonymous, reviewed):
    pk = reviewed(lin)
    tap(ma, f"reviews/{pk}/hide/")
    assert anonymous.get("/api/v1/reviews/?store=demo").json()["count"] == 0
    assert lin.api.get("/api/v1/reviews/mine/").json()["results"][0]["state"] == "hidden"
    assert ma.api.get("/api/v1/stores/demo/reviews/?state=hidden").json()["count"] == 1
    assert ma.api.get("/api/v1/stores/demo/reviews/?state=published").json()["count"] == 0


def test_a_reply_is_shown_and_replaced(lin, ma, anonymous, reviewed):
    pk = reviewed(lin)
    for text in ("谢谢", "谢谢光临"):
        answer = tap(ma, f"reviews/{pk}/reply/", reply=text)
        assert (answer.status_code, answer.json()["reply"]) == (200, text)
    [shown] = anonymous.get("/api/v1/reviews/?store=demo").json()["results"]
    assert (shown["reply"], shown["replied_at"]) == ("谢谢光临", answer.json()["replied_at"])
    assert Review.objects.get().replied_by == ma.actor.label


@pytest.mark.parametrize("reply", ["", "  ", "x" * 501, 7, None])
def test_a_reply_has_bounds(lin, ma, reviewed, reply):
    pk = reviewed(lin)
    assert refused(tap(ma, f"reviews/{pk}/reply/", reply=reply)) == (400, "body.invalid")
    assert Review.objects.get().reply == ""


@pytest.mark.parametrize("move", ["reply", "publish", "hide"])
def test_only_managers_of_the_store_moderate(lin, zhao, fang, wang, boss, other_store, reviewed, move):
    pk = reviewed(lin)
    stranger = factories.staff("wu", other_store, "manager")
    for who, status in ((lin, 404), (zhao, 404), (stranger, 404), (fang, 403), (wang, 403)):
        assert tap(who, f"reviews/{pk}/{move}/", reply="好").status_code == status
    assert tap(boss, f"reviews/{pk + 1}/{move}/", reply="好").status_code == 404
    review = Review.objects.get()
    assert (review.reply, review.state) == ("", "published")
    assert tap(boss, f"reviews/{pk}/{move}/", reply="好").status_code == 200


@pytest.fixture
def asked(settings, monkeypatch):
    """WeChat reads texts: a text is its own verdict; lin and zhao are known there."""
    settings.WECHAT_TEXT_CHECK, settings.WECHAT_MODE = True, "sandbox"
    read = []
    monkeypatch.setattr("ordering.users.wechat.jobs.openid_of", lambda user: f"o{user}")
    monkeypatch.setattr(wechat, "check", lambda text, openid: read.append((text, openid)) or text)
    return read


@pytest.mark.parametrize(
    ("verdict", "state"), [("pass", "published"), ("review", "pending"), ("risky", "pending")]
)
def test_wechat_reads_before_it_is_shown(lin, reviewed, anonymous, chicken, asked, verdict, state):
    pk = reviewed(lin, 4, text=verdict)
    review = Review.objects.get(pk=pk)
    assert (review.state, review.text_check, scores()) == ("pending", "pending", {})
    assert anonymous.get("/api/v1/reviews/?store=demo").json()["count"] == 0
    assert list(Job.objects.values_list("kind", "payload")) == [("review.text", {"review": pk})]
    assert jobs.run_due() == 1
    review.refresh_from_db()
    assert (review.state, review.text_check) == (state, verdict)
    assert asked == [(verdict, f"o{lin.user.pk}")]
    assert scores() == ({chicken.pk: (4, 1)} if state == "published" else {})
    textcheck.check({"review": pk})
    assert scores() == ({chicken.pk: (4, 1)} if state == "published" else {}), "a job may run twice"


def test_a_managers_word_stands(lin, ma, reviewed, asked):
    pk = reviewed(lin, text="pass")
    tap(ma, f"reviews/{pk}/hide/")
    textcheck.check({"review": pk})
    assert Review.objects.values_list("state", "text_check").get() == ("hidden", "pass")
    assert scores() == {}
    other = reviewed(lin, text="risky")
    assert tap(ma, f"reviews/{other}/publish/").json()["state"] == "published"


def test_what_cannot_be_checked_waits_for_a_manager(lin, reviewed, asked, monkeypatch):
    monkeypatch.setattr("ordering.users.wechat.jobs.openid_of", lambda user: None)
    reviewed(lin, text="pass")
    assert jobs.run_due() == 1
    assert Review.objects.values_list("state", "text_check").get() == ("pending", "pending")


def test_a_failed_check_is_tried_again(lin, reviewed, asked, monkeypatch):
    def dead(text, openid):
        raise jobs.Later("wechat.unavailable")

    monkeypatch.setattr(wechat, "check", dead)
    reviewed(lin, text="pass")
    jobs.run_due()
    assert Job.objects.get().last_error == "wechat.unavailable"
    assert Review.objects.get().state == "pending"


def test_without_words_or_without_wechat_there_is_nothing_to_read(lin, ordered, asked, settings):
    assert say(lin, order=ordered(lin), rating=5).json()["state"] == "published"
    settings.WECHAT_TEXT_CHECK = False
    assert say(lin, order=ordered(lin), rating=5, text="risky").json()["state"] == "published"
    assert not Job.objects.filter(kind="review.text").exists()
