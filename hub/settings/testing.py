"""Testing: development with fast passwords; the lane's environment names the database and Redis."""

import os
from pathlib import Path
from tempfile import gettempdir

from hub.settings.development import *  # noqa: F403
from hub.settings.development import DATABASES

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
RATE_LIMIT_SCALE = 0
DATABASES["default"].setdefault("TEST", {})
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, because readers and actions use several connections; one a process, so that runs do not meet.
    DATABASES["default"]["TEST"]["NAME"] = str(Path(gettempdir()) / f"kaifan-test-{os.getpid()}.sqlite3")
