"""Django's admin through the one door: forms are saved inside it, with events and audit row."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from hub import trail
from hub.audit import Call
from hub.throttling import client_address
from hub.transactions import Transaction, transact
from ordering.users.models import Membership
from ordering.users.shown import fields_in_yuan

T = TypeVar("T")
SAVED = 302


def act(request: HttpRequest, name: str, row: Model | None, work: Callable[[Transaction], T]) -> T:
    """Run ``work`` through the door as the person at the admin; audited as ``admin.<name>``."""
    return transact(work, actor=label(request), call=call_of(request, name, row))


def label(request: HttpRequest) -> str:
    """The person at the admin, as the log names them."""
    return f"staff:{request.user.uid}"


def call_of(request: HttpRequest, name: str, row: Model | None = None) -> Call:
    """What the audit is told of something done in the admin."""
    return Call(
        actor=label(request),
        name=str(request.user),
        role_in=lambda store: _role(request, store),
        action=f"admin.{name}",
        target=trail.name_of(row) if row else "",
        address=client_address(request.META),
    )


def _role(request: HttpRequest, store: str) -> str:
    if request.user.is_superuser:
        return "superuser"
    rows = Membership.objects.filter(user_id=request.user.pk, store__code=store)
    return rows.values_list("role", flat=True).first() or "admin"


class Seen(admin.TabularInline):
    """Rows beside another, to look at; amounts in yuan."""

    extra = 0
    can_delete = False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is shown of a row."""
        return fields_in_yuan(self.model, super().get_fields(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of it."""
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False


class EventedAdmin(admin.ModelAdmin):
    """An admin whose ``save_model`` may record events by ``self.door(request)``; nothing is deleted here."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """As Django's, but in the door's transaction instead of a bare one."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)

        def work(tx: Transaction) -> HttpResponse:
            request.door = tx
            response = self._changeform_view(request, object_id, form_url, extra_context)
            if response.status_code != SAVED:
                tx.call = None  # a form with errors: nothing was done
            return response.render() if hasattr(response, "render") else response

        return act(request, f"{self.opts.model_name}.{'change' if object_id else 'create'}", None, work)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Iterable[Any] | None, add: bool = False
    ) -> list[dict[str, Any]]:
        """As Django's; and the audit is told what the forms changed."""
        tx = self.door(request)
        if hasattr(form, "instance"):
            _tell(tx, form, add)
        for formset in formsets or ():
            for inner in formset.forms:
                if inner.instance.pk and inner.has_changed() and inner not in formset.deleted_forms:
                    _tell(tx, inner, inner.instance in formset.new_objects)
            for row in formset.deleted_objects:
                tx.changed(row, {"deleted": str(row)}, None)
        return super().construct_change_message(request, form, formsets, add)

    def door(self, request: HttpRequest) -> Transaction:
        """The transaction that this form is saved in."""
        return request.door

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: deleting records no event."""
        return False


def _tell(tx: Transaction, form: Any, is_new: bool) -> None:
    names = [name for name in form.changed_data if name in form.cleaned_data]
    before = {name: form.initial.get(name) for name in names}
    after = {name: form.cleaned_data[name] for name in names}
    tx.changed(form.instance, None if is_new else _plain(before), _plain(after))


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Rows by their ids, whatever the form made of them."""
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    return [_value(each) for each in value] if isinstance(value, list | QuerySet) else value


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only actions change; amounts are shown in yuan, hashes of secrets not at all."""

    actions: Any = None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is shown of a row."""
        names = [name for name in super().get_fields(request, obj) if not str(name).endswith("_hash")]
        return fields_in_yuan(self.model, names)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False
