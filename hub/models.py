"""The log: streams with their counters, events, the epoch, idempotency keys; and the outbox."""

from django.db import models


class Epoch(models.Model):
    """One random word per database, changed after a restore so that no old cursor is believed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.CharField(max_length=16)


class Stream(models.Model):
    """A gapless sequence: ``store:<code>``, ``menu:<code>`` or ``auth``.

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

    kind = models.CharField("类型", max_length=32)
    key = models.CharField("编号", max_length=64)
    store = models.CharField("门店", max_length=32, blank=True)
    payload = models.JSONField("内容", default=dict)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    next_try_at = models.DateTimeField("下次尝试", null=True, db_index=True)
    last_error = models.CharField("最近错误", max_length=64, blank=True)
    created_at = models.DateTimeField("创建时间")
    done_at = models.DateTimeField("完成时间", null=True, db_index=True)
    dead_at = models.DateTimeField("放弃时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "外部任务"
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="job_once")]
        indexes = [models.Index(fields=["dead_at", "store"], name="job_by_death")]
