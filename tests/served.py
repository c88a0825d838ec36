"""Settings of the processes that tests start: development, but a log-in costs no third of a second."""

from hub.settings.development import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
