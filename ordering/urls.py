"""Addresses of the business with the guest, below /api/v1/."""

from django.urls import include, path

urlpatterns = [
    path("", include("ordering.users.urls")),
    path("", include("ordering.restaurant.urls")),
    path("", include("ordering.dishes.urls")),
    path("", include("ordering.coupons.urls")),
    path("", include("ordering.payments.urls")),
    path("", include("ordering.orders.urls")),
    path("", include("ordering.carts.urls")),
    path("", include("ordering.reviews.urls")),
    path("", include("ordering.reports.urls")),
]
