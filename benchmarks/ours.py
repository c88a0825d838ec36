"""How the product is started for a measurement: its environment, its database, its tokens and its sockets."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.request import Request, urlopen

import MySQLdb

from benchmarks.control import commit
from benchmarks.frames import Crowd, Target
from benchmarks.programs import ROOT, Program
from hub.bootstrap.servers import MariaDB, Redis

APPLICATION = "benchmarks.apps.ours:application"
MENU = "/api/v1/stores/demo/menu/"
STORE_STREAM, MENU_STREAM = "store:demo", "menu:demo"
USERS = ("bench_sockets",)


@cache
def secret_keys() -> dict[str, str]:
    """Keys that all our processes of this run share."""
    return {"SECRET_KEY": secrets.token_urlsafe(60), "JWT_SECRET_KEY": secrets.token_urlsafe(48)}


def environment(database: MariaDB, redis: Redis, user: str = "kaifan") -> dict[str, str]:
    """Production settings, with the limits per address and user out of the way of 500 sockets."""
    return {
        "DJANGO_SETTINGS_MODULE": "hub.settings.production",
        "DATABASE_URL": database.url.replace("kaifan@", f"{user}@"),
        "REDIS_URL": redis.url,
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "SECURE_SSL_REDIRECT": "0",
        "RATE_LIMIT_SCALE": "1000",
        "LOG_LEVEL": "WARNING",
        **secret_keys(),
    }


def prepare(database: MariaDB, redis: Redis, folder: Path) -> None:
    """Tables, the demo store, 100 dishes, a database user for the process whose statements are counted."""
    given = {
        **environment(database, redis),
        "DJANGO_SETTINGS_MODULE": "hub.settings.development",
        "DEBUG": "0",
    }
    with (folder / "prepare.log").open("ab") as log:
        for command in (["manage.py", "migrate"], ["manage.py", "demo"], ["-m", "benchmarks.apps.seed"]):
            subprocess.run(
                [sys.executable, *command],
                cwd=ROOT,
                env={**os.environ, **given},
                stdout=log,
                stderr=log,
                check=True,
            )
    connection = MySQLdb.connect(host="127.0.0.1", port=database.port, user="kaifan", autocommit=True)
    for user in USERS:
        connection.cursor().execute(f"CREATE USER '{user}'@'127.0.0.1'")
        connection.cursor().execute(f"GRANT ALL PRIVILEGES ON kaifan.* TO '{user}'@'127.0.0.1'")
    connection.close()


@cache
def counter_token(port: int) -> str:
    """An access token of the demo's counter."""
    request = Request(
        f"http://127.0.0.1:{port}/api/v1/auth/login/",
        json.dumps({"username": "counter", "password": "demo"}).encode(),
        {"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=10) as answer:
        return json.load(answer)["access"]


def hello(stream: str, token: str | None = None) -> str:
    """The first frame of a socket that wants one stream from now on."""
    said = {
        "type": "hello",
        "version": 1,
        "client": "bench/1",
        "subscribe": [{"stream": stream, "cursor": None}],
    }
    return json.dumps(said | ({"token": token} if token else {}))


def counter(program: Program) -> Target:
    """The counter's screen of the demo store."""
    return Target(
        program.port, "/ws/counter/", STORE_STREAM, hello(STORE_STREAM, counter_token(program.port))
    )


def diner(program: Program) -> Target:
    """An open menu, without a log-in."""
    return Target(program.port, "/ws/diner/", MENU_STREAM, hello(MENU_STREAM))


async def frame_size(program: Program, where: Callable[[Program], Target]) -> int:
    """Bytes of one event frame as a screen gets it, which the baselines then send too."""
    crowd = Crowd(where(program), keep=True)
    await crowd.join(1)
    await commit(program, crowd.target.stream, 1, 0)
    await crowd.wait(lambda: crowd.events >= 1, 10)
    await crowd.leave()
    return len(crowd.sockets[0].texts[0])
