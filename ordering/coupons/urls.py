"""Addresses of coupons, below /api/v1/."""

from django.urls import path

from ordering.coupons import api

urlpatterns = [
    path("coupons/", api.PlansView.as_view()),
    path("coupons/<int:pk>/", api.PlanView.as_view()),
    path("coupons/<int:pk>/claim/", api.ClaimView.as_view()),
    path("me/coupons/", api.WalletView.as_view()),
]
