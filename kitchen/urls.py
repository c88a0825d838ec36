"""Addresses of the kitchen, below /api/v1/kitchen/."""

from django.urls import path

from kitchen import api

LINE_MOVES = (api.StartView, api.ReadyView, api.RecallView, api.ServeView, api.FireView, api.VoidView)

urlpatterns = [
    path("tickets/<int:batch>.<slug:station>/ready/", api.TicketReadyView.as_view()),
    *(path(f"lines/<int:pk>/{view.move}/", view.as_view()) for view in LINE_MOVES),
    path("<slug:store>/tickets/", api.TicketsView.as_view()),
]
