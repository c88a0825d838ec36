"""Addresses that payment gateways call, below /api/payments/."""

from django.urls import path

from ordering.orders.api_gateway import WechatNotifyView

urlpatterns = [path("wechat/notify/", WechatNotifyView.as_view())]
