"""Addresses of the pages people look at."""

from django.urls import path

from screens import views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("s/<slug:code>/", views.diner, name="diner"),
    path("t/<str:token>/", views.table, name="table"),
    path("kitchen/", views.kitchen, name="kitchen"),
    path("kitchen/worker.js", views.kitchen_worker, name="kitchen-worker"),
    path("kitchen/manifest.webmanifest", views.kitchen_manifest, name="kitchen-manifest"),
    path("counter/", views.counter, name="counter"),
    path("counter/qr/", views.table_codes, name="table-codes"),
    path("board/", views.board, name="board"),
]
