"""The wrong-password guard: five guesses, then a door that stays shut longer and longer."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate as django_authenticate
from django.db.models import F

from hub import clock
from hub.errors import Refusal
from hub.transactions import transact
from ordering.users import credentials, guard
from ordering.users.models import LoginFailure, User
from tests import factories

LOGIN = "/api/v1/auth/login/"


def guess(password, username="fang", address="10.0.0.1"):
    body = {"username": username, "password": password}
    return factories.client().post(LOGIN, body, REMOTE_ADDR=address)


def wait(seconds):
    """As if that much time had passed since the last guess."""
    by = timedelta(seconds=seconds)
    LoginFailure.objects.update(last_at=F("last_at") - by)
    LoginFailure.objects.exclude(blocked_until=None).update(blocked_until=F("blocked_until") - by)


@pytest.mark.django_db
def test_staff_log_in(fang):
    answer = guess("demo")
    assert answer.status_code == 200
    assert answer.json()["user"]["roles"] == [{"store": "demo", "role": "counter"}]


@pytest.mark.django_db
def test_wrong_unknown_and_disabled_answer_alike(fang, lin):
    factories.person("gone", username="gone", password="demo", is_active=False)
    answers = [guess("x"), guess("demo", "nobody"), guess("demo", "gone")]
    assert {(a.status_code, a.json()["code"]) for a in answers} == {(401, "auth.credentials_wrong")}
    assert LoginFailure.objects.count() == 4


@pytest.mark.django_db
def test_the_sixth_guess_finds_the_door_shut(fang):
    assert [guess("x").status_code for _ in range(5)] == [401] * 5
    shut = guess("demo")
    assert (shut.status_code, shut.json()["code"]) == (429, "auth.too_many_attempts")
    assert 25 <= int(shut["Retry-After"]) <= 30


@pytest.mark.django_db
def test_each_further_guess_doubles_the_wait_up_to_fifteen_minutes(fang):
    for _ in range(5):
        guess("x")
    waits = []
    for _ in range(7):
        waits.append(int(guess("x")["Retry-After"]))
        wait(waits[-1] + 1)
        assert guess("x").status_code == 401
    assert waits == [30, 60, 120, 240, 480, 900, 900]


@pytest.mark.django_db
def test_a_right_password_starts_afresh(fang):
    for _ in range(4):
        guess("x")
    assert guess("demo").status_code == 200
    assert [guess("x").status_code for _ in range(5)] == [401] * 5


@pytest.mark.django_db
def test_fifteen_quiet_minutes_after_a_block_start_afresh(fang):
    for _ in range(5):
        guess("x")
    wait(931)
    assert [guess("x").status_code for _ in range(5)] == [401] * 5


@pytest.mark.django_db
def test_one_address_trying_many_names_is_stopped_others_are_not(fang):
    statuses = [guess("x", f"name-{n}").status_code for n in range(guard.ADDRESS_LIMIT + 1)]
    assert statuses == [401] * guard.ADDRESS_LIMIT + [429]
    assert guess("demo").status_code == 429
    assert guess("demo", address="10.0.0.2").status_code == 200


@pytest.mark.django_db
def test_an_own_account_does_not_clear_the_address(fang):
    for n in range(guard.ADDRESS_LIMIT - 1):
        guess("x", f"name-{n}")
    assert guess("demo").status_code == 200
    assert guess("x", "name-a").status_code == 401
    assert guess("x", "name-b").status_code == 429


@pytest.mark.django_db
def test_a_header_does_not_change_the_address(fang):
    for n in range(guard.ADDRESS_LIMIT):
        guess("x", f"name-{n}")
    body = {"username": "fang", "password": "demo"}
    answer = factories.client().post(LOGIN, body, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="8.8.8.8")
    assert answer.status_code == 429


@pytest.mark.django_db
def test_the_admin_form_stands_behind_the_same_guard(fang):
    backend = credentials.GuardedBackend()
    assert backend.authenticate(None, username="fang", password="demo") == fang.user
    assert [backend.authenticate(None, username="fang", password="x") for _ in range(5)] == [None] * 5
    with pytest.raises(Refusal):
        backend.authenticate(None, username="fang", password="demo")
    assert backend.authenticate(None) is None
    assert django_authenticate(None, username=None, password=None) is None


@pytest.mark.django_db(transaction=True)
def test_fifty_guesses_at_once_get_no_more_than_five_checked(at_once):
    factories.person("fang", username="fang", password="demo")
    statuses = [getattr(a, "status_code", a) for a in at_once(lambda n: guess(f"x{n}"), 50)]
    assert set(statuses) <= {401, 429, 503}
    assert 1 <= statuses.count(401) <= guard.NAME_LIMIT


@pytest.mark.django_db(transaction=True)
def test_control_a_guard_that_counts_after_the_check_lets_the_crowd_in(at_once, monkeypatch):
    factories.person("fang", username="fang", password="demo")
    matches = credentials._matches

    def only_look(limits):
        rows = LoginFailure.objects.filter(subject__in=list(limits))
        for row in rows:
            guard._refuse_while_blocked(row, clock.now())

    def check_then_count(user, password):
        right = matches(user, password)
        time.sleep(0.1)  # what a real password hash takes
        transact(lambda tx: guard._count(tx, guard.subjects("fang", "10.0.0.1")), actor="system")
        return right

    monkeypatch.setattr(guard, "admit", only_look)
    monkeypatch.setattr(credentials, "_matches", check_then_count)
    checked = []
    monkeypatch.setattr(User, "check_password", lambda user, password: checked.append(password))
    at_once(lambda n: guess(f"x{n}"), 50)
    assert len(checked) > guard.NAME_LIMIT


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [{}, {"username": "fang"}, {"username": 1, "password": 2}, {"username": "a" * 65, "password": "x"}, []],
)
def test_bodies_that_are_no_credentials(body, anonymous):
    answer = anonymous.post(LOGIN, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "body.invalid")
    assert not LoginFailure.objects.exists()
