"""Django's admin through the one door: a form is saved inside ``transact``, its events with it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from hub.transactions import Transaction, transact


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
            return response.render() if hasattr(response, "render") else response

        return transact(work, actor=f"staff:{request.user.uid}")

    def door(self, request: HttpRequest) -> Transaction:
        """The transaction that this form is saved in."""
        return request.door

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: deleting records no event."""
        return False


class ReadOnlyAdmin(admin.ModelAdmin):
    """Rows that only actions change."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False
