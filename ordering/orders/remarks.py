"""WeChat's text check of what a guest remarked on an order and its lines; nothing waits for it.

``Order.remark_check``: "" (not asked), pending, pass, review or risky. What cannot be checked stays pending.
"""

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings

from hub import jobs
from hub.transactions import Lock, Transaction, transact
from ordering.orders.models import Batch, Line, Order
from ordering.users.wechat import jobs as wechat_jobs
from ordering.users.wechat import textcheck

KIND = "order.remarks"
PENDING = "pending"


def written(order: Order, lines: list[Line], at: datetime) -> None:
    """The guest sent lines, perhaps with remarks."""
    if settings.WECHAT_MODE == "off" or not settings.WECHAT_TEXT_CHECK or order.diner_id is None:
        return
    if texts(order, lines):
        order.remark_check = PENDING
        jobs.add(KIND, f"{order.no}:{order.version}", {"no": order.no}, store=order.store.code)


def texts(order: Order, lines: list[Line]) -> list[str]:
    """All remarks of the order, each once."""
    return list(dict.fromkeys(text for text in (order.remark, *(line.remark for line in lines)) if text))


def check(payload: dict[str, Any]) -> None:
    """Ask WeChat about the order's remarks as they are now, and keep what it says."""
    order = Order.objects.get(no=payload["no"])
    batches = _batches(order)
    openid = wechat_jobs.openid_of(order.diner_id)
    if openid is None:
        return
    lines = list(Line.objects.filter(order=order).order_by("pk"))
    found = textcheck.check("\n".join(texts(order, lines)), openid)
    transact(partial(_keep, order, batches, found), actor="system")


def _batches(order: Order) -> int:
    return Batch.objects.filter(order=order).count()


def _keep(order: Order, batches: int, found: str, tx: Transaction) -> None:
    """Unless lines came meanwhile: they have a check of their own."""
    tx.lock_one(Lock.ORDER, Order.objects.filter(pk=order.pk).only("pk"))
    if _batches(order) == batches:
        Order.objects.filter(pk=order.pk).update(remark_check=found)
