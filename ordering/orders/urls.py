"""Addresses of orders, below /api/v1/."""

from django.urls import path

from ordering.orders import api, api_money, api_moves, api_tables

MOVES = (
    api_moves.AcceptView,
    api_moves.RejectView,
    api_moves.CancelView,
    api_moves.RequestCancelView,
    api_moves.ApproveCancelView,
    api_moves.RefuseCancelView,
    api_moves.CompleteView,
    api_moves.RushView,
    api_moves.RushAnswerView,
)

urlpatterns = [
    path("orders/", api.OrdersView.as_view()),
    path("orders/quote/", api.QuoteView.as_view()),
    path("orders/<str:no>/", api.OrderView.as_view()),
    path("orders/<str:no>/events/", api.EventsView.as_view()),
    path("orders/<str:no>/batches/", api.BatchesView.as_view()),
    path("orders/<str:no>/reorder/", api.ReorderView.as_view()),
    path("orders/<str:no>/pay/", api_money.PayView.as_view()),
    path("orders/<str:no>/payment/sync/", api_money.PaymentSyncView.as_view()),
    path("orders/<str:no>/refunds/", api_money.RefundsView.as_view()),
    path("orders/<str:no>/refunds/<int:pk>/retry/", api_money.RefundRetryView.as_view()),
    path("stores/<str:code>/table-map/", api_tables.TableMap.as_view()),
    path("tables/<int:pk>/move/", api_tables.MoveTable.as_view()),
    path("tables/<int:pk>/pay/", api_tables.PayTable.as_view()),
    *(path(f"orders/<str:no>/{view.move}/", view.as_view()) for view in MOVES),
]
