"""Health and metrics: alive without I/O, ready with a reason, metrics for operators only."""

import pytest
from django.db import OperationalError

from hub import eventlog, lifecycle
from hub.lifecycle import Lifecycle


@pytest.fixture(autouse=True)
def life(monkeypatch):
    state = Lifecycle()
    monkeypatch.setattr(lifecycle, "state", state)
    return state


def test_alive_needs_no_database(client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready(client, store):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "reasons": [], "degraded": []})


@pytest.mark.django_db
def test_a_process_that_is_stopping_is_not_ready(client, life):
    life.stopping = True
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["stopping"])
    assert answer["Retry-After"] == "1"


@pytest.mark.django_db
def test_a_database_that_is_gone_is_named(client, monkeypatch, life):
    life.migrated = True

    def gone(keys):
        raise OperationalError(2006, "gone away")

    monkeypatch.setattr(eventlog, "heads", gone)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["database"])


@pytest.mark.django_db
def test_readers_that_fall_behind_are_named(client, life, store):
    life.last_sweep = 0.0
    assert client.get("/readyz").json()["reasons"] == ["event_lag"]


@pytest.mark.django_db
def test_a_dead_redis_only_degrades(client, settings, store):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": settings.REDIS_URL,
            "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 1, "IGNORE_EXCEPTIONS": True},
        }
    }
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["degraded"]) == (200, ["redis"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("token", "debug", "header", "status"),
    [
        ("", True, {}, 200),
        ("", False, {}, 404),
        ("s3cret", False, {}, 404),
        ("s3cret", True, {"Authorization": "Bearer wrong"}, 404),
        ("s3cret", False, {"Authorization": "Bearer s3cret"}, 200),
    ],
)
def test_metrics_are_for_operators(client, settings, token, debug, header, status):
    settings.METRICS_TOKEN, settings.DEBUG = token, debug
    answer = client.get("/metrics", headers=header)
    assert answer.status_code == status
    assert (b"kaifan_readers" in answer.content) == (status == 200)
