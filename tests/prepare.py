"""Tables and the demo store in one process: ``prepare``, its environment naming the database.

With a file's name the SQLite database is left there as it was between the two: ``prepare <tables.sqlite3>``.
"""

import os
import shutil
import sys

import django
from django.core.management import call_command
from django.db import connection


def main(tables: str | None = None) -> None:
    """Migrate and seed, quietly."""
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    if tables:
        connection.close()  # the last one writes everything into the one file
        shutil.copy(connection.settings_dict["NAME"], tables)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        call_command("demo", stdout=nowhere)


if __name__ == "__main__":
    main(*sys.argv[1:])
