"""Logging in, rotating tokens, logging out."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.throttling import client_address
from hub.transactions import transact
from ordering.users import actions, credentials, sessions, tokens
from ordering.users.api import shapes
from ordering.users.models import AuthSession, User
from ordering.users.permissions import Anyone
from ordering.users.wechat import client as wechat


def log_in(request: Request, user: User) -> Response:
    """The answer to a successful log-in: a new session's pair of tokens."""
    agent = request.headers.get("User-Agent", "")
    return Response(sessions.answer(sessions.start(user, agent)))


class Public(APIView):
    """Open to everybody; a stale token in the header is not even looked at."""

    authentication_classes = ()
    permission_classes = (Anyone,)
    access = {"POST": "anyone"}
    throttle_scope = "login"


class WechatLogin(Public):
    """POST a WeChat log-in code."""

    @extend_schema(tags=["auth"], request=shapes.Code, responses=shapes.TokensShape)
    def post(self, request: Request) -> Response:
        """Trade a WeChat log-in code for tokens."""
        code = accept(shapes.Code, request.data)["code"]
        appid, openid = wechat.openid_for(code)
        return log_in(request, actions.wechat_user(appid, openid, wechat.first_name(code)))


class PasswordLogin(Public):
    """POST a name and a password."""

    @extend_schema(tags=["auth"], request=shapes.Credentials, responses=shapes.TokensShape)
    def post(self, request: Request) -> Response:
        """Log in with name and password (staff)."""
        body = accept(shapes.Credentials, request.data)
        address = client_address(request.META)
        return log_in(request, credentials.check(body["username"], body["password"], address))


class RefreshTokens(Public):
    """POST a refresh token."""

    throttle_scope = "public"

    @extend_schema(tags=["auth"], request=shapes.Refresh, responses=shapes.TokensShape)
    def post(self, request: Request) -> Response:
        """Trade a refresh token for the next pair, once; reuse of an old one ends the log-in."""
        claims = tokens.read(accept(shapes.Refresh, request.data)["refresh"], "refresh")
        session = transact(lambda tx: sessions.rotate(tx, claims), actor="system")
        if session is None:
            raise sessions.reused()
        return Response(sessions.answer(session))


class Logout(Public):
    """POST the refresh token of the log-in to end."""

    throttle_scope = "public"

    @extend_schema(tags=["auth"], request=shapes.Refresh, responses={204: None})
    def post(self, request: Request) -> Response:
        """End a log-in; its sockets close."""
        claims = tokens.read(accept(shapes.Refresh, request.data)["refresh"], "refresh")
        rows = AuthSession.objects.filter(sid=claims.sid)
        transact(lambda tx: sessions.revoke(tx, rows), actor="system")
        return Response(status=204)
