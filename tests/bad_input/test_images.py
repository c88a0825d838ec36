"""Hostile pictures: refused, or written anew without what they carried; never a 500, never a page."""

import io
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from hub import admission, images
from tests import factories
from tests.bad_input.hostile import FILES, OK, SCRIPT, photo_with_place, picture

pytestmark = pytest.mark.django_db
NAMES = ["../../../etc/cron.d/x.jpg", "a.html", "x.svg", "shell.php\x00.jpg", "菜" * 300 + ".png", "", "."]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def dish(store):
    return factories.dish(store)


def send(api, dish, content, name="photo.jpg", kind="image/jpeg"):
    """As a hostile client would write it: a name with its quotes escaped and nothing else tidied up."""
    said = name.replace("\\", "\\\\").replace('"', '\\"')
    head = f'--x\r\nContent-Disposition: form-data; name="image"; filename="{said}"\r\n'
    body = f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n--x--\r\n"
    path = f"/api/v1/dishes/{dish.pk}/image/"
    return api.post(path, body, content_type="multipart/form-data; boundary=x")


def kept(media):
    """Every file below the media folder, by its path."""
    return {path.relative_to(media).as_posix(): path for path in Path(media).rglob("*") if path.is_file()}


def check_clean(path, longest):
    """A still WebP of bounded size with nothing but pixels."""
    content = path.read_bytes()
    assert SCRIPT not in content and b"EXIF" not in content and b"XMP " not in content
    with Image.open(path) as image:
        image.load()
        assert (image.format, getattr(image, "n_frames", 1)) == ("WEBP", 1)
        assert max(image.size) <= longest and not image.getexif() and not image.info.get("icc_profile")


def test_hostile_files(ma, dish, media, caplog):
    for name, (make, expected) in FILES.items():
        answer = send(ma.api, dish, make())
        found = (answer.status_code, answer.json().get("code"))
        assert found == expected, name
        if answer.status_code == 200:
            check_clean(media / answer.json()["image"].removeprefix("/media/"), 1080)
            check_clean(media / answer.json()["thumbnail"].removeprefix("/media/"), 320)
        else:
            assert answer["Content-Type"] == "application/problem+json", name
    honest = sum(expected == OK for _, expected in FILES.values())
    assert len(kept(media)) == 2 * honest and len(FILES) > 25
    assert [record for record in caplog.records if record.exc_info] == []


def test_names_are_nobodys_paths(ma, dish, media):
    for name in NAMES:
        answer = send(ma.api, dish, picture(), name, "text/html")
        assert answer.status_code in (200, 400), (name, answer.content)
    assert kept(media)
    assert all(re.fullmatch(r"dishes/[0-9a-f]{32}(-small)?\.webp", path) for path in kept(media))
    assert [path for path in media.parent.rglob("*") if path.is_file() and media not in path.parents] == []


def test_a_photo_is_turned_upright():
    with Image.open(io.BytesIO(images.reencode(io.BytesIO(photo_with_place()), {"a": 1080})["a"])) as image:
        assert image.size == (40, 60)


def test_a_picture_is_shrunk_and_never_enlarged():
    made = images.reencode(io.BytesIO(picture(size=(800, 400))), {"large": 1080, "small": 320})
    sizes = {name: Image.open(io.BytesIO(content)).size for name, content in made.items()}
    assert sizes == {"large": (800, 400), "small": (320, 160)}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png(mode):
    made = images.reencode(io.BytesIO(picture("PNG", mode, (3000, 1500))), {"a": 320})
    assert Image.open(io.BytesIO(made["a"])).size == (320, 160)


def test_what_is_no_form_with_a_picture(ma, dish, media):
    path = f"/api/v1/dishes/{dish.pk}/image/"
    asked = [
        (415, ma.api.post(path, {"image": "x"}, format="json")),
        (400, ma.api.post(path, {"image": "text"}, format="multipart")),
        (400, ma.api.post(path, {"other": SimpleUploadedFile("a", picture())}, format="multipart")),
        (400, ma.api.post(path, b"--x\r\n", content_type="multipart/form-data")),
        (400, ma.api.post(path, b"\xff" * 99, content_type="multipart/form-data; boundary=x")),
    ]
    for status, answer in asked:
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert kept(media) == {}


def test_files_come_only_where_files_may_come(settings):
    for path in ("/api/v1/dishes/7/image/", "/admin/dishes/dish/7/change/"):
        assert admission.most(path) > settings.UPLOAD_LIMIT
    for path in ("/api/v1/orders/", "/api/v1/dishes/7/image", "/api/v1/image/../orders/", "/x/image/"):
        assert admission.most(path) < 2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE


@pytest.mark.django_db(transaction=True)
def test_the_new_picture_replaces_the_old_one(ma, fang, store, dish, media):
    first = send(ma.api, dish, picture()).json()
    old = kept(media)
    second = send(ma.api, dish, picture("PNG")).json()
    assert first["image"] != second["image"] and not set(old) & set(kept(media)) and len(kept(media)) == 2
    shown = fang.api.get("/api/v1/stores/demo/menu/").json()["categories"][0]["dishes"][0]
    assert (shown["image"], shown["thumbnail"]) == (second["image"], second["thumbnail"])
    assert send(fang.api, dish, picture()).status_code == 403
    for _ in range(2):
        assert ma.api.delete(f"/api/v1/dishes/{dish.pk}/image/").status_code == 204
    assert kept(media) == {}
    assert ma.api.get(f"/api/v1/dishes/{dish.pk}/").json()["image"] is None
    dish.store.refresh_from_db()
    assert dish.store.menu_version == 4


def test_what_is_served_is_a_picture_and_nothing_else(ma, dish, media, client, settings):
    url = send(ma.api, dish, picture()).json()["image"]
    assert url.startswith("/media/dishes/") and url.endswith(".webp")
    settings.ROOT_URLCONF = "tests.bad_input.media_urls"
    answer = client.get(url)
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    answer.close()
