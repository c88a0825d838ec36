"""What `manage.py doctor` looks at: a finding is fine or says what to do next, and never holds a secret."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core import checks
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from hub import eventlog
from ordering.payments.gateway import Outcome, PaymentFact, Refused, Unknown
from ordering.payments.wechatpay.gateway import WechatGateway
from ordering.users.wechat import config as wechat_config
from ordering.users.wechat import token as wechat_token
from ordering.users.wechat.client import Unavailable
from ordering.users.wechat.config import Config, NotConfigured

ROUND_TRIP = "doctor:1"
SKEW_WARN = 30.0  # seconds; beyond 300 WeChat refuses us and we refuse it
CURES = {
    "SIGNERROR": "compare WECHAT_PAY_PRIVATE_KEY_PATH, WECHAT_PAY_CERT_SERIAL_NO and WECHAT_PAY_MCHID with"
    " the merchant console, then the clock",
    "NOAUTH": "the merchant has no right to this call: look at its products in the merchant console",
    "MCHNOTEXISTS": "WECHAT_PAY_MCHID is no merchant",
    "signature": "the answer is not signed by whom we trust: compare WECHAT_PAY_PUBLIC_KEY_PATH and"
    " WECHAT_PAY_PUBLIC_KEY_ID (or WECHAT_PAY_APIV3_KEY, which opens platform certificates)",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """``next`` is empty when there is nothing to do."""

    about: str
    fine: bool
    said: str
    next: str = ""


def at_home() -> Iterator[Finding]:
    """Settings, database, Redis: nothing outside is asked."""
    yield from _system_checks()
    yield from _database()
    yield _redis()
    yield _mode()


def outside() -> Iterator[Finding]:
    """WeChat Pay and WeChat themselves, with one call each that changes nothing."""
    if settings.WECHAT_MODE == "off":
        return
    try:
        config = wechat_config.current()
    except NotConfigured as error:
        yield Finding("WeChat", False, str(error), "set what is missing, or start the emulator")
        return
    yield from _pay()
    yield _token(config)


def production() -> bool:
    """Whether these are the settings that serve guests."""
    return str(settings.SETTINGS_MODULE).endswith(".production")


def _system_checks() -> Iterator[Finding]:
    found = checks.run_checks(include_deployment_checks=production())
    for one in found:
        if one.level >= checks.WARNING:
            hint = one.hint or "see the Django documentation of this check"
            yield Finding(one.id or "check", False, one.msg, hint)
    if all(one.level < checks.WARNING for one in found):
        yield Finding("settings", True, "no complaints" + (", --deploy included" if production() else ""))


def _database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
        yield Finding("database", True, f"{connection.vendor} answers")
        executor = MigrationExecutor(connection)
        left = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if left:
            yield Finding("migrations", False, f"{left} not applied", "run `python manage.py migrate`")
            return
        begun = "auth" in eventlog.heads(["auth"])
    except DatabaseError as error:
        reason = type(error).__name__
        yield Finding("database", False, reason, "check DATABASE_URL or DB_*, and that the server runs")
        return
    yield Finding("migrations", begun, "all applied", "" if begun else "the log has no streams: migrate anew")


def _redis() -> Finding:
    if not settings.REDIS_URL:
        said = "none: memory, which serves one process only"
        return Finding("Redis", not production(), said, "set REDIS_URL" if production() else "")
    cache.set(ROUND_TRIP, 1, 5)
    if cache.get(ROUND_TRIP) == 1:
        return Finding("Redis", True, "answers")
    return Finding("Redis", False, "does not answer", "check REDIS_URL, and that the server runs")


def _mode() -> Finding:
    mode = settings.WECHAT_MODE
    said = {"off": "off: no log-in and no payment by WeChat", "sandbox": "the emulator", "live": "live"}[mode]
    if mode != "live":
        return Finding("WeChat", True, said)
    try:
        WechatGateway(wechat_config.require_pay())
    except NotConfigured as error:
        return Finding("WeChat Pay", False, str(error), "set them, see .env.example")
    return Finding("WeChat Pay", True, "live, keys load")


def _pay() -> Iterator[Finding]:
    try:
        probe = WechatGateway(wechat_config.require_pay()).probe()
    except NotConfigured as error:
        yield Finding("WeChat Pay", False, str(error), "set them, see .env.example")
        return
    yield _answer(probe.outcome, probe.signed)
    if probe.skew is not None:
        near = abs(probe.skew) <= SKEW_WARN
        cure = "" if near else "set this machine's clock (NTP); WeChat refuses 300 s"
        yield Finding("clock", near, f"{probe.skew:+.1f} s against WeChat Pay", cure)


def _answer(outcome: Outcome[PaymentFact], signed: bool) -> Finding:
    if isinstance(outcome, Refused) and outcome.status == 404 and signed:
        return Finding("WeChat Pay", True, "a signed query is answered with a signed 404, as it should be")
    word = outcome.code if isinstance(outcome, Refused) else ""
    word = outcome.reason if isinstance(outcome, Unknown) else word
    cure = CURES.get(word, "look at WECHAT_PAY_BASE_URL, the network and the merchant console")
    return Finding("WeChat Pay", False, f"a query for no order came to {word or 'an order'}", cure)


def _token(config: Config) -> Finding:
    try:
        wechat_token.current(config)
    except Unavailable as error:
        said = f"no access token: {error}" + (f" (errcode {error.errcode})" if error.errcode else "")
        cure = "compare WECHAT_APP_ID and WECHAT_APP_SECRET, and the console's list of addresses"
        return Finding("WeChat API", False, said, cure)
    return Finding("WeChat API", True, "gives an access token")
