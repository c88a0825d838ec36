"""The published documents are those of the code: current, whole, and complete."""

import json
from pathlib import Path

import jsonschema
import pytest
from django.core.management import call_command

from consumers.closing import Close
from consumers.routing import SCREENS
from hub.bootstrap.contracts import DOCUMENTS
from hub.events import vocabulary
from ordering.orders import states
from ordering.users.permissions import METHODS, UNDECLARED

DOCS = Path(__file__).resolve().parent.parent / "docs"
WORDS = {"anyone", "known", "user", "diner", "owner", "counter", "kitchen", "manager", "staff", "table"}
WORDS |= {"gateway", "stream"}
NOT_REST = {"/api/", "/api/v1/", "/api/schema/", "/api/schema/swagger-ui/", "/api/schema/asyncapi.json"}


@pytest.fixture(scope="module")
def docs():
    """The committed documents by name."""
    return {name: json.loads((DOCS / name).read_text("utf-8")) for name in DOCUMENTS}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_committed_document_is_current(name, tmp_path):
    command, *options = DOCUMENTS[name]
    call_command(command, *options, "--file", str(tmp_path / name))
    made, kept = (json.loads((folder / name).read_text("utf-8")) for folder in (tmp_path, DOCS))
    assert made == kept, f"docs/{name} is stale: run `make contracts`"


def refs(node):
    """Every reference of a document."""
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        for value in node.values():
            yield from refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from refs(value)


def resolve(document, ref):
    """What a local reference names."""
    found = document
    for part in ref.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
def test_every_reference_leads_somewhere(docs, name):
    for ref in refs(docs[name]):
        assert resolve(docs[name], ref) is not None


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
def test_every_schema_is_a_json_schema(docs, name):
    for schema in docs[name]["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def operations(docs):
    return [
        (path, method, o)
        for path, item in docs["openapi.json"]["paths"].items()
        for method, o in item.items()
    ]


def test_every_operation_is_whole(docs):
    found = operations(docs)
    names = [operation["operationId"] for _, _, operation in found]
    assert len(names) == len(set(names))
    for path, method, operation in found:
        said = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert said == {part.split("}")[0] for part in path.split("{")[1:]}, path
        assert any(status.startswith(("2", "4")) for status in operation["responses"]), path
        problem = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}, (path, method)


def same_route(path):
    """A route with its parameters' names left out: generators call one id differently."""
    return "".join(part.split("}")[-1] + "{}" for part in ("}" + path).split("{"))


def test_openapi_and_the_matrix_name_the_same_addresses(docs):
    rest = {(same_route(path), method.upper()) for path, method, _ in operations(docs)}
    matrix = [row for row in docs["permissions.json"] if row["route"] not in NOT_REST]
    assert rest == {(same_route(row["route"]), row["method"]) for row in matrix}


def test_the_matrix_speaks_of_every_route_in_known_words(docs):
    rows = docs["permissions.json"]
    assert len(rows) == len({(row["route"], row["method"]) for row in rows})
    for row in rows:
        assert row["access"] != UNDECLARED and set(row["access"].split("|")) <= WORDS, row
        assert row["method"] in METHODS
    for row in docs["streams.json"]:
        assert set(row["access"].split("|")) <= WORDS, row


def test_asyncapi_names_every_screen_event_and_close_code(docs):
    document = docs["asyncapi.json"]
    assert document["asyncapi"].startswith("3.")
    assert {c["address"] for c in document["channels"].values()} == {f"/ws/{name}/" for name in SCREENS}
    assert document["x-events"].keys() == vocabulary().keys()
    assert document["x-close-codes"].keys() == {str(int(code)) for code in Close}
    assert all(code["final"] == (int(n) >= 4500) for n, code in document["x-close-codes"].items())
    for part in ("x-events", "x-close-codes"):
        assert all(entry.get("description") or entry.get("meaning") for entry in document[part].values())


def test_states_are_the_tables(docs):
    order, line = docs["states.json"]["order"], docs["states.json"]["line"]
    assert order["states"] == list(states.OrderStatus) and line["states"] == list(states.LineState)
    for table, moves in ((order, states.ORDER_MOVES), (line, states.LINE_MOVES)):
        assert [move["name"] for move in table["moves"]] == [move.name for move in moves]
    addresses = {row["route"] for row in docs["permissions.json"]}
    for move in {move.name for move in states.ORDER_MOVES}:
        assert f"/api/v1/orders/{{no}}/{move}/" in addresses
    for move in {move.name for move in states.LINE_MOVES}:
        assert f"/api/v1/kitchen/lines/{{pk}}/{move}/" in addresses


def test_the_documents_are_served(anonymous, db):
    assert anonymous.get("/api/schema/").status_code == 200
    served = anonymous.get("/api/schema/asyncapi.json")
    assert served.json() == json.loads((DOCS / "asyncapi.json").read_text("utf-8"))


def test_control_a_stale_document_is_noticed(docs, tmp_path):
    command, *options = DOCUMENTS["permissions.json"]
    call_command(command, *options, "--file", str(tmp_path / "p.json"))
    made = json.loads((tmp_path / "p.json").read_text("utf-8"))
    assert made[1:] != docs["permissions.json"]
