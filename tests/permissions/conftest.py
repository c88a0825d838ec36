"""One house for a module of questions: each question's effects are undone, the house stands."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.permissions.house import House, build


@pytest.fixture(scope="module")
def standing_house(django_db_setup: None, django_db_blocker: object) -> Iterator[House]:
    """The house, never committed. Tests that use it must not be transactional."""
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around._from_testcase = True  # as Django's own TestCase: the door's transactions may stand in it
        with around:
            yield build()
            transaction.set_rollback(True)


@pytest.fixture
def house(standing_house: House, db: None) -> House:
    """The standing house for one test."""
    return standing_house
