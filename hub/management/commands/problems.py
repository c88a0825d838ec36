"""`manage.py problems`: every code that a refusal may have, as Markdown."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from drf_spectacular.generators import SchemaGenerator

from hub.openapi_problems import METHODS, codes
from hub.problems import PROBLEMS

HEAD = """# Problems

Every error is one `application/problem+json` document: `type` (`/problems/<code>`, which answers), `title`,
`status`, `detail` (a sentence for people, in Chinese or English), `code` (stable; what programs look at),
`errors` (one `field`, `code`, `detail` for each field), `request_id`, and facts of the code beside them.

| code | status | means | answers |
|---|---|---|---|
"""
MANY = 4


class Command(BaseCommand):
    """Prints the document, or writes it to a file."""

    help = "Print every problem code with its status, its meaning and the operations it may answer."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--file", help="write here instead of printing")

    def handle(self, *args: Any, **options: Any) -> None:
        document: Any = SchemaGenerator().get_schema(request=None, public=True)
        text = HEAD + "".join(_lines(_answered(document)))
        if options["file"]:
            with open(options["file"], "w", encoding="utf-8") as out:
                out.write(text)
        else:
            self.stdout.write(text)


def _answered(document: dict[str, Any]) -> dict[str, list[str]]:
    """Code → the operations that it may answer."""
    answered: dict[str, list[str]] = {code: [] for code in PROBLEMS}
    for path, operations in document["paths"].items():
        for method in METHODS:
            for code in codes(method, path, operations[method]) if method in operations else ():
                answered[code].append(f"{method.upper()} {path.removeprefix('/api/v1')}")
    return answered


def _lines(answered: dict[str, list[str]]) -> Iterator[str]:
    for code, problem in PROBLEMS.items():
        places = answered[code]
        where = f"{len(places)} operations" if len(places) > MANY else " · ".join(f"`{p}`" for p in places)
        yield f"| `{code}` | {problem.status} | {problem.says} | {where} |\n"
