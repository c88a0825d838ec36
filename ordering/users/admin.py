"""People, their roles, devices and log-ins in the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from hub.transactions import Transaction
from ordering.users import actions
from ordering.users.evented import EventedAdmin, ReadOnlyAdmin, act
from ordering.users.models import AuthSession, Device, Membership, User
from ordering.users.site import password_changed


class NewUserForm(UserCreationForm):
    """A new person with a username and a password."""

    class Meta:
        model = User
        fields = ("username", "name")


@admin.register(User)
class Users(EventedAdmin, UserAdmin):
    """People; disabling one ends the log-ins and closes the sockets."""

    add_form = NewUserForm
    list_display = ["uid", "username", "name", "is_active", "is_staff", "created_at"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["uid", "username", "name"]
    ordering = ["-id"]
    readonly_fields = ["uid", "created_at", "last_login"]
    fieldsets = [
        (None, {"fields": ["uid", "username", "password"]}),
        (_("Personal info"), {"fields": ["name", "avatar", "phone", "language"]}),
        (
            _("Permissions"),
            {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]},
        ),
        (_("Important dates"), {"fields": ["created_at", "last_login"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["username", "name", "password1", "password2"]})]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As Django's, without the transaction that it would open around the door's."""
        return self._add_view(request, form_url, extra_context)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """As Django's; whoever was logged in with the old password is not any more."""
        if request.method != "POST":
            return super().user_change_password(request, id, form_url)

        def work(tx: Transaction) -> HttpResponse:
            request.door = tx
            response = self._user_change_password(request, id, form_url)
            return password_changed(tx, response, User.objects.filter(pk=id))

        return act(request, "user.password", None, work)

    def _user_change_password(self, request: HttpRequest, id: str, form_url: str) -> HttpResponse:
        return super().user_change_password(request, id, form_url)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save, and say so when somebody was disabled."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            actions.announce_disabled(self.door(request), obj)


@admin.register(Membership)
class Memberships(EventedAdmin):
    """Roles in stores; to take one away, use the staff address (it records the event)."""

    list_display = ["user", "store", "role"]
    list_filter = ["store", "role"]
    autocomplete_fields = ["user"]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[str]:
        """Who and where stay as they are."""
        return ["user", "store"] if obj else []

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Save, and say that the role is another one."""
        obj.version += 1
        super().save_model(request, obj, form, change)
        actions.announce_membership(self.door(request), obj)


@admin.register(Device)
class Devices(ReadOnlyAdmin):
    """Paired devices."""

    list_display = ["id", "store", "kind", "station", "name", "claimed_at", "last_seen_at", "revoked_at"]
    list_filter = ["store", "kind"]
    exclude = ["code_hash", "token_hash"]


@admin.register(AuthSession)
class AuthSessions(ReadOnlyAdmin):
    """Log-ins."""

    list_display = ["sid", "user", "created_at", "rotated_at", "expires_at", "revoked_at"]
    search_fields = ["sid", "user__uid", "user__username"]
