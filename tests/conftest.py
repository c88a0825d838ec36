"""The cast: `lin` dines, `zhao` is the stranger, `wang` cooks, `fang` stands at the counter, `ma` manages."""

import gc
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.management import create_contenttypes
from django.core.cache import cache
from django.db import connection
from django.db.models.signals import post_migrate
from rest_framework.test import APIClient

from hub.eventlog import create_stream, ensure_epoch
from ordering.restaurant.models import DiningTable, Store
from tests import factories
from tests.databases import prepared_sqlite
from tests.factories import Person, Screen

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences"}


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to have the collector walk through it cost a tenth of all CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_modify_db_settings: None) -> Iterator[bool]:
    """SQLite begins with the run's tables rather than with a migration in each process."""
    if connection.vendor != "sqlite":
        yield False
        return
    name = Path(connection.creation._get_test_db_name())
    shutil.copy(prepared_sqlite() / "tables.sqlite3", name)
    yield True
    connection.close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{name}{suffix}").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Tables as usual; but a flush after each test need not write Django's permissions anew."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)


@pytest.fixture(autouse=True)
def log_beginnings(request: pytest.FixtureRequest) -> Iterator[None]:
    """What migrations made and a test with real commits flushes: the epoch and the `auth` stream."""
    if request.node.get_closest_marker("django_db") or DATABASE_FIXTURES & set(request.fixturenames):
        request.getfixturevalue("db")
        ensure_epoch()
        create_stream("auth")
        cache.clear()
    yield


@pytest.fixture
def store(db: None) -> Store:
    """Store `demo`: streams, stations wok, cold, bar, tables t1 to t4; open, pay first, accepts by hand."""
    return factories.store()


@pytest.fixture
def other_store(db: None) -> Store:
    """A second restaurant, whose things are nobody's business here."""
    return factories.store("other", name="隔壁老店")


@pytest.fixture
def table(store: Store) -> DiningTable:
    """Table t1 of the store."""
    return store.tables.select_related("store").get(code="t1")


@pytest.fixture
def anonymous() -> APIClient:
    """A client without a token."""
    return factories.client()


@pytest.fixture
def lin(db: None) -> Person:
    """Dines here."""
    return factories.person("lin")


@pytest.fixture
def zhao(db: None) -> Person:
    """Dines too, and has no business with lin's things."""
    return factories.person("zhao")


@pytest.fixture
def wang(store: Store) -> Person:
    """Cooks."""
    return factories.staff("wang", store, "kitchen")


@pytest.fixture
def fang(store: Store) -> Person:
    """Stands at the counter."""
    return factories.staff("fang", store, "counter")


@pytest.fixture
def ma(store: Store) -> Person:
    """Manages the store."""
    return factories.staff("ma", store, "manager")


@pytest.fixture
def boss(store: Store) -> Person:
    """Owns the store."""
    return factories.staff("boss", store, "owner")


@pytest.fixture
def tablet(store: Store) -> Screen:
    """The kitchen's tablet at the wok."""
    return factories.screen(store, "kitchen", "wok")


@pytest.fixture
def weixin(settings: Any) -> Iterator[Any]:
    """WeChat as people log in to it: the run's emulator, configured."""
    from tests import weixin  # here, so that tests without WeChat do not load its emulator

    with weixin.configured(settings) as emulator:
        yield emulator


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """``at_once(work, count)``: run ``work(i)`` in so many threads; results or exceptions in order."""

    def run(work: Callable[[int], Any], count: int) -> list[Any]:
        results: list[Any] = [None] * count
        start = threading.Barrier(count)

        def one(index: int) -> None:
            start.wait()
            try:
                results[index] = work(index)
            except Exception as error:
                results[index] = error
            finally:
                connection.close()

        threads = [threading.Thread(target=one, args=(index,)) for index in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return results

    return run
