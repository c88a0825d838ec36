"""The cast's restaurant with its stations."""

import pytest

from tests import factories


@pytest.fixture
def store(db):
    """Store `teahouse` with the stations wok (热炒), cold and bar."""
    return factories.store("teahouse", name="茶馆")


@pytest.fixture
def station(store):
    return store.stations.get(code="wok")
