"""B13: the menu of 100 dishes, whole and as 304, beside a bare ASGI application with the same bytes."""

from __future__ import annotations

import json
from collections import defaultdict

from benchmarks import ours
from benchmarks.http_load import LoadError, fetch, request_of, requests_per_second
from benchmarks.programs import Program, start_uvicorn
from benchmarks.report import Row, at_least, middle
from benchmarks.stage import Stage, say

SECONDS, SLICES = 0.7, 3  # short slices in turn, so that a busy moment of the machine hits both
SERVERS_OWN = {"date", "server", "content-length", "connection"}


async def plain(stage: Stage, us: Program) -> tuple[Program, str]:
    """The bare application holding our menu's bytes and headers, and the menu's ETag."""
    status, headers, body, _ = await fetch(us.port, request_of(us.port, ours.MENU))
    if status != 200 or body.count(b'"price_fen"') < 100:
        raise LoadError(f"the menu answers {status} with {body.count(b'price_fen')} dishes")
    file = stage.folder / "menu.json"
    file.write_bytes(body)
    sent = json.dumps({name: value for name, value in headers.items() if name not in SERVERS_OWN})
    application, given = (
        "benchmarks.baselines.asgi_bytes:application",
        {"BENCH_BODY": str(file), "BENCH_HEADERS": sent},
    )
    program = stage.program("plain", lambda: start_uvicorn("plain", application, stage.folder, **given))
    if (await fetch(program.port, request_of(program.port, ours.MENU)))[2] != body:
        raise LoadError("the plain application returns other bytes")
    return program, headers["etag"]


async def menu(stage: Stage) -> list[Row]:
    """B13."""
    us = stage.ours()
    bare, etag = await plain(stage, us)
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    for number in range(1, stage.options.rounds * SLICES + 1):
        for status, condition in ((200, None), (304, etag)):
            for name, program in (("ours", us), ("plain", bare)):
                request = request_of(program.port, ours.MENU, condition)
                rate = await requests_per_second(program.port, request, status, SECONDS * stage.options.scale)
                found[name, status].append(rate)
        say(
            f"menu slice {number}: "
            + ", ".join(f"{n} {s} {all_[-1]:,.0f}/s" for (n, s), all_ in found.items())
        )
    rates = {key: middle(all_) for key, all_ in found.items()}
    what, beside = "menu GET, 100 dishes, {}, requests/s", "plain ASGI, same bytes"
    return [
        at_least("B13", what.format(s), rates["ours", s], beside, rates["plain", s], 0.8, "{:,.0f}")
        for s in (200, 304)
    ]
