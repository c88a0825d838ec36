"""Judges WeChat Pay's answers: done, refused, or nobody knows; and how loudly to say so."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ordering.payments.gateway import Answered, Outcome, Refused, Unknown
from ordering.payments.wechatpay import facts
from ordering.payments.wechatpay.client import Reply
from ordering.payments.wechatpay.facts import Nonsense

F = TypeVar("F")

SLOW_DOWN = {"RULELIMIT", "FREQUENCYLIMIT", "FREQUENCYLIMITED", "FREQUENCYLIMITEXCEED"}
UNDECIDED = {"SYSTEMERROR", "BANKERROR", "BIZERRNEEDRETRY"}
DECIDED_AT_500 = {"OPENIDMISMATCH"}
# What a healthy day brings, and what only a person can mend.
EXPECTED = {"ORDERPAID", "ORDERNOTEXIST", "ORDERCLOSED", "RESOURCENOTEXISTS", "NOSTATEMENTEXIST", "probe"}
ALARMING = {
    *("SIGNERROR", "NOAUTH", "APPIDMCHIDNOTMATCH", "MCHNOTEXISTS", "PARAMERROR", "INVALIDREQUEST"),
    *("NOTENOUGH", "OPENIDMISMATCH", "signature"),
}
NOT_A_NUMBER = Refused("PARAMERROR", "not a number of ours")


def judged(reply: Reply, read: Callable[[Reply], F]) -> Outcome[F]:
    """``read`` makes the fact of a success, or raises Nonsense."""
    if reply.status not in (200, 204):
        return _refused(reply)
    try:
        return Answered(read(reply))
    except Nonsense as error:
        return Unknown(f"nonsense: {error}")


def of_json(read: Callable[[Mapping[str, Any]], F]) -> Callable[[Reply], F]:
    """Reads the answer's JSON object."""
    return lambda reply: read(facts.document(reply.body))


def about(number: str, name: str, read: Callable[[Mapping[str, Any]], F]) -> Callable[[Reply], F]:
    """As `of_json`, where the answer must be about what was asked (``name`` is the field)."""

    def reading(said: Mapping[str, Any]) -> F:
        if said.get(name) != number:
            raise Nonsense("another number")
        return read(said)

    return of_json(reading)


def nothing(reply: Reply) -> None:
    """A success that says nothing."""
    if reply.status != 204:
        raise Nonsense("not 204")


def told(outcome: Refused | Unknown) -> str:
    """One word for the log."""
    return outcome.code if isinstance(outcome, Refused) else f"unknown ({outcome.reason})"


def weight(outcome: Refused | Unknown) -> int:
    """The log level that it deserves."""
    word = outcome.code if isinstance(outcome, Refused) else outcome.reason
    if word in ALARMING:
        return logging.ERROR
    return logging.INFO if word in EXPECTED else logging.WARNING


def _refused(reply: Reply) -> Refused | Unknown:
    try:
        code, detail = facts.code(reply.body)
    except Nonsense:
        code, detail = "", ""
    if reply.status == 429:
        return Refused(code or "TOOMANYREQUESTS", detail, 429, slow_down=True)
    decided = 400 <= reply.status < 500 or code in DECIDED_AT_500
    if not code or code in UNDECIDED or not decided:
        return Unknown(code or f"http_{reply.status}")
    return Refused(code, detail, reply.status, slow_down=code in SLOW_DOWN)
