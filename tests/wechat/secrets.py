"""What no log may hold: the secrets of the emulator's merchant and app, and who its people are."""

from collections.abc import Iterable, Mapping

from tests.wechat.emulator import Emulator

SIGNED = ["WECHATPAY2-SHA256-RSA2048", 'signature="']


def secrets_of(emulator: Emulator) -> dict[str, list[str]]:
    """Kind → texts that are one: keys, tokens, openids, session keys, the Authorization header."""
    client = emulator.call("GET", "/client.json")
    with emulator.books() as db:
        people = db.execute("SELECT openid, session_key FROM people").fetchall()
        tokens = [token for (token,) in db.execute("SELECT token FROM access_tokens")]
    lines = [line for line in client["private_key"].splitlines() if len(line) > 40]
    return {
        "app secret": [client["app_secret"]],
        "APIv3 key": [client["apiv3_key"]],
        "private key": lines,
        "openid": [openid for openid, _ in people],
        "session key": [key for _, key in people if key],
        "access token": tokens,
        "Authorization": SIGNED,
    }


def told(lines: Iterable[str], secrets: Mapping[str, list[str]]) -> list[str]:
    """The kinds of secrets that these lines tell, sorted."""
    text = "\n".join(lines)
    return sorted(kind for kind, values in secrets.items() if any(value in text for value in values))
