"""Addresses of the switch."""

from django.urls import path

from rush import views

urlpatterns = [
    path("rush/", views.state),
    path("rush/start/", views.start),
    path("rush/stop/", views.stop),
]
