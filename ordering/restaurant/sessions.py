"""Table sessions: guests sit down, settle, move, leave. The table's row is locked before its session's."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Substr

from hub import clock, events
from hub.errors import Refusal
from hub.eventlog import create_stream, drop_stream
from hub.models import Stream
from hub.transactions import Lock, Transaction
from ordering.restaurant import queries
from ordering.restaurant.models import DiningTable, Store, TableDiner, TableSession
from ordering.users import sessions as log_ins
from ordering.users.models import User

STREAM_OUTLIVES = timedelta(days=1)
AT_ONCE = 100


def join(tx: Transaction, table: DiningTable) -> TableSession:
    """The session of the guests at ``table``; the first to come opens it (``table.opened``).

    Reads only while somebody sits there, and then locks nothing.
    """
    tx.about(table)
    present = queries.open_session(table)
    if present is not None:
        return present
    locked = lock_table(tx, table)
    present = queries.open_session(locked)
    return present or _open(tx, locked)


def lock_table(tx: Transaction, table: DiningTable) -> DiningTable:
    """The table's row as it is now, locked until commit."""
    rows = DiningTable.objects.select_related(None).filter(pk=table.pk)
    locked = tx.lock_one(Lock.SESSION, rows)
    locked.store = table.store
    tx.about(locked)
    return locked


def _open(tx: Transaction, table: DiningTable) -> TableSession:
    session = TableSession.objects.create(table=table, open_key=table.pk)
    tx.created(session)
    create_stream(session.stream)
    _record(tx, events.TableOpened, table, TableSession.State.OPEN)
    return session


def _record(tx: Transaction, kind: type[events.HubEvent], table: DiningTable, state: str) -> None:
    table.version += 1
    table.save(update_fields=["version"])
    card = {"table": table.code, "state": str(state)}
    tx.record(table.store.stream, kind(table.key, table.version, card))


def seat(tx: Transaction, session: TableSession, user: User) -> None:
    """The person is one of the session's diners; repeating it writes nothing."""
    if not session.diners.filter(user=user).exists():
        TableDiner.objects.bulk_create([TableDiner(session=session, user=user)], ignore_conflicts=True)


def forget_closed() -> int:
    """Drop the streams of sessions that ended a day ago: screens have long let go; how many. Bounded."""
    ended = TableSession.objects.filter(
        no=Substr(OuterRef("key"), len("table:") + 1), closed_at__lt=clock.now() - STREAM_OUTLIVES
    )
    streams = Stream.objects.filter(Exists(ended), key__startswith="table:")
    gone = list(streams.values_list("key", flat=True)[:AT_ONCE])
    for key in gone:
        with transaction.atomic():
            drop_stream(key)
    return len(gone)


def settle(tx: Transaction, table: DiningTable) -> TableSession:
    """The guests ask for the bill; 409 ``table.not_open`` when nobody sits there."""
    lock_table(tx, table)
    session = present(tx, table)
    session.state = TableSession.State.SETTLING
    session.save(update_fields=["state"])
    return session


def close(tx: Transaction, table: DiningTable) -> TableSession:
    """The guests have left: the session ends, and with it their guest log-ins; 409 when nobody sits there."""
    leaving = queries.open_session(table)
    if leaving is not None:
        log_ins.revoke_guests(tx, leaving.pk)
    locked = lock_table(tx, table)
    session = present(tx, locked)
    session.state, session.open_key, session.closed_at = TableSession.State.CLOSED, None, clock.now()
    session.save(update_fields=["state", "open_key", "closed_at"])
    _record(tx, events.TableClosed, locked, session.state)
    return session


def move(tx: Transaction, table: DiningTable, target_code: str) -> TableSession:
    """The guests change to a free table of the same store; 409 ``table.occupied`` when it is not free."""
    store = table.store
    found = tx.lock(Lock.SESSION, store.tables.filter(code__in=[table.code, target_code]))
    locked = {row.code: _at(row, store) for row in found}
    if target_code not in locked or target_code == table.code:
        raise Refusal("table.target_invalid", 409, "目标桌台不存在或就是当前桌台")
    source, target = locked[table.code], locked[target_code]
    session = present(tx, source)
    if queries.open_session(target) is not None:
        raise Refusal("table.occupied", 409, "目标桌台已有客人", table=target.code)
    session.table, session.open_key = target, target.pk
    session.save(update_fields=["table", "open_key"])
    _record(tx, events.TableMoved, source, TableSession.State.CLOSED)
    _record(tx, events.TableMoved, target, session.state)
    return session


def _at(table: DiningTable, store: Store) -> DiningTable:
    table.store = store
    return table


def present(tx: Transaction, table: DiningTable) -> TableSession:
    """Who sits at a locked table, locked; 409 ``table.not_open`` when nobody does."""
    rows = tx.lock(Lock.SESSION, TableSession.objects.filter(open_key=table.pk))
    if not rows:
        raise Refusal("table.not_open", 409, "该桌台没有客人", table=table.code)
    return rows[0]


def rotate_token(tx: Transaction, table: DiningTable) -> DiningTable:
    """Void the token in the table's QR code; the row carries the new version."""
    locked = lock_table(tx, table)
    locked.token_version += 1
    locked.save(update_fields=["token_version"])
    return locked


def answer(session: TableSession, table_token: str) -> dict[str, Any]:
    """The resolve body: store, table and session; ``session.table`` has its store."""
    table = session.table
    return {
        "store": table.store.code,
        "table": {"code": table.code, "name": table.name},
        "session": {"id": session.no, "state": session.state},
        "table_token": table_token,
    }
