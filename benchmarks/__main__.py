"""`python -m benchmarks [B1 B5 …]`: measure, print the table, store it in var/benchmarks/latest.json."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack

import uvloop

from benchmarks.measures import callbacks, counts, fanout, latency, menu, outage, transactions
from benchmarks.report import Row, store, table
from benchmarks.stage import Options, Stage, say

MEASURES: dict[tuple[str, ...], Callable[[Stage], Awaitable[list[Row]]]] = {
    ("B1", "B3"): latency.same_process,
    ("B2",): latency.other_process,
    ("B4", "B5"): fanout.fan_out,
    ("B8", "B9"): counts.counts,
    ("B11",): transactions.transactions,
    ("B13",): menu.menu,
    ("B15",): outage.redis_killed,
    ("B16",): callbacks.callbacks,
}
KNOWN = [id for ids in MEASURES for id in ids]


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "ids", nargs="*", metavar="B1", help=f"which to run (default: all of {' '.join(KNOWN)})"
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds per program; medians are shown (default 3)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one round, a quarter of the samples: only a look"
    )
    found = parser.parse_args(arguments)
    found.ids = [id.upper() for id in found.ids] or KNOWN
    if unknown := sorted(set(found.ids) - set(KNOWN)):
        parser.error(f"unknown: {' '.join(unknown)}; known: {' '.join(KNOWN)}")
    return found


async def measure(ids: list[str], options: Options) -> list[Row]:
    """The wanted rows in order; every program is stopped at the end, whatever happens."""
    rows: list[Row] = []
    for names, run in MEASURES.items():
        if not set(names) & set(ids):
            continue
        with (
            ExitStack() as stack
        ):  # fresh servers for each subject, so that none starts with another's history
            begun = time.monotonic()
            print(f"{' '.join(names)}: {sys.modules[run.__module__].__doc__.splitlines()[0]}", flush=True)
            rows += [row for row in await run(Stage(stack, options)) if row.id in ids]
            say(f"done in {time.monotonic() - begun:.0f} s")
    return rows


def main() -> int:
    """Exit code 1 when a target is missed."""
    given = parse(sys.argv[1:])
    options = Options(1, 0.25) if given.quick else Options(given.rounds)
    begun = time.monotonic()
    rows = uvloop.run(measure(given.ids, options))
    print(f"\n{table(rows)}\n\n{time.monotonic() - begun:.0f} s; stored in {store(rows, options.rounds)}")
    return 1 if any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
