"""The JWT pair: signed here, read here, nowhere else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import jwt
from django.conf import settings

from hub.errors import Refusal

Kind = Literal["access", "refresh"]

ALGORITHM = "HS256"
ISSUER = AUDIENCE = "kaifan"
LEEWAY_SECONDS = 60
LONGEST = 4096  # characters; ours have about 400, and a parser should never see a megabyte
CLAIMS = ["iss", "aud", "sub", "sid", "gen", "typ", "jti", "iat", "exp"]
CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token that was found genuine says: user's uid, log-in, generation, expiry in Unix seconds."""

    uid: str
    sid: str
    gen: int
    expires_at: int


def invalid() -> Refusal:
    """A token that is not ours, not whole, or not valid any more."""
    return Refusal("auth.token_invalid", 401, "登录凭证无效,请重新登录", headers=CHALLENGE)


def expired() -> Refusal:
    """A genuine token whose time is over."""
    return Refusal("auth.token_expired", 401, "登录已过期", headers=CHALLENGE)


def sign(kind: Kind, *, uid: str, sid: str, gen: int, issued_at: datetime) -> str:
    """A token; the same arguments always give the same bytes."""
    iat = int(issued_at.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": uid,
        "sid": sid,
        "gen": gen,
        "typ": kind,
        "jti": f"{sid}.{gen}.{kind}",
        "iat": iat,
        "exp": iat + _lifetime(kind),
    }
    return jwt.encode(claims, settings.JWT_SECRET_KEY, algorithm=ALGORITHM)


def _lifetime(kind: Kind) -> int:
    return settings.ACCESS_TOKEN_SECONDS if kind == "access" else settings.REFRESH_TOKEN_SECONDS


def read(token: str, kind: Kind) -> Claims:
    """The claims of a genuine token of this kind; refuses with 401 ``auth.token_invalid`` / ``_expired``."""
    if not 0 < len(token) <= LONGEST or not token.isascii():
        raise invalid()
    try:
        claims = jwt.decode(
            token,
            settings.JWT_SECRET_KEY,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=LEEWAY_SECONDS,
            options={"require": CLAIMS},
        )
    except jwt.ExpiredSignatureError:
        # The signature was checked first; still only a token of this kind earns "expired".
        raise expired() from None
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError):
        raise invalid() from None
    return _checked(claims, kind)


def _checked(claims: dict[str, Any], kind: Kind) -> Claims:
    sub, sid, gen = claims["sub"], claims["sid"], claims["gen"]
    whole = isinstance(sub, str) and isinstance(sid, str) and type(gen) is int and gen >= 0
    if not whole or claims["typ"] != kind or claims["jti"] != f"{sid}.{gen}.{kind}":
        raise invalid()
    return Claims(sub, sid, gen, int(claims["exp"]))
