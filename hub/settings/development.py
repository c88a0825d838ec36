"""Development: everything works without a `.env`, nothing is hidden."""

from hub.settings.base import *  # noqa: F403
from hub.settings.base import CHANNEL_LAYERS, INSTALLED_APPS, JWT_SECRET_KEY, SECRET_KEY, env  # noqa: F401

DEBUG = env.flag("DEBUG", True)
SECRET_KEY = SECRET_KEY or "development-only-secret-key-never-use-it-in-production"
JWT_SECRET_KEY = JWT_SECRET_KEY or "development-only-jwt-key-never-use-it-in-production"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["*"])
DEMO_ALLOWED = True
LANDING = True
WECHAT_MODE = env.text("WECHAT_MODE", "sandbox")
if WECHAT_MODE == "sandbox":
    INSTALLED_APPS = [*INSTALLED_APPS, "sandbox"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
