"""`manage.py simulate`: a lunch rush by the public API, recorded and replayed."""

import argparse
import asyncio
import contextlib
import json
import os
import random
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from rush import recording, tally
from rush.company import Company
from rush.ending import on_stop
from rush.house import House
from rush.pace import Pace
from rush.phone import Refused, Unreachable
from rush.replay import Replay
from rush.simulation import Plan, Simulation
from rush.verbs import VERBS

URL = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
SPARING = 5.0
EXAMPLES = """
examples (with `make run` in another terminal):
  manage.py simulate                                         ten minutes, 12 guests a minute
  manage.py simulate --diners-per-minute 40 --minutes 5      a real rush
  manage.py simulate --speed 10 --seed 7 --record day.jsonl  ten times as fast, written down
  manage.py simulate --replay --speed 20                     the lunch that comes with it, in half a minute
  manage.py simulate --replay day.jsonl --speed 20           your own
Ctrl-C lets in no more guests and finishes what is open; a second one leaves everything as it is.
exit status: 0, or 1 if the API ever answered 5xx, an invariant broke or a replay came out differently.
"""


class Command(BaseCommand):
    """Runs until the last guest has left, Ctrl-C or SIGTERM."""

    requires_system_checks = ()  # it needs no database and no keys
    help = (
        "A lunch rush: guests, cooks and a counter act by the public API at human speed (development only)."
    )

    def create_parser(self, *arguments: Any, **options: Any) -> Any:
        options |= {"epilog": EXAMPLES, "formatter_class": argparse.RawDescriptionHelpFormatter}
        return super().create_parser(*arguments, **options)

    def add_arguments(self, parser: Any) -> None:
        add = parser.add_argument
        add("--url", default=URL, help=f"the server ({URL})")
        add("--store", default="demo", help="code of the restaurant (demo)")
        add("--diners-per-minute", type=number(0, 600), default=12, help="guests who come in (12)")
        add("--minutes", type=number(0, 1440), default=10, help="how long guests come in (10)")
        add("--speed", type=number(0.01, 1000), default=1, help="how much faster everything passes (1)")
        add("--seed", type=int, help="the same seed brings the same guests")
        add("--record", type=Path, metavar="FILE", help="write down who did what")
        add("--replay", type=Path, metavar="FILE", nargs="?", const=recording.SAMPLE,
            help="play a recording instead; without FILE the one that comes with it")  # fmt: skip
        add("--cashier", metavar="URL", help="the WeChat emulator (the server's own)")
        add("--json", action="store_true", help="tell the figures as a line of JSON every second")
        add("--with-parent", action="store_true", help="stop when standard input is closed")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO_ALLOWED:
            raise CommandError(
                "A rush is refused in production: its guests log in with development codes, unknown here."
                "\n next: try it on a development machine (make run)"
            )
        url = options["url"].rstrip("/")
        require_server(url, options["store"])
        if options["with_parent"]:
            os.nice(5)  # the server and somebody's browser come first
        status = asyncio.run(self.play(url, options))
        if status:
            sys.exit(status)

    async def play(self, url: str, options: dict[str, Any]) -> int:
        """Run a simulation or a replay and tell about it; the exit status."""
        seed = options["seed"] if options["seed"] is not None else random.randrange(10_000)
        house = House(options["store"], options["cashier"] or f"{url}/sandbox/wechat")
        prefix = f"{random.randrange(16**6):06x}-" if options["replay"] else ""
        company = Company(url, house, Pace(options["speed"]), prefix=prefix)
        plan = Plan(options["diners_per_minute"], options["minutes"], seed)
        act = self._act(plan, company, options["replay"])
        on_stop(act.stop, options["with_parent"])
        tell = self._teller(options["json"])
        try:
            left = await act.run(tell)
        except (Refused, Unreachable, requests.RequestException) as error:
            raise CommandError(f"the rush had to end: {error}") from error
        finally:
            company.close()
        if options["record"]:
            heading = {"store": house.store, "seed": seed, "diners_per_minute": plan.per_minute}
            company.recorder.write(options["record"], heading)
        last = tally.complaints if options["json"] else partial(tally.summary, told=act.counts())
        self._say("\n".join(["", *last(company.tally, left=left)]))
        return 0 if company.tally.good else 1

    def _act(self, plan: Plan, company: Company, replay: Path | None) -> Simulation | Replay:
        if replay is None:
            self._say(f"{plan.per_minute:g} guests a minute for {plan.minutes:g} minutes, seed {plan.seed}")
            return Simulation(plan, company)
        try:
            return Replay(recording.read(replay, VERBS), company)
        except recording.Unreadable as error:
            raise CommandError(str(error)) from error

    def _teller(self, as_json: bool) -> Callable[[float, dict[str, Any]], None]:
        if as_json:
            return lambda at, told: self._say(json.dumps({"at": round(at, 1), "counts": told}))
        if self.stdout.isatty():
            return lambda at, told: self._say("\r\x1b[K" + tally.line(at, told), end="")
        return Sparing(lambda at, told: self._say(tally.line(at, told)))

    def _say(self, text: str, end: str = "\n") -> None:
        # Whoever read along may be gone; the guests are not.
        with contextlib.suppress(BrokenPipeError):
            self.stdout.write(text, ending=end)
            self.stdout.flush()


class Sparing:
    """Tells only every fifth second: a log is no screen."""

    def __init__(self, tell: Callable[[float, dict[str, Any]], None]) -> None:
        self._tell, self._next = tell, 0.0

    def __call__(self, at: float, told: dict[str, Any]) -> None:
        if time.monotonic() >= self._next:
            self._tell(at, told)
            self._next = time.monotonic() + SPARING


def number(low: float, high: float) -> Callable[[str], float]:
    """A number from ``low`` to ``high``."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {low:g} to {high:g}")
        return value

    return read


def require_server(url: str, store: str) -> None:
    """Raise CommandError that says what to do where there is no such server or restaurant."""
    session = requests.Session()
    session.trust_env = False
    try:
        answer = session.get(f"{url}/api/v1/stores/{store}/", timeout=10)
    except requests.RequestException as error:
        what = f"nobody answers at {url} ({type(error).__name__})"
        raise CommandError(f"{what}\n next: `make run` in another terminal, or --url http://…") from error
    if answer.status_code == 404:
        raise CommandError(f"{url} has no restaurant {store!r}\n next: --store CODE, or manage.py demo")
    if not answer.ok:
        raise CommandError(f"{url} answers {answer.status_code}\n next: look at the server's log")
    if not answer.json()["is_open"]:
        raise CommandError(f"{store!r} takes no orders now\n next: open it at the counter, {url}/counter/")
