"""Settings: nonsense stops the start, every complaint at once; production refuses development's ways."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.settings import media

ROOT = Path(__file__).resolve().parents[2]
FIT = {
    "SECRET_KEY": "0123456789abcdef-" * 4,
    "JWT_SECRET_KEY": "j" * 40,
    "ALLOWED_HOSTS": "eat.example.com",
    "DATABASE_URL": "mysql://u:p@db.example.com:3306/kaifan",
    "REDIS_URL": "redis://cache.example.com:6379/0",
}
SHOW = "import json, django.conf; s = django.conf.settings; print(json.dumps({k: getattr(s, k) for k in %r}))"


def start(module, env, names=("DEBUG",)):
    """Load the settings in a process of their own: (what they are, or what they complain about)."""
    clean = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "DJANGO_SETTINGS_MODULE": f"hub.settings.{module}",
    }
    result = subprocess.run(
        [sys.executable, "-c", SHOW % (list(names),)],
        cwd=ROOT,
        env={**clean, **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return json.loads(result.stdout) if result.returncode == 0 else result.stderr


def test_production_starts_when_it_is_fit():
    assert start("production", FIT, ("DEBUG", "DEMO_ALLOWED")) == {"DEBUG": False, "DEMO_ALLOWED": False}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("JWT_SECRET_KEY", "short"),
        ("JWT_SECRET_KEY", "0123456789abcdef-" * 4),
        ("DEBUG", "1"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", ""),
        ("RATE_LIMIT_SCALE", "0"),
        ("WORKER_SPEED", "60"),
        ("WECHAT_MODE", "sandbox"),
        ("DATABASE_URL", "sqlite:////tmp/x.sqlite3"),
    ],
)
def test_production_refuses(name, value):
    complaint = start("production", {**FIT, name: value})
    assert "Not fit for production" in complaint and name in complaint.rsplit("production:", 1)[1]


def test_all_complaints_come_at_once():
    complaint = start(
        "development", {"RATE_LIMIT_SCALE": "much", "WORKER_SPEED": "-1", "EVENT_RETENTION_DAYS": "0"}
    )
    assert all(name in complaint for name in ("RATE_LIMIT_SCALE", "WORKER_SPEED", "EVENT_RETENTION_DAYS"))


def test_development_needs_nothing():
    shown = start("development", {}, ("DEBUG", "REDIS_URL", "CHANNEL_LAYERS", "DATABASES"))
    assert shown["DEBUG"] is True and shown["REDIS_URL"] == ""
    assert shown["CHANNEL_LAYERS"]["default"]["BACKEND"].endswith("InMemoryChannelLayer")
    assert shown["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_the_separate_names_make_the_same_addresses():
    env = {
        "DB_NAME": "kaifan",
        "DB_USER": "u",
        "DB_PASSWORD": "p",
        "DB_HOST": "db",
        "DB_PORT": "3307",
        "REDIS_HOST": "cache",
        "REDIS_PORT": "6380",
        "REDIS_DB": "2",
        "REDIS_PASSWORD": "p@ss/word",
    }
    shown = start("development", env, ("DATABASES", "REDIS_URL", "CHANNEL_LAYERS"))
    database = shown["DATABASES"]["default"]
    assert [database[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")] == [
        "kaifan",
        "u",
        "p",
        "db",
        "3307",
    ]
    assert database["OPTIONS"]["isolation_level"] == "read committed"
    assert shown["REDIS_URL"] == "redis://:p%40ss%2Fword@cache:6380/2"
    # An explicit None: redis 8 would close every idle socket after its default of five seconds.
    assert shown["CHANNEL_LAYERS"]["default"]["CONFIG"]["hosts"][0]["socket_timeout"] is None


def test_urls_win_over_separate_names():
    env = {
        "DATABASE_URL": "mysql://a:b@one/x",
        "DB_NAME": "y",
        "DB_HOST": "two",
        "REDIS_URL": "redis://one/0",
        "REDIS_HOST": "two",
    }
    shown = start("development", env, ("DATABASES", "REDIS_URL"))
    assert shown["DATABASES"]["default"]["HOST"] == "one" and shown["REDIS_URL"] == "redis://one/0"


BUCKET = {
    "MEDIA_STORAGE": "s3",
    "S3_BUCKET": "kaifan-125",
    "S3_ENDPOINT_URL": "https://cos.ap-shanghai.myqcloud.com",
    "S3_REGION": "ap-shanghai",
    "S3_ACCESS_KEY_ID": "id",
    "S3_SECRET_ACCESS_KEY": "secret",
    "S3_PUBLIC_URL": "https://img.example.com/menu/",
    "S3_ADDRESSING": "virtual",
}
USE_IT = """
import sys, django
django.setup()
from django.core.files.storage import default_storage
default_storage.url("a")
print(sorted({"boto3", "botocore", "storages"} & {*sys.modules}))
"""


def test_pictures_lie_on_the_disk_unless_a_bucket_is_named():
    shown = start("development", {}, ("STORAGES", "MEDIA_ORIGIN"))
    assert shown["STORAGES"]["default"] == {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    assert shown["MEDIA_ORIGIN"] == ""
    shown = start("production", {**FIT, **BUCKET}, ("STORAGES", "MEDIA_ORIGIN"))
    assert shown["MEDIA_ORIGIN"] == "https://img.example.com"
    assert shown["STORAGES"]["default"]["OPTIONS"] == {
        "bucket_name": "kaifan-125",
        "endpoint_url": "https://cos.ap-shanghai.myqcloud.com",
        "region_name": "ap-shanghai",
        "access_key": "id",
        "secret_key": "secret",
        "public_url": "https://img.example.com/menu",
        "addressing": "virtual",
    }


@pytest.mark.parametrize(("env", "loaded"), [({}, "[]"), (BUCKET, "['boto3', 'botocore', 'storages']")])
def test_nothing_of_the_bucket_is_loaded_without_one(env, loaded):
    clean = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "hub.settings.development"}
    command = [sys.executable, "-c", USE_IT]
    result = subprocess.run(
        command, cwd=ROOT, env={**clean, **env}, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == loaded


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"MEDIA_STORAGE": "cos"}, "MEDIA_STORAGE: cos is none of local, s3"),
        ({"S3_BUCKET": " "}, "S3_BUCKET: MEDIA_STORAGE=s3 needs it"),
        ({"S3_SECRET_ACCESS_KEY": ""}, "S3_SECRET_ACCESS_KEY: MEDIA_STORAGE=s3 needs it"),
        ({"S3_PUBLIC_URL": ""}, "S3_PUBLIC_URL: MEDIA_STORAGE=s3 needs it"),
        ({"S3_PUBLIC_URL": "img.example.com"}, "S3_PUBLIC_URL: img.example.com is no http(s) address"),
        ({"S3_PUBLIC_URL": "https://a.example; script-src *"}, "S3_PUBLIC_URL: "),
        ({"S3_ENDPOINT_URL": "https://[cos"}, "S3_ENDPOINT_URL: "),
        ({"S3_ENDPOINT_URL": "", "S3_REGION": ""}, "S3_REGION: MEDIA_STORAGE=s3 needs it"),
        ({"S3_ADDRESSING": "dns"}, "S3_ADDRESSING: dns is none of auto, path, virtual"),
        ({"S3_PUBLIC_URL": "http://img.example.com"}, "S3_PUBLIC_URL: must be https"),
    ],
)
def test_an_unusable_bucket_stops_the_start(change, complaint):
    said = start("production", {**FIT, **BUCKET, **change})
    assert complaint in said and "secret" not in said.rsplit("ImproperlyConfigured", 1)[1]


def test_a_missing_package_stops_the_start(monkeypatch):
    monkeypatch.setattr(media, "PACKAGES", ("json", "no_such_package"))
    said = {name: BUCKET[f"S3_{name}"] for name in media.NAMES.split()}
    assert media.faults(said) == [
        "MEDIA_STORAGE: s3 needs no_such_package: pip install -r requirements-s3.txt"
    ]


def test_django_itself_has_no_complaint_about_production():
    result = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "hub.settings.production", **FIT},
    )
    assert result.returncode == 0, result.stdout + result.stderr
