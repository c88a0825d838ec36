"""Who we are to WeChat: the settings, and in the sandbox what the emulator made for whatever is not set."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from django.conf import settings

LIVE_PAY = "https://api.mch.weixin.qq.com"
LIVE_API = "https://api.weixin.qq.com"
NOTIFY_PATH = "/api/payments/wechat/notify/"
PAY_NEEDS = (
    "APP_ID",
    "PAY_MCHID",
    "PAY_PRIVATE_KEY_PATH",
    "PAY_CERT_SERIAL_NO",
    "PAY_APIV3_KEY",
    "PAY_NOTIFY_URL",
)


class NotConfigured(Exception):
    """These variables are missing, or the emulator that would know them does not answer."""


@dataclass(frozen=True, slots=True, repr=False)
class Config:
    """Keys are PEM texts. Without a public key, platform certificates are trusted (``cert_dir``)."""

    mode: str
    app_id: str
    app_secret: str
    mchid: str
    private_key: str
    cert_serial_no: str
    apiv3_key: str
    notify_url: str
    refund_notify_url: str
    public_key: str
    public_key_id: str
    cert_dir: str
    pay_base_url: str
    api_base_url: str


def current() -> Config:
    """The configuration in force; raises NotConfigured when WeChat is off or cannot be asked."""
    if settings.WECHAT_MODE == "off":
        raise NotConfigured("WECHAT_MODE is off")
    made = _emulators(sandbox_url()) if settings.WECHAT_MODE == "sandbox" else {}
    return _config(settings.WECHAT, made)


def require_pay() -> Config:
    """As `current`, with everything that WeChat Pay needs."""
    missing = [
        f"WECHAT_{name}" for name in PAY_NEEDS if settings.WECHAT_MODE == "live" and not settings.WECHAT[name]
    ]
    if missing:
        raise NotConfigured(", ".join(missing))
    return current()


def sandbox_url() -> str:
    """Where the emulator is: what is set, else the one that development mounts."""
    return settings.WECHAT["PAY_BASE_URL"] or settings.WECHAT_SANDBOX_URL


def _config(given: dict[str, str], made: dict[str, Any]) -> Config:
    sandbox = settings.WECHAT_MODE == "sandbox"
    notify = given["PAY_NOTIFY_URL"] or (urljoin(settings.WECHAT_SANDBOX_URL, NOTIFY_PATH) if sandbox else "")
    by_public_key = bool(given["PAY_PUBLIC_KEY_ID"]) or not given["PAY_CERT_DIR"]
    return Config(
        mode=settings.WECHAT_MODE,
        app_id=given["APP_ID"] or made.get("app_id", ""),
        app_secret=given["APP_SECRET"] or made.get("app_secret", ""),
        mchid=given["PAY_MCHID"] or made.get("mchid", ""),
        private_key=_pem(given["PAY_PRIVATE_KEY_PATH"]) or made.get("private_key", ""),
        cert_serial_no=given["PAY_CERT_SERIAL_NO"] or made.get("cert_serial_no", ""),
        apiv3_key=given["PAY_APIV3_KEY"] or made.get("apiv3_key", ""),
        notify_url=notify,
        refund_notify_url=given["PAY_REFUND_NOTIFY_URL"] or notify,
        public_key=_pem(given["PAY_PUBLIC_KEY_PATH"])
        or (made.get("public_key", "") if by_public_key else ""),
        public_key_id=given["PAY_PUBLIC_KEY_ID"] or (made.get("public_key_id", "") if by_public_key else ""),
        cert_dir=given["PAY_CERT_DIR"],
        pay_base_url=(given["PAY_BASE_URL"] or (sandbox_url() if sandbox else LIVE_PAY)).rstrip("/"),
        api_base_url=(given["API_BASE_URL"] or (sandbox_url() if sandbox else LIVE_API)).rstrip("/"),
    )


def _pem(path: str) -> str:
    try:
        return Path(path).read_text() if path else ""
    except OSError as error:
        raise NotConfigured(f"{path}: {error.strerror}") from None


@lru_cache(maxsize=8)
def _emulators(base: str) -> dict[str, Any]:
    """What the emulator says its one client is; an answer is remembered, a silence is not.

    An emulator of somebody else's makes nothing for us: then everything has to be set.
    """
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(
                f"{base}/client.json", timeout=settings.WECHAT_PAY_TIMEOUT, allow_redirects=False
            )
            return dict(answer.json()) if answer.status_code == 200 else {}
        except ValueError:
            return {}
        except requests.RequestException:
            raise NotConfigured(f"the WeChat sandbox at {base} does not answer") from None
