"""What people do with their own account."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import clock, errors
from hub.errors import Refusal
from hub.fields import accept
from hub.rest import change, perform
from hub.throttling import client_address
from hub.transactions import Transaction
from ordering.users import actions, credentials, queries, sessions
from ordering.users.api import shapes
from ordering.users.models import AuthSession, User
from ordering.users.permissions import KnownUser
from ordering.users.wechat import client as wechat


def live_sessions(user: User) -> list[AuthSession]:
    """The log-ins that are not over, newest first."""
    rows = user.auth_sessions.filter(revoked_at=None, expires_at__gt=clock.now())
    return list(rows.order_by("-rotated_at"))


class Me(APIView):
    """My profile."""

    permission_classes = (KnownUser,)
    access = {"GET": "user", "PATCH": "user"}

    @extend_schema(tags=["me"], responses=shapes.ProfileShape)
    def get(self, request: Request) -> Response:
        """Who I am and where I work."""
        return Response(queries.profile(request.user))

    @extend_schema(tags=["me"], request=shapes.ProfileChange, responses=shapes.ProfileShape)
    def patch(self, request: Request) -> HttpResponse:
        """Change name, avatar or language."""
        changes = accept(shapes.ProfileChange, request.data)
        return perform(request, lambda tx: actions.update_profile(tx, request.user, **changes))


class MySessions(APIView):
    """My log-ins."""

    permission_classes = (KnownUser,)
    access = {"GET": "user", "DELETE": "user"}

    @extend_schema(tags=["me"], responses=shapes.LogInsShape)
    def get(self, request: Request) -> Response:
        """My log-ins that are not over."""
        rows = [queries.session_row(row, request.auth.sid) for row in live_sessions(request.user)]
        return Response({"results": rows})

    @extend_schema(operation_id="me_sessions_destroy_all", tags=["me"], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Log out everywhere, here too."""
        rows = AuthSession.objects.filter(user=request.user)
        change(request, lambda tx: sessions.revoke(tx, rows))
        return Response(status=204)


class MySession(APIView):
    """One of my log-ins."""

    permission_classes = (KnownUser,)
    access = {"DELETE": "user"}

    @extend_schema(tags=["me"], responses={204: None})
    def delete(self, request: Request, sid: str) -> Response:
        """End one log-in."""
        rows = AuthSession.objects.filter(user=request.user, sid=sid)

        def end(tx: Transaction) -> None:
            if not sessions.revoke(tx, rows):
                raise errors.not_found()

        change(request, end)
        return Response(status=204)


class MyPassword(APIView):
    """My password."""

    permission_classes = (KnownUser,)
    access = {"POST": "user"}
    throttle_scope = "login"

    @extend_schema(tags=["me"], request=shapes.PasswordChange, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change my password; my other log-ins end."""
        user, auth = request.user, request.auth
        if user.username is None:
            raise errors.forbidden()
        body = accept(shapes.PasswordChange, request.data)
        prove(user, body["current"], client_address(request.META))
        change(request, lambda tx: actions.change_password(tx, user, body["new"], auth.sid))
        return Response(status=204)


class MyPhone(APIView):
    """My phone number."""

    permission_classes = (KnownUser,)
    access = {"POST": "user"}
    throttle_scope = "login"

    @extend_schema(tags=["me"], request=shapes.Code, responses=shapes.ProfileShape)
    def post(self, request: Request) -> Response:
        """Trade the code of WeChat's phone button for my number; my profile, which only I am shown."""
        user, openids = request.user, queries.openids(request.user)
        code = accept(shapes.Code, request.data)["code"]
        openid = openids.get(wechat.app_id())
        if openid is None:
            raise errors.forbidden()
        phone = wechat.phone_for(code, openid)
        return Response(change(request, lambda tx: actions.update_profile(tx, user, phone=phone)))


def prove(user: User, password: str, address: str) -> None:
    """400 ``auth.password_wrong`` (not 401: the token is good) or 429 unless this is the present password."""
    try:
        credentials.check(user.username or "", password, address)
    except Refusal as refusal:
        if refusal.status != 401:
            raise
        raise Refusal("auth.password_wrong", 400, "当前密码错误") from None
