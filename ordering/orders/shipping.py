"""Delivery information of orders that were paid by WeChat: without it WeChat keeps the money.

Written down when an order is completed, one job a payment; whoever eats here or fetches has "picked up".
"""

from datetime import datetime
from typing import Any

from django.conf import settings

from hub import clock, jobs
from ordering.orders.messages import dishes
from ordering.orders.models import Line, Order
from ordering.payments.channels import WECHAT
from ordering.payments.models import Payment
from ordering.users.wechat import jobs as wechat_jobs

KIND = "order.shipping"
PATH = "/wxa/sec/order/upload_shipping_info"
BY_TRANSACTION, PICK_UP, WHOLE = 2, 4, 1
UPLOADED_BEFORE = {10060002, 10060003, 10060023}
NOT_THERE_YET = {10060001}


def completed(order: Order, lines: list[Line], at: datetime) -> None:
    """The order was handed over."""
    if settings.WECHAT_MODE == "off" or not settings.WECHAT_UPLOAD_SHIPPING:
        return
    if order.paid_fen <= order.refunded_fen:
        return
    paid = Payment.objects.filter(order_no=order.no, channel=WECHAT, state=Payment.State.SUCCEEDED)
    for number in paid.values_list("out_trade_no", flat=True):
        jobs.add(KIND, number, {"no": order.no, "payment": number}, store=order.store.code)


def upload(payload: dict[str, Any]) -> None:
    """Tell WeChat that what this payment was for has been handed over; telling it twice does no harm."""
    payment = Payment.objects.get(out_trade_no=payload["payment"])
    order = Order.objects.get(no=payload["no"])
    openid = payment.payer or wechat_jobs.openid_of(order.diner_id)
    body = {
        "order_key": {"order_number_type": BY_TRANSACTION, "transaction_id": payment.transaction_id},
        "logistics_type": PICK_UP,
        "delivery_mode": WHOLE,
        "shipping_list": [{"item_desc": _goods(order)[:120]}],
        "upload_time": clock.iso(clock.now()),
        "payer": {"openid": openid},
    }
    wechat_jobs.ask(PATH, body, fine=UPLOADED_BEFORE, later=NOT_THERE_YET)


def _goods(order: Order) -> str:
    return dishes(Line.objects.filter(order=order).order_by("pk")) or order.no
