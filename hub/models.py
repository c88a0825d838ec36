"""The log: streams with their counters, events, the epoch, idempotency keys; the outbox; and the audit."""

from typing import Any, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _


class Epoch(models.Model):
    """One random word per database, changed after a restore so that no old cursor is believed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.CharField(max_length=16)


class Stream(models.Model):
    """A gapless sequence: ``store:<code>``, ``menu:<code>``, ``table:<session>`` or ``auth``.

    ``seq`` and ``tag`` are those of the newest event (0 and 0 before the first), ``floor`` is the highest
    pruned ``seq``. The row is locked last in every transaction, so commit order is sequence order.
    """

    key = models.CharField(max_length=48, primary_key=True)
    seq = models.PositiveBigIntegerField(default=0)
    tag = models.PositiveBigIntegerField(default=0)
    floor = models.PositiveBigIntegerField(default=0)


class Event(models.Model):
    """One thing that happened, with the whole card it left behind (``body``: JSON text).

    ``key`` names the row that changed (``order:<no>``), ``version`` is that row's own count, ``tag`` a random
    32-bit mark that tells two histories apart, ``actor`` text such as ``diner:01J…`` or ``device:7``.
    """

    pk = models.CompositePrimaryKey("stream_id", "seq")
    stream = models.ForeignKey(Stream, models.DO_NOTHING, db_constraint=False, db_index=False)
    seq = models.PositiveBigIntegerField()
    key = models.CharField(max_length=48)
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=32)
    tag = models.PositiveBigIntegerField()
    actor = models.CharField(max_length=48)
    at = models.DateTimeField()
    body = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "key", "version"], name="event_once_per_version")
        ]


class IdempotencyKey(models.Model):
    """A request's key and, once it committed, its answer. Inserted first in the transaction of its effect."""

    pk = models.CompositePrimaryKey("scope", "key")
    scope = models.CharField(max_length=150)
    key = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(default="")
    created_at = models.DateTimeField(db_index=True)


class Job(models.Model):
    """Something to be done outside after a commit, written down in the same transaction (an outbox).

    Unique by (``kind``, ``key``). ``next_try_at`` is when a worker looks at it, or until when one has it, and
    None once it is done or dead. ``payload`` holds ids alone, ``last_error`` a short code: nothing secret.
    """

    kind = models.CharField(_("类型"), max_length=32)
    key = models.CharField(_("编号"), max_length=64)
    store = models.CharField(_("门店"), max_length=32, blank=True)
    payload = models.JSONField(_("内容"), default=dict)
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    next_try_at = models.DateTimeField(_("下次尝试"), null=True, db_index=True)
    last_error = models.CharField(_("最近错误"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("创建时间"))
    done_at = models.DateTimeField(_("完成时间"), null=True, db_index=True)
    dead_at = models.DateTimeField(_("放弃时间"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("外部任务")
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="job_once")]
        indexes = [models.Index(fields=["dead_at", "store"], name="job_by_death")]

    @property
    def store_code(self) -> str:
        """Whose it is."""
        return self.store


class AppendOnly(Exception):
    """Somebody tried to alter or delete what is kept as it was written."""


class Kept(models.QuerySet["AuditEntry"]):
    """Rows that are only added and read."""

    def update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Never."""
        raise AppendOnly

    def delete(self) -> NoReturn:
        """Never; `hub.audit.prune` does when their time is over."""
        raise AppendOnly

    bulk_update = update  # type: ignore[assignment]
    update_or_create = update  # type: ignore[assignment]


class AuditEntry(models.Model):
    """One thing that a member of staff or a device did, written by `hub.audit` in the same transaction.

    ``actor`` is the log's label, ``name`` and ``role`` what they were at that moment; ``target`` names the
    row (``order:<no>``), ``before`` and ``after`` (JSON text) hold what changed of it and of rows beside it.
    ``address`` is a mark by which equal network addresses are equal, not the address.
    """

    at = models.DateTimeField(_("时间"))
    actor = models.CharField(_("操作者"), max_length=48)
    name = models.CharField(_("姓名"), max_length=64)
    role = models.CharField(_("角色"), max_length=16)
    action = models.CharField(_("操作"), max_length=64)
    target = models.CharField(_("对象"), max_length=96)
    store = models.CharField(_("门店"), max_length=32)
    before = models.TextField(_("之前"))
    after = models.TextField(_("之后"))
    request_id = models.CharField(_("请求编号"), max_length=64)
    address = models.CharField(_("来源标记"), max_length=16)

    objects = Kept.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("操作记录")
        base_manager_name = "objects"
        indexes = [
            models.Index(fields=["store", "at"], name="audit_by_store"),
            models.Index(fields=["store", "actor", "at"], name="audit_by_actor"),
            models.Index(fields=["store", "action", "at"], name="audit_by_action"),
            models.Index(fields=["store", "target", "at"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"

    # The one row whose own methods say no: the house overrides `save` nowhere else.
    def save(self, **kwargs: Any) -> NoReturn:  # type: ignore[override]
        """Never: rows are written by `hub.audit.write`."""
        raise AppendOnly

    def delete(self, **kwargs: Any) -> NoReturn:  # type: ignore[override]
        """Never."""
        raise AppendOnly
