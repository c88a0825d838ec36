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

SECONDS = 1.5


async def run(stage: Stage) -> dict[str, dict[str, list[float]]]:
    """The figures of `benchmarks.apps.transactions`."""
    arguments = [str(stage.mariadb.port), str(stage.options.rounds), str(SECONDS * stage.options.scale)]
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
    """B11."""
    say("transactions with and without an event, through our door and by the bare driver")
    found = await run(stage)
    p50 = {name: middle(figures["p50_us"]) for name, figures in found.items()}
    rate = {name: middle(figures["per_second"]) for name, figures in found.items()}
    for name in found:
        say(f"{name} event: p50 {p50[name]:.0f} µs alone, {rate[name]:,.0f}/s by 8 threads")
    return [
        at_most(
            "B11",
            "order transaction with event, p50",
            p50["ours with"],
            "without event",
            p50["ours without"],
            1.25,
            "{:.0f} µs",
        ),
        at_least(
            "B11",
            "hot store, 8 threads, tx/s",
            rate["ours with"],
            "without event",
            rate["ours without"],
            0.55,
            "{:,.0f}",
        ),
        beside_only(
            "B11",
            "raw mysqlclient with event, p50",
            p50["raw with"],
            "raw without event",
            p50["raw without"],
            "{:.0f} µs",
        ),
        beside_only(
            "B11",
            "raw mysqlclient with event, 8 threads",
            rate["raw with"],
            "raw without event",
            rate["raw without"],
            "{:,.0f}",
        ),
    ]
