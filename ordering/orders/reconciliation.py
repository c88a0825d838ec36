"""Reconcile with WeChat's trade bill: each day once, after 10:30 in China, and what the last week lacks.

The day's row is claimed before the gateway is asked, by a lease in ``next_try_at`` that every call renews, so
no two workers ever work on the same day. A day that cannot be done is tried again, later each time.
"""

import logging
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings

from hub import clock
from hub.errors import Refusal
from ordering.orders.comparison import DAY, Finding, Inquiry, Unanswered, findings
from ordering.orders.facts import alarm
from ordering.payments.bills import CHINA
from ordering.payments.channels import WECHAT, gateway
from ordering.payments.models import BillRun, Difference, Payment

logger = logging.getLogger("ordering.reconciliation")

READY = time(10, 30)  # bills are made from nine on, and asked for after ten
BACKLOG = 7
LEASE = timedelta(seconds=120)  # one call, and the longest write; WORKER_SPEED does not make calls faster
RUNNING = "RUNNING"
FIRST_WAIT, LONGEST_WAIT = 300.0, 2 * 3600.0
SHOUT_AFTER = 4

Say = Callable[[str], None]


class Taken(Exception):
    """Somebody else is at this day."""


def run_due() -> int:
    """Reconcile the days that are due and free; how many were done."""
    if settings.WECHAT_MODE == "off":
        return 0
    return sum(_run(day) for day in missing_days(clock.now()))


def missing_days(now: datetime) -> list[date]:
    """Days of the last week whose bill is out and not compared, oldest first.

    None from before our first payment by WeChat: those bills are not about us.
    """
    last = newest_bill(now)
    week = [last - DAY * back for back in range(BACKLOG - 1, -1, -1)]
    done = set(BillRun.objects.filter(day__in=week).exclude(done_at=None).values_list("day", flat=True))
    days = [day for day in week if day not in done]
    first = Payment.objects.filter(channel=WECHAT).order_by("pk").first() if days else None
    return [day for day in days if first and day >= first.created_at.astimezone(CHINA).date()]


def newest_bill(now: datetime) -> date:
    """The last day whose bill should be out."""
    there = now.astimezone(CHINA)
    return there.date() - (DAY if there.time() >= READY else 2 * DAY)


def _run(day: date) -> bool:
    run = _claim(day)
    if run is None:
        return False
    try:
        reconcile(run)
    except (Unanswered, Refusal) as error:
        _put_off(run, error.code)
        return False
    except Taken:
        return False
    return True


def run_again(day: date, say: Say) -> BillRun:
    """Reconcile one day now, done before or not; ``say`` hears how it goes.

    Raises Taken while another process is at it, Unanswered or Refusal when the gateway does not give the
    bill (the worker then tries again).
    """
    run = _claim(day, again=True)
    if run is None:
        raise Taken
    try:
        return reconcile(run, say)
    except (Unanswered, Refusal) as error:
        _put_off(run, error.code)
        raise


def reconcile(run: BillRun, say: Say = lambda line: None) -> BillRun:
    """Compare a claimed day and keep what differs; what no longer differs is resolved."""
    inquiry = Inquiry(gateway(), lambda: _hold(run))
    bill = inquiry.bill(run.day)
    say(f"bill of {run.day}: {len(bill.payments)} payments, {len(bill.refunds)} refunds")
    kept = []
    for finding in findings(run.day, inquiry):
        _hold(run)
        kept.append(_keep(run.day, finding))
        say(f"  {finding.kind} {finding.number}: {finding.problem}{' (repaired)' * finding.repaired}")
    _hold(run)
    gone = Difference.objects.filter(day=run.day, resolved_at=None).exclude(pk__in=[row.pk for row in kept])
    gone.update(resolved_at=clock.now())
    run.payments, run.refunds, run.differences = len(bill.payments), len(bill.refunds), len(kept)
    run.done_at, run.next_try_at, run.last_code = clock.now(), None, "OK"
    run.save()
    logger.info("bill compared", extra={"day": str(run.day), "differences": len(kept)})
    return run


def _keep(day: date, finding: Finding) -> Difference:
    """The difference's row, written or brought up to date; open unless it was repaired."""
    facts: dict[str, Any] = {
        "store_id": finding.store_id,
        "order_no": finding.order_no,
        "ours_fen": finding.ours_fen,
        "theirs_fen": finding.theirs_fen,
        "advice": finding.advice,
        "resolved_at": clock.now() if finding.repaired else None,
    }
    row, _ = Difference.objects.update_or_create(
        day=day, kind=finding.kind, number=finding.number, problem=finding.problem, defaults=facts
    )
    _tell(day, finding)
    return row


def _tell(day: date, finding: Finding) -> None:
    word, facts = f"bill_{finding.problem}", {"day": str(day), "kind": finding.kind}
    if finding.repaired:
        names = {"alarm": word, "number": finding.number, **facts}
        logger.warning("bill difference repaired", extra=names)
    else:
        alarm(word, finding.number, **facts)


# The claim


def _claim(day: date, *, again: bool = False) -> BillRun | None:
    """The day's row, ours until its lease ends; None when it is not due or not free."""
    now = clock.now()
    run, _ = BillRun.objects.get_or_create(day=day)
    is_free = run.last_code != RUNNING or run.next_try_at is None or run.next_try_at <= now
    is_due = run.done_at is None and (run.next_try_at is None or run.next_try_at <= now)
    if not (is_free if again else is_due):
        return None
    attempts = 1 if run.done_at else run.attempts + 1
    same = BillRun.objects.filter(pk=run.pk, next_try_at=run.next_try_at, done_at=run.done_at)
    if not same.update(next_try_at=now + LEASE, done_at=None, last_code=RUNNING, attempts=attempts):
        return None
    run.refresh_from_db()
    return run


def _hold(run: BillRun) -> None:
    """Renew the lease; raises Taken when it ended and somebody else took the day."""
    until = clock.now() + LEASE
    ours = BillRun.objects.filter(pk=run.pk, next_try_at=run.next_try_at, last_code=RUNNING)
    if not ours.update(next_try_at=until):
        raise Taken
    run.next_try_at = until


def _put_off(run: BillRun, code: str) -> None:
    """Give the day back, to be tried again later."""
    wait = min(FIRST_WAIT * 2 ** min(run.attempts - 1, 10), LONGEST_WAIT)
    ours = BillRun.objects.filter(pk=run.pk, next_try_at=run.next_try_at, last_code=RUNNING)
    ours.update(next_try_at=clock.now() + clock.scheduled(wait), last_code=code[:64])
    facts = {"day": str(run.day), "gateway_code": code, "attempts": str(run.attempts)}
    if run.attempts < SHOUT_AFTER:
        logger.warning("bill not compared", extra=facts)
    else:
        alarm("bill_overdue", "", **facts)
