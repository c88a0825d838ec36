"""Changes to a restaurant itself: founding it, opening and pausing it."""

from typing import Any

from hub import events
from hub.eventlog import create_stream
from hub.transactions import Lock, Transaction
from ordering.restaurant.models import Store


def create_store(tx: Transaction, **fields: Any) -> Store:
    """A new store with its two streams; ``fields`` are those of Store."""
    store = Store.objects.create(**fields)
    tx.created(store)
    create_streams(store)
    return store


def create_streams(store: Store) -> None:
    """Give a store the streams that its events are numbered in."""
    create_stream(store.stream)
    create_stream(store.menu_stream)


def open_store(tx: Transaction, store: Store) -> Store:
    """The store takes orders again; nothing happens when it does already."""
    return _switch(tx, store, True)


def pause_store(tx: Transaction, store: Store) -> Store:
    """The store takes no new orders for now; nothing happens when it is paused already."""
    return _switch(tx, store, False)


def _switch(tx: Transaction, store: Store, is_open: bool) -> Store:
    locked = tx.lock_one(Lock.SESSION, Store.objects.filter(pk=store.pk))
    if locked.is_open != is_open:
        locked.is_open = is_open
        locked.save(update_fields=["is_open"])
        announce_switch(tx, locked)
        announce_menu(tx, locked)
    return locked


def announce_switch(tx: Transaction, store: Store) -> None:
    """Say that a locked store was opened or paused."""
    store.version += 1
    store.save(update_fields=["version"])
    kind = events.StoreOpened if store.is_open else events.StorePaused
    card = {"store": store.code, "is_open": store.is_open}
    tx.record(store.stream, kind(store.stream, store.version, card))


def announce_menu(tx: Transaction, store: Store) -> None:
    """Say that the menu document is another one: it shows the store's name, notice and whether it is open."""
    store.menu_version += 1
    store.save(update_fields=["menu_version"])
    tx.record(store.menu_stream, events.MenuChanged(store.menu_stream, store.menu_version))
