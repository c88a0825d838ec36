"""Photos on a review: the author's, six, within a day, and never the bytes that were sent."""

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from hub import clock
from ordering.reviews import images
from ordering.reviews.models import Review, ReviewImage
from tests.ordering.orders.trips import refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """Where the files go."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def files(media):
    return sorted(path.name for path in media.rglob("*") if path.is_file())


def photo(width=8, name="../../a.png"):
    out = io.BytesIO()
    Image.new("RGB", (width, 4), "red").save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), "image/png")


def upload(who, pk, file=None):
    form = {"image": file} if file else {}
    return who.api.post(f"/api/v1/reviews/{pk}/images/", form, format="multipart")


def test_a_photo_is_kept_in_two_sizes(lin, anonymous, reviewed, media):
    pk = reviewed(lin)
    answer = upload(lin, pk, photo(2000))
    assert answer.status_code == 201
    [shown] = anonymous.get("/api/v1/reviews/?store=demo").json()["results"][0]["images"]
    assert answer.json()["images"] == [shown]
    kept = ReviewImage.objects.get()
    assert shown == {"id": kept.pk, "image": f"/media/{kept.large}", "thumbnail": f"/media/{kept.small}"}
    widths = {}
    for name in (kept.large, kept.small):
        with Image.open(media / name) as image:
            assert image.format == "WEBP"
            widths[name] = image.width
    assert list(widths.values()) == [1080, 320]


def test_only_the_author_adds_one(lin, zhao, ma, tablet, anonymous, reviewed, media):
    pk = reviewed(lin)
    for who, status in ((zhao, 404), (ma, 403), (tablet, 403)):
        assert upload(who, pk, photo()).status_code == status
    assert upload(lin, pk + 1, photo()).status_code == 404
    answer = anonymous.post(f"/api/v1/reviews/{pk}/images/", {"image": photo()}, format="multipart")
    assert answer.status_code == 401
    assert (ReviewImage.objects.count(), files(media)) == (0, [])


def test_six_and_no_more(lin, reviewed, media, monkeypatch):
    pk = reviewed(lin)
    ReviewImage.objects.bulk_create(ReviewImage(review_id=pk, large="l", small="s") for _ in range(5))
    assert upload(lin, pk, photo()).status_code == 201
    kept = files(media)
    assert refused(upload(lin, pk, photo())) == (409, "review.images_full")
    # Somebody was faster between the look and the lock.
    real, looks = images._refuse_state, []
    monkeypatch.setattr(images, "_refuse_state", lambda r: looks.append(r) or (len(looks) > 1 and real(r)))
    assert refused(upload(lin, pk, photo())) == (409, "review.images_full")
    assert len(looks) == 2
    assert (ReviewImage.objects.count(), files(media)) == (6, kept)


def test_within_a_day(lin, reviewed, media):
    pk = reviewed(lin)
    Review.objects.update(created_at=clock.now() - timedelta(hours=24))
    assert refused(upload(lin, pk, photo())) == (409, "review.images_closed")
    Review.objects.update(created_at=clock.now() - timedelta(hours=23, minutes=59))
    assert upload(lin, pk, photo()).status_code == 201


def test_what_is_no_picture_is_refused(lin, reviewed, media):
    pk = reviewed(lin)
    script = SimpleUploadedFile("a.svg", b"<svg><script>alert(1)</script></svg>", "image/png")
    assert refused(upload(lin, pk, script)) == (400, "image.not_an_image")
    assert refused(upload(lin, pk)) == (400, "body.invalid")
    path = f"/api/v1/reviews/{pk}/images/"
    assert refused(lin.api.post(path, {"image": "x"}, format="json"))[0] == 415
    assert refused(lin.api.post(path, {"image": "x"}, format="multipart")) == (400, "body.invalid")
    broken = lin.api.post(path, b"--x\r\nnonsense", content_type="multipart/form-data; boundary=x")
    assert refused(broken)[0] == 400
    assert files(media) == []
