"""Django's mysql backend with the slow-query log."""

from typing import Any

from django.db.backends.mysql import base

from hub.database import slow


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(slow.watch)
