"""Addresses of the menu, below /api/v1/."""

from django.urls import path

from ordering.dishes import api, api_manage, api_sheets

urlpatterns = [
    path("stores/<slug:code>/menu/", api.MenuView.as_view()),
    path("stores/<slug:code>/menu/export/", api_sheets.ExportView.as_view()),
    path("stores/<slug:code>/menu/import/", api_sheets.ImportView.as_view()),
    path("stores/<slug:code>/dishes/", api_manage.DishesView.as_view()),
    path("stores/<slug:code>/categories/", api_manage.CategoriesView.as_view()),
    path("categories/<int:pk>/", api_manage.CategoryView.as_view()),
    path("dishes/<int:pk>/", api_manage.DishView.as_view()),
    path("dishes/<int:pk>/image/", api_manage.DishImageView.as_view()),
    path("dishes/<int:pk>/sell-out/", api.SellOutView.as_view()),
    path("dishes/<int:pk>/restore/", api.RestoreView.as_view()),
    path("dishes/<int:pk>/stock/", api.StockView.as_view()),
]
