"""Addresses of shared carts, below /api/v1/."""

from django.urls import path

from ordering.carts import api

CART = "table-sessions/<str:session>/cart/"

urlpatterns = [
    path(f"{CART}lines/", api.CartLines.as_view()),
    path(f"{CART}lines/<str:line>/", api.OneCartLine.as_view()),
    path(f"{CART}submit/", api.SubmitCart.as_view()),
    path("tables/<int:pk>/close/", api.CloseTable.as_view()),
]
