"""`manage.py check-all`: what the tests need, then the checks and every lane; the last line is the sum."""

from __future__ import annotations

import argparse
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from hub.bootstrap import coverage, lanes, lint, packages, say, venv
from hub.bootstrap.lanes import DEFAULT, LANES, Outcome


def parser() -> argparse.ArgumentParser:
    """The arguments of `check-all`; what it does not know goes to pytest."""
    made = argparse.ArgumentParser(
        prog="manage.py check-all",
        description="Run ruff, mypy, import-linter and pytest in lanes: sqlite (SQLite, memory), mariadb (a "
        "throwaway MariaDB or MySQL, and Redis), browser. Other arguments go to pytest: -k cancel -x",
    )
    made.add_argument(
        "--lanes",
        type=lane_names,
        default=os.environ.get("LANES") or ",".join(DEFAULT),
        help=f"some of {','.join(LANES)}; environment: LANES ({','.join(DEFAULT)})",
    )
    some = made.add_mutually_exclusive_group()
    some.add_argument("--no-lint", action="store_true", help="tests only")
    some.add_argument("--lint-only", action="store_true", help="no tests")
    return made


def lane_names(text: str) -> list[str]:
    """Names of lanes, separated by commas."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = sorted(set(names) - set(LANES))
    if unknown or not names:
        known = ", ".join(LANES)
        raise argparse.ArgumentTypeError(f"unknown lane {', '.join(unknown) or text!r}; there are {known}")
    return names


def main(arguments: list[str]) -> int:
    """Run everything that was asked for; returns 0 only when all of it ran and passed."""
    options, extra = parser().parse_known_args(arguments)
    signal.signal(signal.SIGTERM, interrupt)  # so that the throwaway servers go too
    began = time.monotonic()
    names = [] if options.lint_only else options.lanes
    prepare(names)
    findings, outcomes = run(names, extra, checked=not options.no_lint)
    return conclude(findings, outcomes, time.monotonic() - began)


def run(names: list[str], extra: list[str], *, checked: bool) -> tuple[list[lint.Finding], list[Outcome]]:
    """The checks beside the lanes, and shown after them: lanes wait a lot, and mypy alone fills one core."""
    if not names:
        return lint.run(), []
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(lint.look) if checked else None
        outcomes = lanes.run_all(names, extra)
        if beside:
            say.line("\n-> checks: " + ", ".join(lint.CHECKS))
        return lint.show_all(beside.result()) if beside else [], outcomes


def interrupt(number: int, frame: object) -> None:
    """Leave through every `finally`."""
    raise SystemExit(128 + number)


def prepare(names: list[str]) -> None:
    """Programs of the system first, since the MySQL driver is built against them; then the packages."""
    lacking = packages.ensure(sorted({need for name in names for need in LANES[name].needs}))
    if lacking:
        say.note(
            f"missing: {' '.join(lacking)}. Install them, or ask for fewer lanes: LANES=sqlite make test"
        )
    venv.ensure("dev")


def conclude(findings: list[lint.Finding], outcomes: list[Outcome], seconds: float) -> int:
    """Print what ran and, last, the sum over all lanes; returns the exit status."""
    say.line(f"\n== {seconds:.0f} s")
    if findings:
        bad = [finding.name for finding in findings if not finding.good]
        say.line(f"checks        {'FAILED: ' + ', '.join(bad) if bad else 'ok: ' + ', '.join(lint.CHECKS)}")
    for outcome in outcomes:
        say.line(f"lane {outcome.name:<8} {describe(outcome)}")
    tell_coverage([outcome for outcome in outcomes if outcome.reached and not outcome.trouble])
    if outcomes:
        say.line(totals(outcomes))
    good = all(finding.good for finding in findings) and all(outcome.good for outcome in outcomes)
    return 0 if good else 1


def tell_coverage(measured: list[Outcome]) -> None:
    """The share of lines that these lanes reached; a file lists those that nobody did."""
    if not measured:
        return
    names = [outcome.name for outcome in measured]
    ran = coverage.merge(outcome.reached for outcome in measured)
    known = coverage.executable(venv.ROOT)
    some = "" if set(DEFAULT) <= set(names) else f", in {', '.join(names)} only"
    say.line(f"coverage      {coverage.percent(ran, known)} % of lines{some}")
    listed = venv.ROOT / "var" / "coverage.txt"
    listed.parent.mkdir(exist_ok=True)
    listed.write_text(coverage.missing(ran, known))


def describe(outcome: Outcome) -> str:
    """One lane in words."""
    if outcome.trouble:
        return f"DOES NOT COUNT ({totals([outcome])}): {outcome.trouble}"
    return f"{totals([outcome])}  {outcome.seconds:.1f} s"


def totals(outcomes: list[Outcome]) -> str:
    """`N passed, N failed, N skipped` over the lanes."""
    kinds = ("passed", "failed", "skipped")
    return ", ".join(f"{sum(getattr(outcome, kind) for outcome in outcomes)} {kind}" for kind in kinds)
