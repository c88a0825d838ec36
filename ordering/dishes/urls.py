"""Addresses of the menu, below /api/v1/."""

from django.urls import path

from ordering.dishes import api

urlpatterns = [
    path("stores/<slug:code>/menu/", api.MenuView.as_view()),
    path("stores/<slug:code>/dishes/", api.DishesView.as_view()),
    path("dishes/<int:pk>/sell-out/", api.SellOutView.as_view()),
    path("dishes/<int:pk>/restore/", api.RestoreView.as_view()),
    path("dishes/<int:pk>/stock/", api.StockView.as_view()),
]
