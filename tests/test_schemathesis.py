"""The API against its own document: whatever fits the OpenAPI gets a documented answer, never a 5xx."""

import pytest
import schemathesis
from django.core import signals
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from hub.transactions import transact
from hub.wsgi import application
from ordering.orders import actions, payment, submit
from ordering.orders.models import Batch, Line
from tests import factories

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
# Of how many operations at least one good answer must have been judged.
LEAST = {"diner": 8, "manager": 15}
ROLES = tuple(LEAST)


@pytest.fixture
def one_connection():
    """Requests share the test's own connection and transaction, as with Django's test client."""
    moments = (signals.request_started, signals.request_finished)
    for moment in moments:
        moment.disconnect(close_old_connections)
    yield
    for moment in moments:
        moment.connect(close_old_connections)


@pytest.fixture(scope="module")
def schema(django_db_setup, django_db_blocker):
    """The document as it is served; the contracts see that it is the committed one."""
    with django_db_blocker.unblock():
        return schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)


@pytest.fixture
def house(one_connection, weixin, store, lin, fang, ma):
    """lin's accepted order and everything around it: the ids that a path may name."""
    dish = factories.dish(store, remaining=50)
    body = {"store": store.code, "kind": "pickup", "lines": [{"dish": dish.pk, "quantity": 2}]}
    no = transact(lambda tx: submit.submit(tx, actor=lin.actor, order=body), actor="tests")["no"]
    transact(lambda tx: payment.settle(tx, no, actor=fang.actor, channel="cash"), actor="tests")
    transact(lambda tx: actions.accept(tx, no, actor=fang.actor), actor="tests")
    line = Line.objects.get(order__no=no)
    known = {"no": no, "code": store.code, "store": store.code, "station": "wok", "uid": fang.user.uid}
    known |= {"batch": Batch.objects.get(order__no=no).pk, "sid": lin.actor.sid}
    ids = {"dishes": dish.pk, "lines": line.pk, "tables": store.tables.first().pk, "devices": 1}
    return {"known": known, "ids": ids, "diner": lin.token, "manager": ma.token, "answered": set()}


def real(house, path, name):
    """The value of a path parameter for something that is there."""
    subject = next((subject for subject in house["ids"] if f"/{subject}/" in path), "lines")
    return house["ids"][subject] if name == "id" else house["known"].get(name)


def fuzz(house, operation, role, examples, by_chance=False):
    """This operation with generated requests of this role; each is undone."""

    @settings(
        max_examples=examples,
        derandomize=not by_chance,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_real=st.booleans())
    def run(case, is_real):
        point = transaction.savepoint()
        try:
            ask(house, case, role, is_real)
        finally:
            transaction.savepoint_rollback(point)

    run()


def ask(house, case, role, is_real):
    """Call and judge."""
    if is_real and case.path_parameters:
        for name in case.path_parameters:
            case.path_parameters[name] = real(house, case.operation.path, name)
    response = case.call(headers={"Authorization": f"Bearer {house[role]}"})
    case.validate_response(response, checks=CHECKS)
    if response.status_code < 300:
        house["answered"].add((case.operation.method, case.operation.path))


def operations(schema):
    """Every operation that Django answers; long polls are served ahead of it and have tests of their own."""
    found = [result.ok() for result in schema.get_all_operations()]
    return [operation for operation in found if "/rt/" not in operation.path]


@pytest.mark.parametrize("role", ROLES)
def test_generated_requests_get_documented_answers(schema, house, role):
    for operation in operations(schema):
        fuzz(house, operation, role, 3)
    assert len(house["answered"]) >= LEAST[role], "not all of them may be refusals"


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_many_generated_requests_get_documented_answers(schema, house, role):
    for operation in operations(schema):
        fuzz(house, operation, role, 100, by_chance=True)


def test_control_an_undocumented_answer_is_noticed(schema, house, monkeypatch):
    monkeypatch.setattr("ordering.users.queries.profile", lambda user: {"id": 7})
    operation = next(o for o in operations(schema) if o.path == "/api/v1/me/" and o.method == "get")
    with pytest.raises(BaseExceptionGroup) as found:
        fuzz(house, operation, "diner", 3)
    assert any("required property" in str(error) for error in found.value.exceptions)
