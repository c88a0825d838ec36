"""Messages to the diner's WeChat: the order was taken, is ready, money went back.

Written down with the event where a template is set, sent by the worker with what the order says then.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from hub import clock, jobs
from hub.money import yuan
from ordering.orders.models import Line, Order
from ordering.orders.states import LineState, OrderStatus
from ordering.payments.models import Refund
from ordering.users.wechat import jobs as wechat_jobs
from ordering.users.wechat import subscribe

ACCEPTED, READY, REFUNDED = "ACCEPTED", "READY", "REFUNDED"
USUAL = {
    ACCEPTED: "thing1=store,character_string2=pickup_no,thing3=dishes,amount4=total,thing5=hint",
    READY: "thing1=store,character_string2=pickup_no,thing3=dishes,thing4=hint",
    REFUNDED: "thing1=store,character_string2=no,amount3=refund,time4=time,thing5=hint",
}
STATUS = {ACCEPTED: "已接单", READY: "待取餐", REFUNDED: "已退款"}
ORDER_PAGE = "pages/order/order"
ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.REJECTED})
NEWS_FOR = timedelta(days=3)  # shorter than a job is remembered: an old refund is not told again


def accepted(order: Order, lines: list[Line], at: datetime) -> None:
    """The counter took the order."""
    _add(order, ACCEPTED, order.no, {})


def ready(order: Order, lines: list[Line], at: datetime) -> None:
    """All is ready; told once an order, however often it is recalled."""
    _add(order, READY, order.no, {})


def refunded(order: Order, lines: list[Line], at: datetime) -> None:
    """Money went back: a message for each refund that just succeeded."""
    if not _wanted(order, REFUNDED):
        return
    new = Refund.objects.filter(order_no=order.no, state=Refund.State.SUCCEEDED)
    numbers = new.filter(finished_at__gte=at - NEWS_FOR).values_list("out_refund_no", flat=True)
    for number in numbers:
        _add(order, REFUNDED, number, {"refund": number})


def _wanted(order: Order, name: str) -> bool:
    return order.diner_id is not None and subscribe.template(name, USUAL[name]) is not None


def _add(order: Order, name: str, key: str, payload: dict[str, Any]) -> None:
    if _wanted(order, name):
        jobs.add(f"message.{name.lower()}", key, {"no": order.no, **payload}, store=order.store.code)


def send_accepted(payload: dict[str, Any]) -> None:
    """Tell the diner that the order was taken, unless it has ended meanwhile."""
    order = _order(payload)
    if order.status not in ENDED:
        _send(ACCEPTED, order, at=order.accepted_at, hint="商家已接单,后厨准备中")


def send_ready(payload: dict[str, Any]) -> None:
    """Tell the diner that all is ready, unless the order has ended meanwhile."""
    order = _order(payload)
    if order.status not in ENDED:
        hint = "请凭取餐号到取餐处取餐" if order.kind == "pickup" else "菜品已出齐,请慢用"
        _send(READY, order, at=order.ready_at, hint=hint)


def send_refunded(payload: dict[str, Any]) -> None:
    """Tell the diner that money went back."""
    refund = Refund.objects.get(out_refund_no=payload["refund"])
    _send(
        REFUNDED,
        _order(payload),
        at=refund.finished_at,
        hint="退款已原路退回",
        refund=f"¥{yuan(refund.amount_fen)}",
    )


def _order(payload: Mapping[str, Any]) -> Order:
    return Order.objects.select_related("store", "table").get(no=payload["no"])


def _send(name: str, order: Order, *, at: datetime | None, hint: str, refund: str = "") -> None:
    template = subscribe.template(name, USUAL[name])
    openid = wechat_jobs.openid_of(order.diner_id) if template else None
    if template is None or openid is None:
        return
    words = _words(order) | {"hint": hint, "refund": refund, "status": STATUS[name]}
    words["time"] = (at or clock.now()).astimezone(clock.local_zone()).strftime("%Y年%m月%d日 %H:%M")
    page = settings.WECHAT["ORDER_PAGE"] or ORDER_PAGE
    subscribe.send(template, openid, words, f"{page}?no={order.no}")


def _words(order: Order) -> dict[str, str]:
    return {
        "store": order.store.name,
        "no": order.no,
        "pickup_no": order.pickup_no or "",
        "table": order.table.name if order.table else "自取",
        "dishes": dishes(Line.objects.filter(order=order).exclude(state=LineState.VOIDED).order_by("pk")),
        "total": f"¥{yuan(order.total_fen)}",
    }


def dishes(lines: Any) -> str:
    """The first dish by name, and how many portions there are: ``宫保鸡丁等3份``."""
    rows = list(lines)
    if not rows:
        return ""
    count = sum(line.quantity for line in rows)
    return f"{rows[0].name[:12]}等{count}份" if count > 1 else rows[0].name
