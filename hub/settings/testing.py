"""Testing: development with fast passwords; the lane's environment names the database and Redis."""

import os
from pathlib import Path
from tempfile import gettempdir

from hub.settings.development import *  # noqa: F403
from hub.settings.development import DATABASES, MIDDLEWARE

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
RATE_LIMIT_SCALE = 0
# It would look for every static file anew for each test client: 20 ms a request.
MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("whitenoise.")]
DATABASES["default"].setdefault("TEST", {})
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, because readers and actions use several connections; one a process, so that runs do not meet.
    DATABASES["default"]["TEST"]["NAME"] = str(Path(gettempdir()) / f"kaifan-test-{os.getpid()}.sqlite3")
