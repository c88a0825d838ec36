"""People, their roles, devices and log-ins in the admin."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from hub.models import AuditEntry
from hub.transactions import Transaction
from ordering.users import actions, devices
from ordering.users.evented import EventedAdmin, ReadOnlyAdmin, act
from ordering.users.models import AuthSession, Device, Invitation, LoginFailure, Membership, User
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


admin.site.unregister(Group)


@admin.register(Group)
class Groups(EventedAdmin, GroupAdmin):
    """What members of a group may do in the admin; audited like everything else."""


@admin.register(Invitation)
class Invitations(ReadOnlyAdmin):
    """Who was invited; inviting and revoking is the managers' own address."""

    list_display = [
        "id",
        "store",
        "role",
        "name",
        "username",
        "invited_by",
        "expires_at",
        "accepted_at",
        "revoked_at",
    ]
    list_filter = ["store", "role"]
    list_select_related = ["store", "invited_by"]
    search_fields = ["name", "username"]


class OfStore(admin.SimpleListFilter):
    """By store: from the list of stores, for the entries themselves are too many to look for their stores."""

    title = _("门店")
    parameter_name = "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every store."""
        stores = Membership.store.field.related_model.objects.order_by("code")
        return list(stores.values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """Its entries, by an index."""
        return queryset.filter(store=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class Audit(ReadOnlyAdmin):
    """What staff did; nobody changes or deletes it here or elsewhere."""

    list_display = ["at", "store", "name", "role", "action", "target"]
    list_filter = [OfStore]
    search_fields = ["=actor", "=action", "=target"]
    show_full_result_count = False
    ordering = ["-id"]


@admin.register(LoginFailure)
class LoginFailures(ReadOnlyAdmin):
    """Names and addresses (as hashes) that were guessed at, and until when they wait."""

    list_display = ["subject", "count", "blocked_until", "last_at"]
    ordering = ["-last_at"]


class PairingForm(forms.ModelForm):
    """A screen to be: where it stands and what it shows."""

    station = forms.ChoiceField(label=_("档口"), required=False, help_text=_("后厨屏只看这个档口;留空看全部"))

    class Meta:
        model = Device
        fields = ("store", "kind", "station", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "store" in self.fields:  # not where one only looks
            self.fields["station"].choices = [("", "---------"), *map(_stations_of, self._stores())]

    def _stores(self) -> QuerySet[Any]:
        return self.fields["store"].queryset.prefetch_related("stations")

    def clean_station(self) -> str | None:
        """None for all; the stores' stations may share their codes, so the store is asked."""
        store, code = self.cleaned_data.get("store"), self.cleaned_data["station"] or None
        if store and code and not store.stations.filter(code=code).exists():
            raise forms.ValidationError(_("该门店没有这个档口"))
        return code


def _stations_of(store: Any) -> tuple[str, list[tuple[str, str]]]:
    return store.name, [(station.code, station.name) for station in store.stations.all()]


@admin.register(Device)
class Devices(EventedAdmin):
    """Paired devices: adding one makes a pairing code, taking one away voids its token at once."""

    form = PairingForm
    list_display = ["name", "store", "kind", "station", "claimed_at", "last_seen_at", "revoked_at"]
    list_filter = ["store", "kind", ("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["store"]
    list_display_links = None
    actions = ["revoke"]

    def has_change_permission(self, request: HttpRequest, obj: Device | None = None) -> bool:
        """No: what it may see is bound to its token."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whoever might change devices."""
        return request.user.has_perm("users.change_device")

    def save_model(self, request: HttpRequest, obj: Device, form: Any, change: bool) -> None:
        """By the managers' action, which makes the code."""
        asked = {name: form.cleaned_data[name] for name in ("kind", "name", "station")}
        request.pairing = devices.pair(self.door(request), obj.store, by=request.user, **asked)
        obj.pk = request.pairing["device"]["id"]

    def response_add(
        self, request: HttpRequest, obj: Device, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The list, with the code on top: it is shown this once."""
        text = _("「{name}」的配对码:{code}。请在十分钟内于这台设备上输入,只能使用一次。")
        code = format_html("<strong>{}</strong>", request.pairing["code"])
        self.message_user(request, format_html(str(text), name=obj.name, code=code), messages.SUCCESS)
        return self.response_post_save_add(request, obj)

    @admin.action(description=_("吊销所选的设备"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Device]) -> None:
        """Their sockets close within seconds."""
        found = list(queryset.order_by("pk"))
        for one in found:
            act(request, "device.revoke", one, lambda tx, device=one: devices.revoke(tx, device))
        self.message_user(request, format_lazy(_("已吊销 {count} 台设备"), count=len(found)))


@admin.register(AuthSession)
class AuthSessions(ReadOnlyAdmin):
    """Log-ins."""

    list_display = ["sid", "user", "created_at", "rotated_at", "expires_at", "revoked_at"]
    search_fields = ["sid", "user__uid", "user__username"]
