"""Settings read from the environment (and `.env`); nonsense stops the start, all errors at once."""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from hub.settings.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Environment(BASE_DIR / ".env")

DEBUG = False
SECRET_KEY = env.text("SECRET_KEY", "")
JWT_SECRET_KEY = env.text("JWT_SECRET_KEY", "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [])
CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", [])
WS_ALLOWED_ORIGINS = env.list("WS_ALLOWED_ORIGINS", ["https://servicewechat.com", "weapp://"])
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", 0, low=0)

INSTALLED_APPS = [
    "ordering.users.adminapp.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "django_prometheus",
    "hub",
    "ordering.users",
    "ordering.restaurant",
    "ordering.dishes",
    "ordering.coupons",
    "ordering.payments",
    "ordering.orders",
    "ordering.carts",
    "ordering.reviews",
    "kitchen",
    "consumers",
    "screens",
    "rush",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "hub.problem.ProblemMiddleware",
    "django.middleware.locale.LocaleMiddleware",  # before whatever may refuse
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
ASGI_APPLICATION = "asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["ordering.users.credentials.GuardedBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.text("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(BASE_DIR / "var" / "media")))
MEDIA = env.media()
MEDIA_ORIGIN = MEDIA.origin  # what pages may load pictures from besides themselves
STORAGES = {
    "default": MEDIA.storage,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
UPLOAD_LIMIT = 5 * 1024 * 1024
# Where files may come; every other body is at most DATA_UPLOAD_MAX_MEMORY_SIZE.
UPLOAD_ADDRESSES = r"/admin/.*|/api/v1/.*/(image|images|import)/"

DATABASES = {"default": env.database(BASE_DIR / "var" / "kaifan.sqlite3")}
ATOMIC_REQUESTS = False
SLOW_QUERY_MS = env.number("SLOW_QUERY_MS", 200.0, low=0.0)  # 0 = no slow-query log
ASGI_THREADS = env.whole("ASGI_THREADS", 16, low=1)

REDIS_URL = env.redis()
CHANNEL_LAYERS = {"default": env.channel_layer(REDIS_URL)}
CACHES = {"default": env.cache(REDIS_URL)}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["ordering.users.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["ordering.users.permissions.KnownActor"],
    "DEFAULT_RENDERER_CLASSES": ["drf_orjson_renderer.renderers.ORJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["hub.parsers.Json"],
    "DEFAULT_PAGINATION_CLASS": "hub.pagination.NumberedPages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["hub.throttling.ScaledThrottle"],
    "EXCEPTION_HANDLER": "hub.problem.handler",
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Kaifan 开饭",
    "DESCRIPTION": "Real-time ordering hub for restaurants.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_PERMISSIONS": [],
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": ["hub.openapi.finish"],
}

RATE_LIMIT_SCALE = env.number("RATE_LIMIT_SCALE", 1.0, low=0.0)
THROTTLES = {
    "user": "600/m",
    "login": "30/m",
    "submit": "60/m",
    "cart": "240/m",
    "writing": "30/m",
    "upload": "60/m",
    "pairing": "20/m",
    "public": "1200/m",
    "sync": "60/m",
    "gateway": "12000/m",
}
WORKER_SPEED = env.number("WORKER_SPEED", 1.0, low=0.001)
WORKER_JOBS = {
    "ordering.orders.expiry.expire_due": 1.0,
    "ordering.orders.expiry.complete_due": 30.0,
    "ordering.orders.forecast.follow_due": 5.0,
    "ordering.orders.speeds.learn_due": 60.0,
    "ordering.dishes.edges.restore_due": 1.0,
    "ordering.dishes.edges.announce_edges": 5.0,
    "ordering.dishes.refill.refill_due": 5.0,
    "kitchen.receipts.watch": 1.0,
    "hub.idempotency.forget_old": 60.0,
    "hub.retention.prune": 60.0,
    "hub.audit.prune": 60.0,
    "ordering.restaurant.sessions.forget_closed": 60.0,
    "ordering.users.retention.forget_old": 60.0,
    "hub.jobs.forget_done": 60.0,
}
# Each has a thread of its own in every worker: no timer waits for a network.
WORKER_NETWORK_JOBS = {
    "hub.jobs.run_due": 1.0,
    "ordering.orders.attempts.settle_due": 1.0,
    "ordering.orders.returns.send_due": 1.0,
    "ordering.orders.reconciliation.run_due": 60.0,
}
JOB_KINDS = {
    "message.accepted": "ordering.orders.messages.send_accepted",
    "message.ready": "ordering.orders.messages.send_ready",
    "message.refunded": "ordering.orders.messages.send_refunded",
    "order.shipping": "ordering.orders.shipping.upload",
    "order.remarks": "ordering.orders.remarks.check",
    "menu.ratings": "ordering.dishes.ratings.announce",
    "review.text": "ordering.reviews.textcheck.check",
    "table.code": "ordering.restaurant.wxacode.make",
}
DEMO_ALLOWED = False
DEMO_SEEDS = [
    "ordering.restaurant.demo.seed",
    "ordering.users.demo.seed",
    "ordering.dishes.demo.seed",
    "ordering.coupons.demo.seed",
]
ASYNCAPI = "consumers.asyncapi.document"
BEFORE_SERVING = "ordering.payments.checks.require"
AHEAD_OF_DJANGO = "consumers.openapi"
OPENAPI_EXAMPLES = BASE_DIR / "ordering" / "examples.json"

ACCESS_TOKEN_SECONDS = env.whole("ACCESS_TOKEN_SECONDS", 15 * 60, low=1)
REFRESH_TOKEN_SECONDS = env.whole("REFRESH_TOKEN_SECONDS", 7 * 24 * 3600, low=1)
EVENT_RETENTION_DAYS = env.whole("EVENT_RETENTION_DAYS", 90, low=1)
AUDIT_RETENTION_DAYS = env.whole("AUDIT_RETENTION_DAYS", 730, low=180)
EVENT_LAG_LIMIT = 10.0
METRICS_TOKEN = env.text("METRICS_TOKEN", "")

WECHAT_MODE = env.choice("WECHAT_MODE", "off", {"off", "sandbox", "live"})
WECHAT = env.texts(
    "WECHAT_",
    "APP_ID APP_SECRET PAY_MCHID PAY_PRIVATE_KEY_PATH PAY_CERT_SERIAL_NO PAY_APIV3_KEY PAY_NOTIFY_URL"
    " PAY_REFUND_NOTIFY_URL PAY_PUBLIC_KEY_PATH PAY_PUBLIC_KEY_ID PAY_CERT_DIR PAY_BASE_URL API_BASE_URL"
    " MINIPROGRAM_STATE TEMPLATE_ACCEPTED TEMPLATE_READY TEMPLATE_REFUNDED ORDER_PAGE TABLE_PAGE",
)
WECHAT_PAY_TIMEOUT = env.pair("WECHAT_PAY_TIMEOUT", (3.0, 8.0))
WECHAT_PAY_EXPIRE_MINUTES = env.number("WECHAT_PAY_EXPIRE_MINUTES", 15.0, low=0.01)
WECHAT_TEXT_CHECK = env.flag("WECHAT_TEXT_CHECK", False)
WECHAT_UPLOAD_SHIPPING = env.flag("WECHAT_UPLOAD_SHIPPING", False)
WECHAT_SANDBOX_SPEED = env.number("WECHAT_SANDBOX_SPEED", 1.0, low=0.001)
WECHAT_SANDBOX_DIR = Path(env.text("WECHAT_SANDBOX_DIR", str(BASE_DIR / "var" / "sandbox")))
WECHAT_SANDBOX_URL = f"http://127.0.0.1:{env.text('PORT', '8000')}/sandbox/wechat"
WECHAT_ALLOW_SANDBOX = env.flag("WECHAT_ALLOW_SANDBOX", False)

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True

LOGGING = env.logging()

if env.problems:
    raise ImproperlyConfigured("The environment is not usable:\n  - " + "\n  - ".join(env.problems))
