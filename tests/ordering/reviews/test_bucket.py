"""Pictures in a bucket by the real client: written, shown, replaced, taken back; a bucket that is away."""

import io

import pytest
from botocore.config import Config
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from PIL import Image

from hub import buckets, jobs
from hub.bootstrap.servers import free_port
from hub.errors import Refusal
from hub.transactions import transact
from ordering.dishes.models import Dish
from ordering.restaurant import wxacode
from ordering.reviews import images
from ordering.reviews.models import ReviewImage
from ordering.users.wechat import jobs as wechat_jobs
from tests import bucket
from tests.ordering.orders.trips import refused

pytestmark = pytest.mark.django_db
PUBLIC = "https://img.example.com/menu"


@pytest.fixture
def kept(settings):
    """The bucket."""
    with bucket.served() as server:
        settings.STORAGES = bucket.storages(server.address)
        yield server


def png(color="red"):
    out = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(out, "PNG")
    return out.getvalue()


def show(who, dish, color="red"):
    form = {"image": SimpleUploadedFile("a.png", png(color), "image/png")}
    return who.api.post(f"/api/v1/dishes/{dish.pk}/image/", form, format="multipart")


def photo(who, pk):
    form = {"image": SimpleUploadedFile("a.png", png(), "image/png")}
    return who.api.post(f"/api/v1/reviews/{pk}/images/", form, format="multipart")


def test_a_dishs_picture_is_put_shown_replaced_and_deleted(
    kept, ma, anonymous, chicken, django_capture_on_commit_callbacks
):
    def done(work):
        with django_capture_on_commit_callbacks(execute=True):
            return work()

    assert done(lambda: show(ma, chicken)).status_code == 200
    first = Dish.objects.get(pk=chicken.pk).image.name
    small = first.replace(".webp", "-small.webp")
    assert sorted(kept.objects) == sorted([first, small])
    content, headers = kept.objects[first]
    with Image.open(io.BytesIO(content)) as image:
        assert image.format == "WEBP"
    assert (headers["Content-Type"], headers["Cache-Control"]) == (
        "image/webp",
        "public, max-age=31536000, immutable",
    )
    [shown] = anonymous.get("/api/v1/stores/demo/menu/").json()["categories"][0]["dishes"]
    assert shown["image"] == f"{PUBLIC}/{first}"
    assert done(lambda: show(ma, chicken, "blue")).status_code == 200
    assert first not in kept.objects and len(kept.objects) == 2
    assert done(lambda: ma.api.delete(f"/api/v1/dishes/{chicken.pk}/image/")).status_code == 204
    assert kept.objects == {}


def test_the_bucket_is_never_asked_within_a_transaction(kept, ma, chicken, monkeypatch):
    depths = []
    plain = len(connection.savepoint_ids)
    for name in ("_save", "delete", "size"):
        done = getattr(buckets.Bucket, name)

        def noted(self, *args, done=done):
            depths.append(len(connection.savepoint_ids) - plain)
            return done(self, *args)

        monkeypatch.setattr(buckets.Bucket, name, noted)
    assert show(ma, chicken).status_code == 200
    table = chicken.store.tables.get(code="t1")
    for ask in (ma.api.get, ma.api.post):
        assert ask(f"/api/v1/tables/{table.pk}/mini-code/").status_code < 300
    assert depths == [0] * 4
    transact(lambda tx: images._discard({"large": "a.webp"}), actor="tests")
    assert depths == [0, 0, 0, 0, 1]  # the control


def test_a_photo_of_a_review_and_what_is_refused_is_taken_back(kept, lin, reviewed, monkeypatch):
    pk = reviewed(lin)
    answer = photo(lin, pk)
    assert answer.status_code == 201
    row = ReviewImage.objects.get()
    assert answer.json()["images"] == [
        {"id": row.pk, "image": f"{PUBLIC}/{row.large}", "thumbnail": f"{PUBLIC}/{row.small}"}
    ]
    said = iter([None, Refusal("review.images_closed", 409, "晚了")])
    monkeypatch.setattr(images, "_refuse_state", lambda review: _raise(next(said)))
    before = dict(kept.objects)
    assert refused(photo(lin, pk)) == (409, "review.images_closed")
    assert kept.objects == before and len(kept.asked) == 6


def _raise(refusal):
    if refusal:
        raise refusal


def test_a_tables_code_lies_there_too(kept, ma, chicken, monkeypatch):
    table = chicken.store.tables.get(code="t1")
    url = f"/api/v1/tables/{table.pk}/mini-code/"
    answers = [type("Drawn", (), {"content_type": "image/png", "content": png()})]
    monkeypatch.setattr(wechat_jobs, "ask", lambda path, body: answers[0])
    assert ma.api.get(url).json() == {"state": "none", "image": None}
    assert ma.api.post(url).json() == {"state": "pending", "image": None}
    assert jobs.run_due() == 1
    [name] = kept.objects
    assert kept.objects[name][1]["Content-Type"] == "image/png"
    assert ma.api.post(url).json() == {"state": "ready", "image": f"{PUBLIC}/{name}"}
    kept.objects[name] = (b"", {})  # what a crash may leave
    assert ma.api.get(url).json()["state"] == "none"
    assert ma.api.post(url).json()["state"] == "pending"


@pytest.mark.parametrize("changes", [{"secret_key": "x", "access_key": "other"}, {"bucket_name": "gone"}])
def test_what_the_bucket_refuses_is_503_and_nothing_is_written(
    kept, settings, ma, lin, chicken, reviewed, changes
):
    pk = reviewed(lin)
    settings.STORAGES = bucket.storages(kept.address, **changes)
    for answer in (show(ma, chicken), photo(lin, pk)):
        assert (*refused(answer), answer["Retry-After"]) == (503, "media.unavailable", "5")
    assert (kept.objects, ReviewImage.objects.count()) == ({}, 0)
    assert Dish.objects.get(pk=chicken.pk).image.name == ""


def test_a_bucket_that_is_away_stops_pictures_only(settings, ma, anonymous, chicken, monkeypatch):
    settings.STORAGES = bucket.storages(f"http://127.0.0.1:{free_port()}")
    assert refused(show(ma, chicken)) == (503, "media.unavailable")
    Dish.objects.filter(pk=chicken.pk).update(image="dishes/a.webp")
    [shown] = anonymous.get("/api/v1/stores/demo/menu/").json()["categories"][0]["dishes"]
    assert shown["image"] == f"{PUBLIC}/dishes/a.webp"
    with pytest.raises(jobs.Later, match=r"media\.unavailable"):
        wxacode._keep("table-codes/a.png", png())


def test_control_the_clients_own_checksums_are_refused(kept, ma, chicken, monkeypatch):
    monkeypatch.setattr(buckets, "Config", lambda **said: Config(s3=said["s3"], signature_version="s3v4"))
    assert refused(show(ma, chicken)) == (503, "media.unavailable")
    assert kept.objects == {}
