"""Once only: a key takes effect at most once, a refusal leaves nothing behind, rivals wait or are told."""

import threading

import orjson
import pytest
from django.db import connection

from hub import idempotency
from hub.errors import Refusal
from hub.idempotency import Once, check_key, fingerprint, perform
from hub.models import IdempotencyKey, Stream
from hub.transactions import transact
from tests import factories
from tests.ordering.orders import trips

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]


def effect(name):
    """Work that leaves a visible trace: one row a run."""

    def work(tx):
        Stream.objects.create(key=f"{name}.{Stream.objects.filter(key__startswith=name).count()}")
        return {"made": name}

    return work


def made(name):
    return Stream.objects.filter(key__startswith=name).count()


def once(key="k", body=None, scope="diner:lin"):
    return Once(scope, key, fingerprint("POST", "/orders/", body))


def run(name, key="k", body=None, scope="diner:lin", work=None):
    return perform(work or effect(name), actor=scope, once=once(key, body, scope), status=201)


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 65, "鍵", "\x7f", "tab\t"])
def test_a_key_that_is_no_key_is_refused(key):
    with pytest.raises(Refusal) as no:
        check_key(key, required=False)
    assert (no.value.status, no.value.code) == (400, "idempotency.key_invalid")


def test_where_a_key_is_required_none_is_refused_and_elsewhere_it_is_not_needed():
    assert check_key(None, required=False) is None
    with pytest.raises(Refusal) as no:
        check_key(None, required=True)
    assert (no.value.status, no.value.code) == (400, "idempotency.key_required")


def test_repeats_get_the_first_answer_and_do_nothing():
    answers = [run("meal") for _ in range(4)]
    assert made("meal") == 1
    assert {(a.status, a.body) for a in answers} == {(201, orjson.dumps({"made": "meal"}))}
    assert [a.replayed for a in answers] == [False, True, True, True]


def test_another_key_is_another_request():
    run("meal", key="a"), run("meal", key="b"), run("meal", key="b")
    assert made("meal") == 2
    assert IdempotencyKey.objects.count() == 2


def test_the_same_key_of_somebody_else_is_not_the_same():
    run("meal", scope="diner:lin"), run("meal", scope="diner:zhao")
    assert made("meal") == 2


def test_a_key_that_comes_with_another_request_is_refused():
    run("meal", body={"n": 1})
    with pytest.raises(Refusal) as no:
        run("meal", body={"n": 2})
    assert (no.value.status, no.value.code) == (422, "idempotency.key_reused")
    assert made("meal") == 1


def test_the_order_of_a_bodys_fields_does_not_matter():
    run("meal", body={"a": 1, "b": 2})
    assert run("meal", body={"b": 2, "a": 1}).replayed


def test_a_refusal_in_the_work_is_not_stored_and_the_key_may_be_tried_again():
    def refuse(tx):
        effect("meal")(tx)
        raise Refusal("stock.sold_out", 409, "已售罄")

    for _ in range(2):
        with pytest.raises(Refusal):
            run("meal", work=refuse)
    assert made("meal") == 0 and IdempotencyKey.objects.count() == 0
    assert not run("meal").replayed
    assert made("meal") == 1


def test_a_fault_after_the_work_but_before_commit_undoes_both():
    def work(tx):
        effect("meal")(tx)
        return object  # cannot be stored as JSON: the transaction must not outlive its answer

    with pytest.raises(TypeError):
        run("meal", work=work)
    assert made("meal") == 0 and IdempotencyKey.objects.count() == 0


def test_work_without_a_key_leaves_no_key():
    perform(effect("meal"), actor="diner:lin", once=None, status=201)
    perform(effect("meal"), actor="diner:lin", once=None, status=201)
    assert made("meal") == 2 and IdempotencyKey.objects.count() == 0


def test_fifty_at_once_take_effect_once_and_hear_the_same(at_once):
    answers = at_once(lambda i: run("meal"), 50)
    assert made("meal") == 1
    assert {a.body for a in answers} == {orjson.dumps({"made": "meal"})}
    assert sum(not a.replayed for a in answers) == 1


def test_control_without_the_key_fifty_at_once_take_effect_fifty_times(at_once):
    lock = threading.Lock()
    count = iter(range(50))

    def work(tx):
        with lock:
            Stream.objects.create(key=f"meal.{next(count)}")

    at_once(lambda i: transact(work, actor="diner:lin"), 50)
    assert made("meal") == 50


def test_different_keys_at_once_do_not_hinder_each_other(at_once):
    def work(i):
        return run(f"meal{i}", key=f"key{i}")

    assert all(not answer.replayed for answer in at_once(work, 8))
    assert made("meal") == 8


@pytest.mark.mariadb
def test_a_rival_is_told_when_the_first_does_not_end_in_time():
    working, over = threading.Event(), threading.Event()

    def slow(tx):
        working.set()
        over.wait(20)
        return effect("meal")(tx)

    def first():
        run("meal", work=slow)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert working.wait(10)
    with pytest.raises(Refusal) as no:
        run("meal")
    over.set()
    thread.join(20)
    assert (no.value.status, no.value.code) == (409, "idempotency.in_progress")
    assert no.value.headers["Retry-After"] == "1"
    assert made("meal") == 1 and run("meal").replayed


def test_a_tap_is_the_same_by_actor_action_and_target_whatever_else_it_says(lin, store):
    order = trips.submit(lin, trips.basket(factories.dish(store)))
    tap = "0f3c1a52-9d0e-4a51-8a54-0d2b0f0a7d11"
    first = trips.post(lin, f"orders/{order['no']}/cancel/", {"op_id": tap, "reason": "改主意"})
    again = trips.post(lin, f"orders/{order['no']}/cancel/", {"op_id": tap, "version": 1})
    assert first.status_code == again.status_code == 200
    assert first.content == again.content and again["Idempotency-Replayed"] == "true"


def test_old_keys_are_forgotten_and_young_ones_kept():
    run("meal", key="old"), run("meal", key="young")
    IdempotencyKey.objects.filter(key="old").update(
        created_at=idempotency.clock.now() - idempotency.KEPT_FOR * 2
    )
    assert idempotency.forget_old() == 1
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["young"]
