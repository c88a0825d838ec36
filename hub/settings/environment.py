"""Reads the environment once, collects every complaint, and builds the database, Redis and log settings."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import environ

from hub.settings import media

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL",
}
MYSQL_OPTIONS = {
    "charset": "utf8mb4",
    "connect_timeout": 3,
    "isolation_level": "read committed",
    "init_command": "SET SESSION innodb_lock_wait_timeout=3,"
    " sql_mode='STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO'",
}


class Environment:
    """Typed reads; what is wrong is remembered in ``problems`` instead of stopping at the first."""

    def __init__(self, dotenv: Path) -> None:
        self.problems: list[str] = []
        self._env = environ.Env()
        if dotenv.is_file():
            self._env.read_env(str(dotenv), overwrite=False)

    def text(self, name: str, default: str) -> str:
        """A string."""
        return str(self._env.str(name, default=default))

    def list(self, name: str, default: list[str]) -> list[str]:
        """Comma-separated strings."""
        return list(self._env.list(name, default=default))

    def choice(self, name: str, default: str, known: set[str]) -> str:
        """One of the known words."""
        value = self.text(name, default)
        if value not in known:
            self.problems.append(f"{name}: {value} is none of {', '.join(sorted(known))}")
        return value

    def texts(self, prefix: str, names: str) -> dict[str, str]:
        """Several strings by their names without the prefix; "" where nothing is set."""
        return {name: self.text(prefix + name, "").strip() for name in names.split()}

    def pair(self, name: str, default: tuple[float, float]) -> tuple[float, float]:
        """Two positive numbers separated by a comma."""
        try:
            first, second = (float(part) for part in self.text(name, ",".join(map(str, default))).split(","))
        except ValueError as error:
            self.problems.append(f"{name}: {error}")
            return default
        return (self._at_least(name, first, 0.001), self._at_least(name, second, 0.001))

    def flag(self, name: str, default: bool) -> bool:
        """1/true/yes or 0/false/no."""
        return bool(self._read(self._env.bool, name, default))

    def whole(self, name: str, default: int, low: int) -> int:
        """An integer of at least ``low``."""
        return int(self._at_least(name, self._read(self._env.int, name, default), low))

    def number(self, name: str, default: float, low: float) -> float:
        """A float of at least ``low``."""
        return float(self._at_least(name, self._read(self._env.float, name, default), low))

    def _read(self, reader: Any, name: str, default: Any) -> Any:
        try:
            return reader(name, default=default)
        except (ValueError, TypeError) as error:
            self.problems.append(f"{name}: {error}")
            return default

    def _at_least(self, name: str, value: float, low: float) -> float:
        if not value >= low:
            self.problems.append(f"{name}: {value} is below {low}")
            return low
        return value

    def database(self, sqlite_file: Path) -> dict[str, Any]:
        """``DATABASE_URL``, else ``DB_*``, else SQLite; with the options that the door relies on."""
        if self._env.str("DATABASE_URL", default=""):
            config = dict(self._env.db_url("DATABASE_URL"))
        elif self._env.str("DB_NAME", default="") and self._env.str("DB_HOST", default=""):
            config = {
                "ENGINE": "django.db.backends.mysql",
                **{key: self.text(f"DB_{key}", "") for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")},
            }
        else:
            sqlite_file.parent.mkdir(parents=True, exist_ok=True)
            config = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(sqlite_file)}
        return self._with_options(config)

    def _with_options(self, config: dict[str, Any]) -> dict[str, Any]:
        mysql = config["ENGINE"].endswith("mysql")
        config["ENGINE"] = f"hub.database.{'mysql' if mysql else 'sqlite3'}"
        config["OPTIONS"] = {**config.get("OPTIONS", {}), **(MYSQL_OPTIONS if mysql else SQLITE_OPTIONS)}
        config["CONN_MAX_AGE"] = self.whole("CONN_MAX_AGE", 0, low=0)
        if mysql:
            config["TEST"] = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"}
        return config

    def media(self) -> media.Media:
        """Where uploaded pictures are kept: MEDIA_ROOT, or a bucket by ``S3_*``."""
        if self.choice("MEDIA_STORAGE", "local", {"local", "s3"}) != "s3":
            return media.LOCAL
        self.choice("S3_ADDRESSING", "auto", media.ADDRESSING)
        said = self.texts("S3_", media.NAMES)
        self.problems += media.faults(said)
        return media.bucket(said)

    def redis(self) -> str:
        """``REDIS_URL``, else ``REDIS_HOST`` and friends, else an empty string: memory."""
        if url := self._env.str("REDIS_URL", default=""):
            return str(url)
        host = self._env.str("REDIS_HOST", default="")
        if not host:
            return ""
        password = quote(self.text("REDIS_PASSWORD", ""), safe="")
        login = f":{password}@" if password else ""
        port, number = self.whole("REDIS_PORT", 6379, low=1), self.whole("REDIS_DB", 0, low=0)
        return f"redis://{login}{host}:{port}/{number}"

    def channel_layer(self, redis_url: str) -> dict[str, Any]:
        """Pub/sub over Redis, else memory. The socket timeout is explicit: redis 8 would default to 5 s."""
        if not redis_url:
            return {"BACKEND": "channels.layers.InMemoryChannelLayer"}
        # Pub/sub does not know database numbers; the prefix keeps two deployments on one Redis apart.
        number = urlsplit(redis_url).path.strip("/") or "0"
        host = {"address": redis_url, "socket_timeout": None, "socket_connect_timeout": 2}
        return {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [host], "prefix": f"kaifan{number}"},
        }

    def cache(self, redis_url: str) -> dict[str, Any]:
        """Redis whose death is only a miss and whose silence costs a request 1 s; else our own memory."""
        if not redis_url:
            return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        options = {"SOCKET_CONNECT_TIMEOUT": 0.5, "SOCKET_TIMEOUT": 0.5, "IGNORE_EXCEPTIONS": True}
        return {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": redis_url, "OPTIONS": options}

    def logging(self) -> dict[str, Any]:
        """JSON lines on standard error with request id and redaction; LOG_LEVEL and LOG_FORMAT decide."""
        level, plain = self.text("LOG_LEVEL", "INFO"), self.text("LOG_FORMAT", "json") == "plain"
        # What they write below that holds addresses with their secrets.
        loud = ("httpx", "httpcore", "urllib3", "requests", "daphne", "asyncio")
        quiet = {name: {"level": "WARNING"} for name in loud}
        return {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {
                "request_id": {"()": "hub.logs.RequestIdFilter"},
                "redact": {"()": "hub.logs.RedactFilter"},
            },
            "formatters": {
                "json": {
                    "()": "pythonjsonlogger.json.JsonFormatter",
                    "fmt": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
                },
                "plain": {"format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"},
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "filters": ["request_id", "redact"],
                    "formatter": "plain" if plain else "json",
                }
            },
            "root": {"handlers": ["stderr"], "level": level},
            # Django's own handlers print the same lines once more, unredacted.
            "loggers": {**quiet, "django": {"handlers": []}, "django.server": {"level": "WARNING"}},
        }
