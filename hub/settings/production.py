"""Production: the same settings, with everything that development may do refused."""

from django.core.exceptions import ImproperlyConfigured

from hub.settings.base import *  # noqa: F403
from hub.settings.base import (
    ALLOWED_HOSTS,
    DATABASES,
    INSTALLED_APPS,
    JWT_SECRET_KEY,
    MEDIA_ORIGIN,
    RATE_LIMIT_SCALE,
    SECRET_KEY,
    SPECTACULAR_SETTINGS,
    WECHAT_ALLOW_SANDBOX,
    WECHAT_MODE,
    WORKER_SPEED,
    env,
)

SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = env.whole("SECURE_HSTS_SECONDS", 31536000, low=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.flag("SECURE_HSTS_SUBDOMAINS", True)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
if not env.flag("PUBLIC_DOCS", False):
    SPECTACULAR_SETTINGS = {
        **SPECTACULAR_SETTINGS,
        "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAdminUser"],
        "SERVE_AUTHENTICATION": ["rest_framework.authentication.SessionAuthentication"],
    }
if env.flag("BEHIND_TLS_PROXY", True):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

if WECHAT_MODE == "sandbox":
    INSTALLED_APPS = [*INSTALLED_APPS, "sandbox"]

_refusals = {
    "SECRET_KEY: at least 50 characters are needed": len(SECRET_KEY) < 50,
    "JWT_SECRET_KEY: at least 32 bytes, other than SECRET_KEY": len(JWT_SECRET_KEY) < 32
    or JWT_SECRET_KEY == SECRET_KEY,
    "DEBUG: may not be on in production": env.flag("DEBUG", False),
    "ALLOWED_HOSTS: name your hosts (not *)": not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS,
    "RATE_LIMIT_SCALE: 0 (off) is refused": RATE_LIMIT_SCALE == 0,
    "WORKER_SPEED: may only be set in development": WORKER_SPEED != 1,
    "WECHAT_MODE: sandbox is refused": WECHAT_MODE == "sandbox" and not WECHAT_ALLOW_SANDBOX,
    "S3_PUBLIC_URL: must be https": MEDIA_ORIGIN.startswith("http:"),
    "DATABASE_URL or DB_*: production needs MySQL 8 or MariaDB": DATABASES["default"]["ENGINE"].endswith(
        "sqlite3"
    ),
}
if any(_refusals.values()):
    raise ImproperlyConfigured(
        "Not fit for production:\n  - " + "\n  - ".join(k for k, v in _refusals.items() if v)
    )
