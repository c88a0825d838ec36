"""B11: what recording an event adds to an order's transaction, alone and in a hot store."""

from __future__ import annotations

import asyncio
import json
import os
import sys

from benchmarks import ours
from benchmarks.programs import ROOT, ProgramError
from benchmarks.report import Row, at_least, at_most, beside_only, middle
from benchmarks.stage import Stage, say

SECONDS, SLICES = 0.5, 3  # short slices in turn, so that a busy moment of the machine hits all


async def run(stage: Stage) -> dict[str, dict[str, list[float]]]:
    """The figures of `benchmarks.apps.transactions`."""
    arguments = [
        str(stage.mariadb.port),
        str(stage.options.rounds * SLICES),
        str(SECONDS * stage.options.scale),
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.apps.transactions",
        *arguments,
        cwd=ROOT,
        env={**os.environ, **ours.environment(stage.mariadb, stage.redis)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    if process.returncode:
        raise ProgramError(errors.decode()[-2000:])
    return json.loads(out)


async def transactions(stage: Stage) -> list[Row]:
    """B11: the target is the product's own submit; the leaner ones show what an event itself costs."""
    say("our submit, bare rows through our door, bare rows by the driver: each with and without an event")
    found = await run(stage)
    p50 = {name: middle(figures["p50_us"]) for name, figures in found.items()}
    rate = {name: middle(figures["per_second"]) for name, figures in found.items()}
    for name in found:
        say(f"{name} event: p50 {p50[name]:.0f} µs alone, {rate[name]:,.0f}/s by 8 threads")
    return [
        at_most("B11", "submit an order, p50", *beside(p50, "submit"), 1.25, "{:.0f} µs"),
        at_least("B11", "submit, one store, 8 threads, tx/s", *beside(rate, "submit"), 0.55, "{:,.0f}"),
        beside_only("B11", "bare rows through the door, p50", *beside(p50, "door"), "{:.0f} µs"),
        beside_only("B11", "bare rows through the door, 8 threads, tx/s", *beside(rate, "door"), "{:,.0f}"),
        beside_only("B11", "bare rows, raw mysqlclient, p50", *beside(p50, "raw"), "{:.0f} µs"),
        beside_only("B11", "bare rows, raw mysqlclient, 8 threads, tx/s", *beside(rate, "raw"), "{:,.0f}"),
    ]


def beside(figures: dict[str, float], name: str) -> tuple[float, str, float]:
    """With, the other's name, without."""
    return figures[f"{name} with"], "the same without event", figures[f"{name} without"]
