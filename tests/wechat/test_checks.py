"""System checks: one wrong setting, one complaint; they stop manage.py, and `require` stops the rest."""

import json
from importlib import reload
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command, load_command_class
from django.core.management.base import SystemCheckError

from hub import wsgi
from ordering.payments import checks
from tests.wechat.emulator import keys_folder

NOTIFY = "https://eat.example.com/api/payments/wechat/notify/"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Key files of every kind: a merchant's, WeChat's, and wrong ones."""
    folder = tmp_path_factory.mktemp("keys")
    merchant = load_pem_private_key((keys_folder() / "merchant_key.pem").read_bytes(), None)
    wechat = load_pem_private_key((keys_folder() / "wechatpay_key.pem").read_bytes(), None)
    short = generate_private_key(65537, 1024)
    write(folder / "key.pem", private(merchant))
    write(folder / "open.pem", private(merchant)).chmod(0o644)
    write(folder / "pkcs1.pem", private(merchant, PrivateFormat.TraditionalOpenSSL))
    write(folder / "short.pem", private(short))
    write(folder / "curve.pem", private(Ed25519PrivateKey.generate()))
    write(folder / "junk.pem", b"-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n")
    write(folder / "public.pem", public(wechat))
    write(folder / "own_public.pem", public(merchant))
    write(folder / "short_public.pem", public(short))
    return folder


def write(path, content):
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def private(key, form=PrivateFormat.PKCS8):
    return key.private_bytes(Encoding.PEM, form, NoEncryption())


def public(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def live(settings, files):
    """``live(**changed)``: a live configuration in public-key mode, and what is complained about."""
    fit = dict.fromkeys(settings.WECHAT, "") | {
        "APP_ID": "wx1234567890abcdef",
        "APP_SECRET": "s" * 32,
        "PAY_MCHID": "1622222222",
        "PAY_PRIVATE_KEY_PATH": str(files / "key.pem"),
        "PAY_CERT_SERIAL_NO": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        "PAY_APIV3_KEY": "k" * 32,
        "PAY_NOTIFY_URL": NOTIFY,
        "PAY_PUBLIC_KEY_PATH": str(files / "public.pem"),
        "PAY_PUBLIC_KEY_ID": "PUB_KEY_ID_0116222222222025010100000000001",
    }
    settings.WECHAT_MODE = "live"

    def complaints(**changed):
        settings.WECHAT = fit | {name: value.format(files) for name, value in changed.items()}
        return [(one.id, one.msg) for one in run_checks(tags=[checks.TAG])]

    return complaints


def test_a_fit_configuration(live, files):
    assert live() == []
    assert live(PAY_PUBLIC_KEY_PATH="", PAY_PUBLIC_KEY_ID="", PAY_CERT_DIR="{}/certificates") == []
    assert (
        live(PAY_BASE_URL="https://api2.mch.weixin.qq.com", API_BASE_URL="https://api.weixin.qq.com/") == []
    )
    nothing = dict.fromkeys(("MCHID", "PRIVATE_KEY_PATH", "CERT_SERIAL_NO", "APIV3_KEY", "NOTIFY_URL"), "")
    nothing |= {"PUBLIC_KEY_PATH": "", "PUBLIC_KEY_ID": ""}
    only_login = live(**{f"PAY_{name}": value for name, value in nothing.items()})
    assert only_login == [("kaifan.I001", "WeChat Pay is not configured")]
    assert not (Path(files) / "certificates").exists()


@pytest.mark.parametrize(
    ("number", "changed"),
    [
        (1, {"APP_SECRET": ""}),
        (1, {"PAY_MCHID": ""}),
        (1, {"PAY_NOTIFY_URL": ""}),
        (2, {"PAY_APIV3_KEY": "k" * 31}),
        (2, {"PAY_APIV3_KEY": "钥" * 32}),
        (3, {"PAY_PRIVATE_KEY_PATH": "{}/none.pem"}),
        (3, {"PAY_PRIVATE_KEY_PATH": "{}"}),
        (3, {"PAY_PRIVATE_KEY_PATH": "{}/junk.pem"}),
        (3, {"PAY_PRIVATE_KEY_PATH": "{}/public.pem"}),
        (3, {"PAY_PRIVATE_KEY_PATH": "{}/short.pem"}),
        (3, {"PAY_PRIVATE_KEY_PATH": "{}/curve.pem"}),
        (3, {"PAY_PRIVATE_KEY_PATH": "{}/pkcs1.pem"}),
        (4, {"PAY_PRIVATE_KEY_PATH": "{}/open.pem"}),
        (5, {"PAY_CERT_SERIAL_NO": "PUB_KEY_ID_1"}),
        (6, {"PAY_PUBLIC_KEY_PATH": ""}),
        (6, {"PAY_PUBLIC_KEY_ID": ""}),
        (7, {"PAY_PUBLIC_KEY_ID": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"}),
        (8, {"PAY_PUBLIC_KEY_PATH": "{}/none.pem"}),
        (8, {"PAY_PUBLIC_KEY_PATH": "{}/key.pem"}),
        (8, {"PAY_PUBLIC_KEY_PATH": "{}/short_public.pem"}),
        (8, {"PAY_PUBLIC_KEY_PATH": "{}/own_public.pem"}),
        (9, {"PAY_BASE_URL": "http://api.mch.weixin.qq.com"}),
        (9, {"PAY_BASE_URL": "http://127.0.0.1:8000/sandbox/wechat"}),
        (9, {"PAY_BASE_URL": "https://api.mch.weixin.qq.com.evil.example"}),
        (9, {"API_BASE_URL": "https://user@api.weixin.qq.com"}),
        (9, {"API_BASE_URL": "https://[api.weixin.qq.com"}),
        (10, {"PAY_NOTIFY_URL": NOTIFY.replace("https", "http")}),
        (10, {"PAY_NOTIFY_URL": NOTIFY + "?shop=1"}),
        (10, {"PAY_NOTIFY_URL": NOTIFY + "#x"}),
        (10, {"PAY_NOTIFY_URL": NOTIFY.replace("//", "//a:b@")}),
        (10, {"PAY_NOTIFY_URL": "https://eat.example.com/"}),
        (10, {"PAY_NOTIFY_URL": NOTIFY.replace("eat.example.com", "192.168.1.5")}),
        (10, {"PAY_NOTIFY_URL": NOTIFY.replace("eat.example.com", "[::1]")}),
        (10, {"PAY_NOTIFY_URL": NOTIFY.replace("eat.example.com", "localhost")}),
        (10, {"PAY_NOTIFY_URL": NOTIFY.replace("eat.example.com", "till.local")}),
        (10, {"PAY_NOTIFY_URL": NOTIFY.replace("eat", "e" * 250)}),
        (10, {"PAY_REFUND_NOTIFY_URL": "https://eat.example.com/refunds/"}),
        (11, {"APP_ID": "wxsandbox12345678"}),
        (11, {"PAY_CERT_SERIAL_NO": "53414E44424F580123456789"}),
        (11, {"PAY_PUBLIC_KEY_ID": "PUB_KEY_ID_53414E44424F580123456789"}),
        (12, {"PAY_CERT_DIR": "{}/key.pem"}),
        (14, {"PAY_MCHID": "wx1234567890"}),
    ],
)
def test_each_wrong_setting_is_refused(live, number, changed):
    [(found, message)] = live(**changed)
    assert found == f"kaifan.E{number:03}"
    assert f"WECHAT_{next(iter(changed))}" in message
    for value in changed.values():
        assert len(value) < 20 or value not in message


def test_what_the_emulator_makes_is_refused(live, files):
    client = json.loads((keys_folder() / "client.json").read_text())
    found = live(PAY_CERT_SERIAL_NO=client["cert_serial_no"], PAY_PUBLIC_KEY_ID=client["public_key_id"])
    assert [number for number, _ in found] == ["kaifan.E011", "kaifan.E011"]


def test_only_what_is_set_matters_in_the_sandbox(live, settings):
    settings.WECHAT_MODE = "sandbox"
    assert live(PAY_NOTIFY_URL="http://127.0.0.1:8000/x", PAY_BASE_URL="http://127.0.0.1:8000") == []
    assert [number for number, _ in live(PAY_APIV3_KEY="short")] == ["kaifan.E002"]
    settings.WECHAT_MODE = "off"
    assert live(PAY_APIV3_KEY="short") == []


def test_an_order_lives_for_a_minute_at_least(live, settings):
    settings.WECHAT_PAY_EXPIRE_MINUTES = 0.1
    assert [number for number, _ in live()] == ["kaifan.E013"]


def test_nothing_starts_with_a_complaint(live):
    live()
    checks.require()
    call_command("check", tags=[checks.TAG], verbosity=0)
    live(PAY_APIV3_KEY="short", PAY_PUBLIC_KEY_ID="")
    with pytest.raises(ImproperlyConfigured, match=r"(?s)E002.*E006"):
        checks.require()
    with pytest.raises(ImproperlyConfigured, match="E002"):
        reload(wsgi)
    with pytest.raises(SystemCheckError, match=r"kaifan\.E002"):
        call_command("check", tags=[checks.TAG])
    for name in ("serve", "worker"):
        assert load_command_class("hub", name).requires_system_checks == "__all__"
