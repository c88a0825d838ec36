"""Addresses of reports, below /api/v1/."""

from django.urls import path

from ordering.reports.api import VIEWS

urlpatterns = [path(f"reports/{name}/", view) for name, view in VIEWS.items()]
