"""Limits per user, then per address: 429 and when to return; a dead Redis neither opens nor shuts them."""

import pytest

from hub import throttling
from hub.bootstrap.servers import throwaway_redis
from hub.settings.base import env
from tests import factories
from tests.bad_input.spoiled import problem_of

pytestmark = pytest.mark.django_db

LOOK = "/api/v1/me/"


@pytest.fixture
def limited(settings):
    """Two requests a minute of each kind."""
    throttling.own.clear()
    settings.RATE_LIMIT_SCALE = 1
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, "2/m")
    return settings


def throttled(answer):
    """Whether it is the refusal of a throttle, in its whole form."""
    if answer.status_code != 429:
        return False
    assert problem_of(answer)["code"] == "request.throttled"
    assert 1 <= int(answer["Retry-After"]) <= 60
    return True


@pytest.mark.parametrize(
    "who, path",
    [
        ("anonymous", "auth/login/"),
        ("anonymous", "auth/wechat/"),
        ("anonymous", "devices/claim/"),
        ("lin", "reviews/"),
        ("lin", "reviews/1/images/"),
        ("lin", "feedback/"),
        ("ma", "dishes/1/image/"),
        ("lin", "coupons/1/claim/"),
        ("lin", "orders/"),
    ],
)
def test_the_third_is_refused_with_when_to_come_back(limited, request, who, path):
    caller = request.getfixturevalue(who)
    api = caller if who == "anonymous" else caller.api
    answers = [api.post(f"/api/v1/{path}", {}, format="json") for _ in range(3)]
    assert [throttled(answer) for answer in answers] == [False, False, True]


def test_each_user_has_a_limit_of_their_own_at_one_address(limited, lin, zhao):
    assert [throttled(lin.api.get(LOOK)) for _ in range(3)] == [False, False, True]
    assert not throttled(zhao.api.get(LOOK))


def strangers(addresses, **headers):
    """What strangers who say they come from these addresses are told by a limit of two."""
    api = factories.client()
    made = [api.get("/api/v1/stores/", HTTP_X_FORWARDED_FOR=said, **headers) for said in addresses]
    return [throttled(answer) for answer in made]


def test_what_a_stranger_says_of_the_address_counts_for_nothing(limited, store):
    assert strangers(["192.0.2.1", "192.0.2.2", "192.0.2.3"]) == [False, False, True]


def test_behind_a_trusted_proxy_the_last_hop_counts(limited, store):
    limited.TRUSTED_PROXIES = 1
    forged = [f"10.0.0.{n}, 192.0.2.1" for n in range(3)]
    assert strangers(forged) == [False, False, True]
    assert strangers(["192.0.2.1, 192.0.2.9"]) == [False]


def looks(api, times):
    """The statuses of so many requests."""
    return [api.get(LOOK).status_code for _ in range(times)]


@pytest.fixture
def redis(limited):
    """A Redis of its own under the cache."""
    with throwaway_redis() as server:
        limited.REDIS_URL = server.url
        limited.CACHES = {"default": env.cache(server.url)}
        yield server


@pytest.mark.mariadb
def test_a_dead_redis_leaves_the_limit_to_each_process(redis, lin):
    api = lin.api
    assert looks(api, 1) == [200]
    redis.kill()
    assert looks(api, 4) == [200, 200, 429, 429]
    redis.restart()
    throttling.own.clear()  # what a minute does
    assert looks(api, 3) == [200, 200, 429]


@pytest.mark.mariadb
def test_control_with_the_cache_alone_a_dead_redis_opens_the_door(redis, lin, monkeypatch):
    monkeypatch.setattr(throttling.ScaledThrottle, "cache", throttling.cache)
    redis.kill()
    assert looks(lin.api, 5) == [200] * 5
