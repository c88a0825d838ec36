"""B16: payment callbacks at 50 a second, each booked and committed before its 204, beside a bare 204."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from statistics import median, quantiles
from typing import Any

from benchmarks import ours
from benchmarks.http_load import LoadError
from benchmarks.programs import ROOT, Program, ProgramError, free_port, start, start_uvicorn
from benchmarks.report import Row, middle
from benchmarks.stage import Stage, say

PATH = "/api/payments/wechat/notify/"
PER_SECOND, SECONDS = 50, 20
LIMIT_MS = 200.0


def emulator(stage: Stage) -> Program:
    """The WeChat emulator, of which only the keys are used."""
    port, folder = free_port(), stage.folder / "emulator"
    command = ["manage.py", "wechat_sandbox", "--port", str(port), "--folder", str(folder)]
    settings = {"DJANGO_SETTINGS_MODULE": "hub.settings.development", "DATABASE_URL": "sqlite://"}
    return stage.program("emulator", lambda: start("emulator", command, port, stage.folder, **settings))


def hub(stage: Stage, wechat: Program) -> Program:
    """A web process of the product that belongs to the emulator's merchant."""
    given = ours.environment(stage.mariadb, stage.redis) | {
        "WECHAT_MODE": "sandbox",
        "WECHAT_ALLOW_SANDBOX": "1",
        "WECHAT_PAY_BASE_URL": f"http://127.0.0.1:{wechat.port}",
        "WECHAT_PAY_NOTIFY_URL": f"http://127.0.0.1{PATH}",
    }
    return stage.program(
        "ours wechat", lambda: start_uvicorn("ours wechat", ours.APPLICATION, stage.folder, **given)
    )


async def letters(stage: Stage, count: int) -> list[bytes]:
    """Requests as they go over the wire; each is the payment of an order of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "benchmarks.apps.callbacks", str(stage.folder / "emulator"), str(count)),
        cwd=ROOT,
        env={**os.environ, **ours.environment(stage.mariadb, stage.redis)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    if process.returncode:
        raise ProgramError(errors.decode()[-2000:])
    return [request(letter) for letter in json.loads(out)]


def request(letter: dict[str, Any]) -> bytes:
    """One POST; WeChat opens a connection for each."""
    body = letter["body"].encode()
    headers = {
        **letter["headers"],
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {PATH} HTTP/1.1\r\n{head}\r\n".encode() + body


async def deliver(port: int, text: bytes, at: float) -> float:
    """Milliseconds from the moment it was due until the answer was here; LoadError unless it is 204."""
    await asyncio.sleep(max(0.0, at - time.monotonic()))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    head = await reader.readuntil(b"\r\n\r\n")
    took = (time.monotonic() - at) * 1000
    writer.close()
    if head.split()[1] != b"204":
        raise LoadError(head.split(b"\r\n")[0].decode())
    return took


async def p99(program: Program, texts: list[bytes]) -> float:
    """All of them at PER_SECOND, whether the server keeps up or not."""
    before = program.cpu_seconds()
    begin = time.monotonic() + 0.2
    due = (begin + number / PER_SECOND for number in range(len(texts)))
    took = await asyncio.gather(
        *(deliver(program.port, text, at) for text, at in zip(texts, due, strict=True))
    )
    each = (program.cpu_seconds() - before) / len(texts) * 1000
    say(f"{program.name}: p50 {median(took):.1f} ms, CPU {each:.1f} ms each")
    return quantiles(took, n=100)[98]


async def callbacks(stage: Stage) -> list[Row]:
    """B16."""
    us = hub(stage, emulator(stage))
    bare = stage.program(
        "bare 204",
        lambda: start_uvicorn("bare 204", "benchmarks.baselines.asgi_204:application", stage.folder),
    )
    found: dict[str, list[float]] = {"ours": [], "bare": []}
    for number in range(1, stage.options.rounds + 1):
        texts = await letters(stage, stage.options.count(PER_SECOND * SECONDS))
        await p99(us, texts[:5])  # the first ones load what a process loads once
        found["ours"].append(await p99(us, texts[5:]))
        found["bare"].append(await p99(bare, texts[5:]))
        say(f"callbacks round {number}: p99 {found['ours'][-1]:.1f} ms, bare {found['bare'][-1]:.1f} ms")
    mine, base = middle(found["ours"]), middle(found["bare"])
    what, limit = f"payment callback booked, {PER_SECOND}/s, p99", f"≤ {LIMIT_MS:.0f} ms"
    values = (f"{mine:.1f} ms", "plain ASGI 204", f"{base:.1f} ms", mine / base)
    return [Row("B16", what, *values, limit, mine <= LIMIT_MS)]
