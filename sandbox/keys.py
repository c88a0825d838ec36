"""Keys of the emulated merchant and of the emulated WeChat Pay: made once per folder, then read from it."""

import json
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from sandbox.ledger import Ledger

CLIENT = "client.json"
# Serial numbers and the public key's id begin with this (ASCII "SANDBOX" as hex), so that a
# live configuration can refuse keys that were made here.
MARK = b"SANDBOX".hex().upper()
COMMON_NAME = "WeChat Pay SANDBOX"
LIFE = timedelta(days=5 * 365)
# A replaced platform certificate stays in the list for this long, divided by the emulator's speed.
RETIRED_SECONDS = 24 * 3600


class Keys:
    """What both sides sign with. ``client`` is the merchant's side, as `GET client.json` tells it."""

    def __init__(self, ledger: Ledger):
        """Read the folder's keys, making them when it has none yet (a second process waits for the first)."""
        self._ledger, self._folder = ledger, ledger.folder
        with ledger.connect() as db:
            if not (self._folder / CLIENT).exists():
                db.execute("DELETE FROM certificates")
                make(self._folder, db)
            elif db.execute("SELECT count(*) FROM certificates").fetchone()[0] == 0:
                adopt(self._folder, db)
        self.client: dict[str, str] = json.loads((self._folder / CLIENT).read_text())
        self.merchant_key = self._private("merchant_key.pem")
        self.merchant_public: RSAPublicKey = self.merchant_key.public_key()
        self.public_key = self._private("wechatpay_key.pem")
        self._platform: dict[str, RSAPrivateKey] = {}

    def __getattr__(self, name: str) -> str:
        """``app_id``, ``app_secret``, ``mchid``, ``cert_serial_no``, ``apiv3_key``, ``public_key_id``."""
        try:
            return self.__dict__["client"][name]
        except KeyError:
            raise AttributeError(name) from None

    def _private(self, name: str) -> RSAPrivateKey:
        key = load_pem_private_key((self._folder / name).read_bytes(), None)
        assert isinstance(key, RSAPrivateKey)
        return key

    def platform(self) -> tuple[str, RSAPrivateKey]:
        """Serial and key of the platform certificate that signs now."""
        with self._ledger.read() as db:
            query = "SELECT serial FROM certificates ORDER BY made_at DESC, rowid DESC LIMIT 1"
            serial = db.execute(query).fetchone()["serial"]
        if serial not in self._platform:
            self._platform[serial] = self._private(f"platform_{serial}_key.pem")
        return serial, self._platform[serial]

    def listed(self) -> list[tuple[str, str]]:
        """(serial, PEM) of the platform certificates in force, newest first; one just replaced among them."""
        oldest = self._ledger.now() - RETIRED_SECONDS / self._ledger.speed
        with self._ledger.read() as db:
            query = "SELECT serial FROM certificates WHERE retired_at IS NULL OR retired_at > ?"
            serials = [row["serial"] for row in db.execute(query + " ORDER BY made_at DESC", (oldest,))]
        return [(serial, (self._folder / f"platform_{serial}.pem").read_text()) for serial in serials]

    def rotate(self) -> str:
        """Sign with a new platform certificate from now on; its serial."""
        now = self._ledger.now()
        with self._ledger.connect() as db:
            db.execute("UPDATE certificates SET retired_at = ? WHERE retired_at IS NULL", (now,))
            return make_platform(self._folder, db, now)


def make(folder: Path, db: Any) -> None:
    """All keys of a new folder; `client.json` last, because it says that the others are there."""
    merchant, public = new_key(), new_key()
    serial, _ = certificate(merchant)
    write(folder / "merchant_key.pem", private_pem(merchant))
    write(folder / "wechatpay_key.pem", private_pem(public))
    make_platform(folder, db, datetime.now(UTC).timestamp())
    client = {
        "app_id": "wx" + secrets.token_hex(8),
        "app_secret": secrets.token_hex(16),
        "mchid": f"1900{secrets.randbelow(10**6):06d}",
        "private_key": private_pem(merchant),
        "cert_serial_no": serial,
        "apiv3_key": secrets.token_hex(16),
        "public_key": public.public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        "public_key_id": "PUB_KEY_ID_" + MARK + secrets.token_hex(10).upper(),
    }
    write(folder / CLIENT, json.dumps(client, indent=1))


def adopt(folder: Path, db: Any) -> None:
    """Platform certificates of a folder whose ledger is new: the latest signs."""
    keys = sorted(folder.glob("platform_*_key.pem"), key=lambda path: path.stat().st_mtime_ns)
    for path in keys:
        row = (path.stem.split("_")[1], path.stat().st_mtime)
        db.execute("INSERT INTO certificates (serial, made_at) VALUES (?, ?)", row)


def make_platform(folder: Path, db: Any, now: float) -> str:
    """A new platform certificate in the folder and the ledger; its serial."""
    key = new_key()
    serial, pem = certificate(key)
    write(folder / f"platform_{serial}_key.pem", private_pem(key))
    write(folder / f"platform_{serial}.pem", pem)
    db.execute("INSERT INTO certificates (serial, made_at) VALUES (?, ?)", (serial, now))
    return serial


def new_key() -> RSAPrivateKey:
    """RSA of 2048 bits, as WeChat Pay uses."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: RSAPrivateKey) -> tuple[str, str]:
    """(serial as upper-case hex, PEM) of a self-signed certificate whose name says that it is a toy."""
    serial = MARK + secrets.token_hex(13).upper()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), int(serial, 16))
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + LIFE)
        .sign(key, hashes.SHA256())
    )
    return serial, made.public_bytes(Encoding.PEM).decode()


def private_pem(key: RSAPrivateKey) -> str:
    """PKCS#8 without a password."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def write(path: Path, text: str) -> None:
    """A file only its owner reads, there whole or not at all."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
