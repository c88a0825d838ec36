"""Which language somebody reads, and our words in it.

A request is answered in the language of its cookie (a screen's choice), else in the one its user has set
other than the house's own, else by Accept-Language, else in Chinese, which the words are written in. Sockets
and what is served ahead of Django go by cookie and header.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.utils import translation
from django.utils.functional import Promise


def words(text: Any) -> str:
    """A literal of the source in the active language; lazy texts answer for themselves."""
    return str(text) if isinstance(text, Promise) or not text else translation.gettext(text)


def in_house(text: Any) -> str:
    """The same in the language of the house, for what is stored and sent on."""
    with translation.override(settings.LANGUAGE_CODE):
        return words(text)


def prefer(request: Any, language: str) -> None:
    """Go on in the language this user has set, unless the browser has chosen one itself."""
    if language != settings.LANGUAGE_CODE and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(language)


def of_scope(scope: Mapping[str, Any]) -> str:
    """The language an ASGI connection asks for, by Django's own rule."""
    headers = dict(scope["headers"])
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin-1")
    request.COOKIES = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    return translation.get_language_from_request(request)
