"""The published documents are those of the code: current, whole, and complete."""

import ast
import json
import re
from pathlib import Path

import jsonschema
import pytest
from django.conf import settings
from django.core.management import call_command

from consumers.closing import Close
from consumers.routing import SCREENS
from hub import problem
from hub.bootstrap.contracts import DOCUMENTS
from hub.events import vocabulary
from hub.problems import PROBLEMS
from ordering.orders import basket, guards, states
from ordering.users.permissions import METHODS, UNDECLARED

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Where a variable holds the code of a refusal, and which codes it can hold.
VARIABLE = {
    "hub/problem.py": {code for code, _ in problem.KNOWN.values()} | {"request.refused"},
    "ordering/orders/basket.py": set(basket.DETAILS),
    "ordering/orders/guards.py": {guard.code for guard in guards.GUARDS.values()},
    "ordering/orders/change.py": {"order.version_conflict", "order.transition_refused"},
    "ordering/restaurant/manage.py": {
        f"{subject}.{what}" for subject in ("station", "table") for what in ("code_taken", "in_use")
    },
}
WORDS = {"anyone", "known", "user", "diner", "owner", "counter", "kitchen", "manager", "staff", "table"}
WORDS |= {"sharer"}
WORDS |= {"gateway", "stream"}
NOT_REST = {"/api/", "/api/v1/", "/api/schema/", "/api/schema/swagger-ui/", "/api/schema/asyncapi.json"}


@pytest.fixture(scope="module")
def docs():
    """The committed documents by name."""
    return {name: json.loads((DOCS / name).read_text("utf-8")) for name in DOCUMENTS if name.endswith("json")}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_committed_document_is_current(name, tmp_path):
    command, *options = DOCUMENTS[name]
    call_command(command, *options, "--file", str(tmp_path / name))
    made, kept = ((folder / name).read_text("utf-8") for folder in (tmp_path, DOCS))
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


def examples(node):
    """(schema, example) wherever a media type has both."""
    for content in [node] if "content" in node else []:
        for kind in content["content"].values():
            if "example" in kind:
                yield kind["schema"], kind["example"]


def strict(document, schema):
    """An OpenAPI 3.0 schema as JSON Schema, with its references resolved."""
    if isinstance(schema, list):
        return [strict(document, each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return strict(document, resolve(document, schema["$ref"]))
    made = {name: strict(document, value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


def test_examples_follow_their_schemas(docs):
    document, judged = docs["openapi.json"], 0
    for path, method, operation in operations(docs):
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for schema, example in examples(part):
                checker = jsonschema.Draft202012Validator(strict(document, schema))
                assert not list(checker.iter_errors(example)), (method, path)
                judged += 1
    assert judged > 60


def test_the_main_operations_have_examples(docs):
    told = {o["operationId"] for _, _, o in operations(docs) if any(examples(o["responses"].get("200", {})))}
    told |= {o["operationId"] for _, _, o in operations(docs) if any(examples(o["responses"].get("201", {})))}
    assert told >= {
        "auth_login_create", "menu", "orders_quote", "orders_submit", "orders_pay", "orders_accept_create",
        "kitchen_tickets", "orders_refund", "dish_sell_out", "coupons_claim", "reviews_write",
        "reports_turnover",
    }  # fmt: skip
    kept = json.loads(settings.OPENAPI_EXAMPLES.read_text("utf-8"))
    assert kept.keys() <= {o["operationId"] for _, _, o in operations(docs)}


def test_the_postman_collection_has_every_operation_once(docs):
    collection = docs["postman.json"]
    assert collection["info"]["schema"].endswith("/collection/v2.1.0/collection.json")
    items = [item for folder in collection["item"] for item in folder["item"]]
    assert sorted(item["name"] for item in items) == sorted(o["operationId"] for _, _, o in operations(docs))
    for item in items:
        url, body = item["request"]["url"], item["request"].get("body", {})
        assert url["raw"].startswith("{{base_url}}/api/") and url["host"] == ["{{base_url}}"]
        assert [one["key"] for one in url.get("variable", [])] == re.findall(r":(\w+)", "/".join(url["path"]))
        json.loads(body.get("raw", "null"))
    keeping = {item["name"] for item in items if "event" in item}
    assert keeping == {"auth_guest_create", "auth_login_create", "auth_refresh_create", "auth_wechat_create"}


def raised():
    """(file, code, status) of every refusal in the source; the code is None where a variable holds it."""
    for folder in ("hub", "ordering", "kitchen", "consumers", "screens"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                    code, status = (getattr(part, "value", None) for part in node.args[:2])
                    yield file.relative_to(ROOT).as_posix(), code if isinstance(code, str) else None, status


def test_every_code_is_in_the_vocabulary_and_is_raised():
    found = list(raised())
    unknown = {(code, status) for _, code, status in found if code} - {
        (c, p.status) for c, p in PROBLEMS.items()
    }
    assert not unknown, "give each a line in hub/problems.py, then run `make contracts`"
    assert {file for file, code, _ in found if code is None} == VARIABLE.keys()
    assert {code for _, code, _ in found if code}.union(*VARIABLE.values()) == PROBLEMS.keys()


def test_a_problem_s_type_leads_to_what_it_means(anonymous):
    answer = anonymous.get("/problems/stock.sold_out")
    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (
        200,
        409,
        "stock.sold_out",
    )
    page = anonymous.get("/problems/stock.sold_out", HTTP_ACCEPT="text/html,application/xhtml+xml,*/*;q=0.8")
    assert page["Content-Type"].startswith("text/html") and "<h1>stock.sold_out</h1>" in page.text
    assert anonymous.get("/problems/").json()["problems"][0].keys() == {"code", "type", "status", "says"}
    assert anonymous.get("/problems/made.up").json()["code"] == "resource.not_found"


def test_operations_name_their_codes(docs):
    document = docs["openapi.json"]
    for path, method, operation in operations(docs):
        told = set()
        for status, answer in operation["responses"].items():
            answer = resolve(document, answer["$ref"]) if "$ref" in answer else answer
            told |= {
                (code, int(status)) for code in re.findall(r"^- `([a-z_.]+)`", answer["description"], re.M)
            }
        assert told >= {("request.throttled", 429), ("service.unavailable", 503)}, (method, path)
        assert all(PROBLEMS[code].status == status for code, status in told)
    submit = document["paths"]["/api/v1/orders/"]["post"]["responses"]["409"]
    text = resolve(document, submit["$ref"])["description"]
    assert "`stock.sold_out`" in text and "`store.closed`" in text and "`line." not in text


def test_the_documents_are_served(anonymous, db):
    assert anonymous.get("/api/schema/").status_code == 200
    served = anonymous.get("/api/schema/asyncapi.json")
    assert served.json() == json.loads((DOCS / "asyncapi.json").read_text("utf-8"))


def test_control_a_stale_document_is_noticed(docs, tmp_path):
    command, *options = DOCUMENTS["permissions.json"]
    call_command(command, *options, "--file", str(tmp_path / "p.json"))
    made = json.loads((tmp_path / "p.json").read_text("utf-8"))
    assert made[1:] != docs["permissions.json"]
