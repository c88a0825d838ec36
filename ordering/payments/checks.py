"""System checks of the WeChat settings: texts and files only, no network. They name variables, never values.

They run with `migrate`, `serve`, `worker`, `check` and `doctor`; servers that are started without manage.py
call `require`.
"""

import ipaddress
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, run_checks
from django.core.exceptions import ImproperlyConfigured

from ordering.users.wechat.config import NOTIFY_PATH, PAY_NEEDS

TAG = "wechat"
KEY_BITS = 2048
SERIAL = re.compile(r"[0-9A-Fa-f]{8,40}")
PUBLIC_KEY_PREFIX = "PUB_KEY_ID_"
HOSTS = {
    "PAY_BASE_URL": {"api.mch.weixin.qq.com", "api2.mch.weixin.qq.com"},
    "API_BASE_URL": {
        *("api.weixin.qq.com", "api2.weixin.qq.com"),
        *("sh.api.weixin.qq.com", "sz.api.weixin.qq.com", "hk.api.weixin.qq.com"),
    },
}
NOT_PUBLIC = (".local", ".localhost", ".internal", ".lan", ".test", ".invalid", ".example")
# What the emulator makes is marked: "SANDBOX" as hex in its serial numbers, an app id of its own kind.
SANDBOX_SERIAL = b"SANDBOX".hex().upper()
SANDBOX_APP = "wxsandbox"


def check_wechat(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """All that can be wrong with WeChat without asking anybody; nothing while it is off."""
    if settings.WECHAT_MODE == "off":
        return []
    given: dict[str, str] = settings.WECHAT
    own = _loaded_private(given["PAY_PRIVATE_KEY_PATH"]) if given["PAY_PRIVATE_KEY_PATH"] else None
    found: list[CheckMessage] = [
        *_lengths(given),
        *_private_key(given, own),
        *_public_key(given, own),
        *_cert_dir(given),
    ]
    if settings.WECHAT_MODE == "live":
        found += [*_missing(given), *_homes(given), *_notify_urls(given), *_sandbox(given), *_expiry()]
    return found


def require() -> None:
    """Raise ImproperlyConfigured with every serious finding: for servers that run no system checks."""
    serious = [f"{one.id} {one.msg} ({one.hint})" for one in run_checks(tags=[TAG]) if one.is_serious()]
    if serious:
        raise ImproperlyConfigured("WeChat is not usable:\n  - " + "\n  - ".join(serious))


def _error(number: int, what: str, hint: str) -> Error:
    return Error(what, hint=hint, id=f"kaifan.E{number:03}")


def _missing(given: dict[str, str]) -> Iterator[CheckMessage]:
    login = [f"WECHAT_{name}" for name in ("APP_ID", "APP_SECRET") if not given[name]]
    if login:
        yield _error(1, f"{', '.join(login)}: not set", "Copy them from the mini program's console.")
    missing = [f"WECHAT_{name}" for name in PAY_NEEDS if name.startswith("PAY_") and not given[name]]
    if not any(value for name, value in given.items() if name.startswith("PAY_")):
        yield Info("WeChat Pay is not configured", hint="Guests pay at the counter.", id="kaifan.I001")
    elif missing:
        yield _error(
            1, f"{', '.join(missing)}: not set", "Set all of them, or no WECHAT_PAY_ variable at all."
        )


def _lengths(given: dict[str, str]) -> Iterator[CheckMessage]:
    key, serial, mchid = given["PAY_APIV3_KEY"], given["PAY_CERT_SERIAL_NO"], given["PAY_MCHID"]
    if key and len(key.encode()) != 32:
        yield _error(
            2,
            "WECHAT_PAY_APIV3_KEY: not 32 bytes",
            "It is the APIv3 key of the merchant console, not the older API key.",
        )
    if serial and not SERIAL.fullmatch(serial):
        yield _error(
            5,
            "WECHAT_PAY_CERT_SERIAL_NO: not a hexadecimal serial number",
            "Ask `openssl x509 -in apiclient_cert.pem -noout -serial`.",
        )
    if mchid and not re.fullmatch(r"[0-9]{8,32}", mchid):
        yield _error(14, "WECHAT_PAY_MCHID: not a merchant number", "It is digits only.")


def _private_key(given: dict[str, str], key: RSAPrivateKey | str | None) -> Iterator[CheckMessage]:
    path, name = given["PAY_PRIVATE_KEY_PATH"], "WECHAT_PAY_PRIVATE_KEY_PATH"
    if isinstance(key, str):
        yield _error(3, f"{name}: {key}", "It is the path of apiclient_key.pem from the merchant console.")
    if path and os.name == "posix" and _mode(path) & 0o007:
        yield _error(4, f"{name}: other users of this machine may read the key", "chmod 600 that file.")


def _public_key(given: dict[str, str], own: RSAPrivateKey | str | None) -> Iterator[CheckMessage]:
    path, key_id = given["PAY_PUBLIC_KEY_PATH"], given["PAY_PUBLIC_KEY_ID"]
    if bool(path) != bool(key_id):
        yield _error(
            6,
            "WECHAT_PAY_PUBLIC_KEY_PATH and WECHAT_PAY_PUBLIC_KEY_ID: only one is set",
            "Set both, or neither to trust platform certificates.",
        )
    if key_id and not re.fullmatch(PUBLIC_KEY_PREFIX + "[0-9A-Za-z]+", key_id):
        yield _error(
            7,
            f"WECHAT_PAY_PUBLIC_KEY_ID: does not begin with {PUBLIC_KEY_PREFIX}",
            "Copy the id of WeChat Pay's public key, not a certificate's serial number.",
        )
    key = _loaded_public(path) if path else None
    if isinstance(key, str):
        yield _error(8, f"WECHAT_PAY_PUBLIC_KEY_PATH: {key}", "It is the path of the console's pub_key.pem.")
    if isinstance(own, RSAPrivateKey) and isinstance(key, RSAPublicKey) and own.public_key() == key:
        yield _error(
            8,
            "WECHAT_PAY_PUBLIC_KEY_PATH: this is the merchant's own key",
            "Download WeChat Pay's public key from the merchant console.",
        )


def _cert_dir(given: dict[str, str]) -> Iterator[CheckMessage]:
    folder = given["PAY_CERT_DIR"]
    if not folder:
        return
    there = next(
        path for path in (Path(folder).absolute(), *Path(folder).absolute().parents) if path.exists()
    )
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield _error(
            12,
            "WECHAT_PAY_CERT_DIR: not a folder that can be written",
            "One folder for all processes; the merchant's own certificate does not belong there.",
        )


def _homes(given: dict[str, str]) -> Iterator[CheckMessage]:
    for name, hosts in HOSTS.items():
        url = _split(given[name])
        home = url and url.scheme == "https" and url.netloc in hosts and url.path in ("", "/")
        if given[name] and not home:
            yield _error(
                9,
                f"WECHAT_{name}: not one of WeChat's addresses",
                "Leave it empty, or use WECHAT_MODE=sandbox with an emulator.",
            )


def _notify_urls(given: dict[str, str]) -> Iterator[CheckMessage]:
    for name in ("PAY_NOTIFY_URL", "PAY_REFUND_NOTIFY_URL"):
        fault = _fault_of_notify(given[name]) if given[name] else None
        if fault:
            yield _error(
                10, f"WECHAT_{name}: {fault}", f"WeChat needs https://<public host>{NOTIFY_PATH}, as it is."
            )


def _fault_of_notify(text: str) -> str | None:
    url = _split(text)
    if not url or url.scheme != "https" or len(text) > 256 or not text.isascii():
        return "not an https address of at most 256 characters"
    if url.query or url.fragment or "?" in text or "#" in text or url.username is not None:
        return "may have no query and no log-in"
    if not _public(url.hostname or ""):
        return "not a public host"
    return None if url.path.endswith(NOTIFY_PATH) else "not the path that takes notifications"


def _sandbox(given: dict[str, str]) -> Iterator[CheckMessage]:
    marked = {
        "APP_ID": given["APP_ID"].lower().startswith(SANDBOX_APP),
        "PAY_CERT_SERIAL_NO": given["PAY_CERT_SERIAL_NO"].upper().lstrip("0").startswith(SANDBOX_SERIAL),
        "PAY_PUBLIC_KEY_ID": given["PAY_PUBLIC_KEY_ID"].startswith(PUBLIC_KEY_PREFIX + SANDBOX_SERIAL),
    }
    for name in (name for name, true in marked.items() if true):
        yield _error(
            11,
            f"WECHAT_{name}: made by the emulator",
            "WECHAT_MODE=live needs the real merchant's; WECHAT_MODE=sandbox is for these.",
        )


def _expiry() -> Iterator[CheckMessage]:
    if settings.WECHAT_PAY_EXPIRE_MINUTES < 1:
        yield _error(13, "WECHAT_PAY_EXPIRE_MINUTES: below 1", "Nobody can pay that quickly; 15 is usual.")


def _loaded_private(path: str) -> RSAPrivateKey | str:
    """The key, or why it is none."""
    try:
        pem = Path(path).read_bytes()
        key = load_pem_private_key(pem, None)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "is no private key in PEM without a password"
    if not isinstance(key, RSAPrivateKey) or key.key_size < KEY_BITS:
        return f"is no RSA key of at least {KEY_BITS} bits"
    # The client takes no other form.
    return key if pem.lstrip().startswith(b"-----BEGIN PRIVATE KEY-----") else "is not PKCS#8"


def _loaded_public(path: str) -> RSAPublicKey | str:
    """The key, or why it is none."""
    try:
        key = load_pem_public_key(Path(path).read_bytes())
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except (ValueError, UnsupportedAlgorithm):
        return "is no public key in PEM"
    return key if isinstance(key, RSAPublicKey) and key.key_size >= KEY_BITS else "is no RSA key of 2048 bits"


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except OSError:
        return 0


def _split(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _public(host: str) -> bool:
    """Whether WeChat could reach it: a global address or a full name that is not reserved."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.rstrip(".").endswith(NOT_PUBLIC)
