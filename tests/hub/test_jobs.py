"""The outbox: written with its cause, done once whoever works, tried again until it is dead; and lanes."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hub import clock, jobs, metrics, worker
from hub.errors import Refusal
from hub.jobs import Later, Never
from hub.models import Job
from hub.transactions import transact
from tests import factories
from tests.hub import handlers
from tests.wechat.emulator import until

pytestmark = pytest.mark.django_db(transaction=True)
both = pytest.mark.both


@pytest.fixture(autouse=True)
def kind(settings):
    """The one kind of job here."""
    settings.JOB_KINDS = {"test": "tests.hub.handlers.handle"}
    handlers.reset()
    yield "test"
    handlers.reset()


def fails(error):
    def behave(payload):
        raise error

    handlers.behaviour["handle"] = behave


def add(key="a", **payload):
    jobs.add("test", key, payload, store="demo")


def make_due():
    Job.objects.filter(next_try_at__isnull=False).update(next_try_at=clock.now() - timedelta(seconds=1))


def outcomes(outcome):
    return metrics.JOBS.labels("test", outcome)._value.get()


# Writing


@both
def test_a_job_is_one_statement_once_and_goes_with_its_cause():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        add("lost")
        raise ZeroDivisionError
    with transaction.atomic():
        add("a", no="1")
        with CaptureQueriesContext(connection) as caught:
            add("a", no="2")
    assert len(caught) == 1
    job = Job.objects.get()
    assert (job.kind, job.key, job.store, job.payload, job.attempts) == ("test", "a", "demo", {"no": "1"}, 0)
    assert job.next_try_at == job.created_at


def test_a_job_may_wait():
    jobs.add("test", "a", {}, not_before=clock.now() + timedelta(seconds=30))
    assert jobs.run_due() == 0
    with time_machine.travel(clock.now() + timedelta(seconds=31)):
        assert jobs.run_due() == 1


# Doing


@both
def test_what_is_due_is_done_outside_any_transaction():
    add("a", n=1)
    add("b", n=2)
    before = outcomes("done")
    assert (jobs.run_due(), jobs.run_due()) == (2, 0)
    assert handlers.ran == [{"n": 1}, {"n": 2}]
    assert handlers.inside == [False, False]
    assert outcomes("done") == before + 2
    for job in Job.objects.all():
        assert (job.attempts, job.next_try_at, job.dead_at, job.done_at is None) == (1, None, None, False)


def test_a_kind_that_this_version_does_not_know_is_left_to_others():
    jobs.add("tomorrow", "a", {})
    assert jobs.run_due() == 0
    assert Job.objects.get().attempts == 0


def test_a_run_is_bounded(monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 3)
    for n in range(5):
        add(str(n))
    assert (jobs.run_due(), jobs.run_due()) == (3, 2)


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_a_job_that_fails_is_tried_at_growing_pauses_and_then_given_up(monkeypatch, settings, speed):
    settings.WORKER_SPEED = speed
    monkeypatch.setattr(jobs.random, "uniform", lambda low, high: low)
    fails(Later("wechat.unavailable"))
    failed, dead = outcomes("failed"), outcomes("dead")
    pauses = []
    with time_machine.travel(clock.now(), tick=False) as moment:
        add()
        while jobs.run_due():
            job = Job.objects.get()
            assert job.last_error == "wechat.unavailable"
            if job.next_try_at is None:
                break
            pauses.append((job.next_try_at - clock.now()).total_seconds() * speed)
            moment.move_to(job.next_try_at - timedelta(seconds=1 / speed))
            assert jobs.run_due() == 0
            moment.move_to(job.next_try_at)
        moment.shift(timedelta(days=30))
        assert jobs.run_due() == 0
    assert pauses == pytest.approx([10, 60, 300, 1800, 7200, 21600], abs=1e-3)
    assert (job.attempts, job.dead_at is not None, len(handlers.ran)) == (7, True, 7)
    assert (outcomes("failed") - failed, outcomes("dead") - dead) == (6, 1)


def test_pauses_are_not_the_same_for_all():
    fails(Later("x"))
    for n in range(8):
        add(str(n))
    with time_machine.travel(clock.now(), tick=False):
        jobs.run_due()
        pauses = {job.next_try_at - clock.now() for job in Job.objects.all()}
    assert len(pauses) > 1
    assert all(timedelta(seconds=10) <= pause <= timedelta(seconds=12) for pause in pauses)


def test_never_is_dead_at_once_and_a_retry_begins_anew():
    fails(Never("wechat.40037" + "x" * 100))
    add()
    assert jobs.run_due() == 1
    [job] = jobs.dead("demo")
    assert (job.attempts, job.next_try_at, len(job.last_error)) == (1, None, 64)
    assert not jobs.dead("other").exists()
    handlers.behaviour.clear()
    assert transact(lambda tx: jobs.retry(tx, job), actor="tests").attempts == 0
    with pytest.raises(Refusal) as no:
        transact(lambda tx: jobs.retry(tx, job), actor="tests")
    assert (no.value.status, no.value.code) == (409, "job.not_dead")
    assert jobs.run_due() == 1
    job.refresh_from_db()
    assert (job.attempts, job.dead_at, job.last_error, job.done_at is None) == (1, None, "", False)


def test_adding_again_begins_anew_only_what_has_ended():
    jobs.add_again("test", "a", {})
    jobs.add_again("test", "a", {})
    assert (jobs.run_due(), jobs.run_due()) == (1, 0)
    jobs.add_again("test", "a", {})
    assert (Job.objects.count(), jobs.run_due()) == (1, 1)


# Two workers, and crashes


@both
def test_workers_at_once_do_every_job_once(at_once):
    for n in range(30):
        add(str(n), n=n)
    done = at_once(lambda i: jobs.run_due() + jobs.run_due(), 4)
    assert jobs.run_due() + sum(done) == 30
    assert sorted(payload["n"] for payload in handlers.ran) == list(range(30))


def with_a_rival(at_once):
    """One worker is in the middle of a job while another looks for work; what each did."""
    begun, seen = threading.Event(), threading.Event()

    def behave(payload):
        if not begun.is_set():
            begun.set()
            seen.wait(10)

    def work(i):
        if i == 0:
            return jobs.run_due()
        begun.wait(10)
        try:
            return jobs.run_due()
        finally:
            seen.set()

    handlers.behaviour["handle"] = behave
    add()
    return at_once(work, 2)


@both
def test_while_one_works_nobody_else_begins(at_once):
    assert with_a_rival(at_once) == [1, 0]
    assert len(handlers.ran) == 1


@both
def test_control_without_the_lease_it_is_done_twice(at_once, monkeypatch):
    monkeypatch.setattr(jobs, "LEASE", 0.0)
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    assert with_a_rival(at_once) == [1, 1]
    assert len(handlers.ran) == 2


@both
def test_what_a_crash_cut_off_is_done_after_the_lease():
    fails(RuntimeError("pulled the plug"))
    add()
    with pytest.raises(RuntimeError):
        jobs.run_due()
    handlers.behaviour.clear()
    assert jobs.run_due() == 0
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert jobs.run_due() == 1
    job = Job.objects.get()
    assert (job.attempts, len(handlers.ran), job.done_at is None) == (2, 2, False)


def test_what_crashes_every_worker_is_given_up():
    fails(RuntimeError("poison"))
    add()
    for _ in range(7):
        with pytest.raises(RuntimeError):
            jobs.run_due()
        make_due()
    assert jobs.run_due() == 1
    job = Job.objects.get()
    assert (job.last_error, job.dead_at is None, len(handlers.ran)) == ("crashed", False, 7)


def test_done_is_done_though_the_lease_ran_out(at_once):
    """The first is slow, the second takes over and fails: what was done is not tried again."""
    add()
    turns = iter([1, 2])

    def behave(payload):
        if next(turns) == 1:
            make_due()
            assert jobs.run_due() == 1
        else:
            raise Later("too late")

    handlers.behaviour["handle"] = behave
    assert jobs.run_due() == 1
    make_due()
    assert jobs.run_due() == 0
    assert Job.objects.get().done_at is not None


# Keeping and measuring


@both
def test_done_jobs_are_forgotten_after_a_week_and_dead_ones_never():
    week = clock.now() - timedelta(days=7, seconds=1)
    for key, fields in {
        "old": {"done_at": week},
        "new": {"done_at": clock.now()},
        "dead": {"dead_at": week},
    }.items():
        Job.objects.create(kind="test", key=key, created_at=week, **fields)
    assert (jobs.forget_done(), jobs.forget_done()) == (1, 0)
    assert sorted(Job.objects.values_list("key", flat=True)) == ["dead", "new"]


def test_whoever_is_asked_knows_how_long_jobs_wait_and_how_many_are_dead(settings):
    settings.METRICS_TOKEN = "look"
    Job.objects.create(kind="test", key="dead", created_at=clock.now(), dead_at=clock.now())
    with time_machine.travel(clock.now(), tick=False) as moment:
        add()
        moment.shift(timedelta(seconds=42))
        page = factories.client().get("/metrics", headers={"Authorization": "Bearer look"}).content.decode()
    assert "\nkaifan_jobs_oldest_seconds 42.0\n" in page
    assert "\nkaifan_jobs_dead 1.0\n" in page


# Lanes


@pytest.fixture
def running(settings, monkeypatch):
    """``running(timers, network)``: a worker with these jobs, stopped at the end."""
    monkeypatch.setattr(worker, "IDLE", 0.002)
    monkeypatch.setattr(worker, "REVIVE_EVERY", 0.005)
    stop, release = threading.Event(), threading.Event()
    begun = []

    def start(timers, network):
        settings.WORKER_JOBS = {f"tests.hub.handlers.{name}": 0.001 for name in timers}
        settings.WORKER_NETWORK_JOBS = {f"tests.hub.handlers.{name}": 0.001 for name in network}
        handlers.behaviour.setdefault("wait", lambda: release.wait(10))
        thread = threading.Thread(target=worker.run_forever, args=(stop,), daemon=True)
        thread.start()
        begun.append(thread)

    yield start
    stop.set()
    release.set()
    for thread in begun:
        thread.join(10)
        assert not thread.is_alive()


def test_no_timer_waits_for_a_network(running):
    running(["tick"], ["wait"])
    until(lambda: "wait" in handlers.ticks and handlers.ticks.count("tick") >= 5, "timers")
    assert handlers.ticks.count("wait") == 1


def test_control_in_one_lane_the_timers_wait(running):
    running(["wait", "tick"], [])
    until(lambda: "wait" in handlers.ticks, "the network job")
    threading.Event().wait(0.05)
    assert handlers.ticks == ["wait"]


def test_a_lane_that_an_error_ended_begins_anew(running, monkeypatch):
    errors = []
    monkeypatch.setattr(threading, "excepthook", lambda args: errors.append(args.exc_type))

    def behave():
        if len(errors) < 2:
            raise KeyError("bug")

    handlers.behaviour["wait"] = behave
    running(["tick"], ["wait"])
    until(lambda: len(errors) == 2 and handlers.ticks.count("wait") >= 4, "the lane")
    assert errors == [KeyError, KeyError]
    assert handlers.ticks.count("tick") >= 1
