"""The admin site: its name, and the form for one's own password, which goes through the door too."""

from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from hub.transactions import Lock, Transaction
from ordering.users import sessions
from ordering.users.evented import SAVED, act
from ordering.users.models import AuthSession, User


class KaifanSite(AdminSite):
    """`/admin/`."""

    site_header = site_title = _("开饭 · 管理后台")
    index_title = _("管理")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As Django's; whoever was logged in with the old password is not any more."""
        if request.method != "POST":
            return super().password_change(request, extra_context)

        def work(tx: Transaction) -> HttpResponse:
            response = self._password_change(request, extra_context)
            return password_changed(tx, response, User.objects.filter(pk=request.user.pk))

        return act(request, "password", None, work)

    def _password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None) -> HttpResponse:
        return super().password_change(request, extra_context)


def password_changed(tx: Transaction, response: HttpResponse, people: QuerySet[User]) -> HttpResponse:
    """End the person's log-ins if the form was saved; else there is nothing to audit."""
    if response.status_code != SAVED:
        tx.call = None
        return response.render() if hasattr(response, "render") else response
    person = tx.lock_one(Lock.IDENTITY, people)
    tx.changed(person, {"password": ""}, {"password": "changed"})
    sessions.revoke(tx, AuthSession.objects.filter(user=person))
    return response
