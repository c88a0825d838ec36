"""Addresses of the books, below /api/v1/."""

from django.urls import path

from ordering.payments import api

urlpatterns = [path("payments/differences/", api.DifferencesView.as_view())]
