"""A right basket to spoil, and the judge of the answers."""

import logging

import pytest

from tests import factories
from tests.bad_input.spoiled import post, problem_of, written


@pytest.fixture
def refused(caplog):
    """``refused(status, code, request)``: the answer is that problem and nothing was written."""

    def check(status, code, request):
        before = written()
        caplog.clear()
        response = request()
        assert (response.status_code, response.json().get("code")) == (status, code), response.content[:500]
        problem_of(response)
        assert written() == before
        assert [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR] == []
        assert b"Traceback" not in response.content
        return response

    return check


@pytest.fixture
def dish(store):
    """A dish with a choice."""
    made = factories.dish(store)
    factories.group(made, "辣度", {"不辣": 0, "特辣": 100}, required=True, min=1, max=1)
    return made


@pytest.fixture
def basket(store, dish):
    """A submit body that is right, to be spoiled."""
    option = dish.option_groups.get().options.first().pk
    line = {"dish": dish.pk, "quantity": 1, "options": [option]}
    return {"store": store.code, "kind": "pickup", "lines": [line]}


@pytest.fixture
def order(lin, basket):
    """lin's unpaid order."""
    return post(lin.api, "orders/", basket).json()
