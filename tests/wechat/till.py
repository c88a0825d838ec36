"""Guests who order and pay by WeChat, a clock that jumps, and the worker's round: the tests' own hands."""

import itertools
from dataclasses import dataclass
from typing import Any

from ordering.dishes.models import Dish
from ordering.orders import attempts, expiry, returns
from ordering.orders.models import Order
from ordering.payments.models import Payment, Refund
from ordering.restaurant.models import Store
from ordering.users.models import WechatIdentity
from tests import factories
from tests.factories import Person
from tests.ordering.orders.trips import basket, post, submit
from tests.wechat.books import Books
from tests.wechat.emulator import Emulator
from tests.wechat.postbox import Letter, Postbox

CHANNEL = {"channel": "wechat_jsapi"}
DAY = 24 * 3600.0


@dataclass(frozen=True)
class Attempt:
    """An open attempt as the guest's phone knows it."""

    no: str
    out_trade_no: str
    prepay_id: str
    params: dict[str, str]

    @property
    def payment(self) -> Payment:
        return Payment.objects.get(out_trade_no=self.out_trade_no)

    @property
    def order(self) -> Order:
        return Order.objects.get(no=self.no)

    @property
    def status(self) -> str:
        return self.order.status

    @property
    def refunds(self) -> list[Refund]:
        return list(Refund.objects.filter(payment__out_trade_no=self.out_trade_no).order_by("pk"))


class Till:
    """``order → pay → guest pays``; ``later(s)`` lets time pass and the worker go round once."""

    def __init__(self, gateway: Emulator, postbox: Postbox, store: Store, traveller: Any) -> None:
        self.gateway, self.postbox, self.store, self.traveller = gateway, postbox, store, traveller
        self.dish: Dish = factories.dish(store, remaining=1000)
        self._names = (f"guest{number}" for number in itertools.count(1))
        self.guest = self.person("lin")
        self.fang = factories.staff("fang", store, "counter")

    def person(self, name: str | None = None) -> Person:
        """Somebody whom WeChat knows too."""
        name = name or next(self._names)
        client = self.gateway.call("GET", "/client.json")
        query = {"appid": client["app_id"], "secret": client["app_secret"], "js_code": f"demo-{name}"}
        asked = self.gateway.ask(
            "GET", "/sns/jscode2session", params={**query, "grant_type": "authorization_code"}
        )
        person = factories.person(name)
        WechatIdentity.objects.create(user=person.user, appid=client["app_id"], openid=asked.json()["openid"])
        return person

    # Orders and attempts

    def order(self, quantity: int = 1, guest: Person | None = None) -> str:
        """One more order that waits for its money; its number."""
        return submit(guest or self.guest, basket(self.dish, quantity=quantity))["no"]

    def tap(self, no: str, guest: Person | None = None) -> Any:
        """The guest taps "pay"; the bare answer."""
        return post(guest or self.guest, f"orders/{no}/pay/", CHANNEL)

    def attempt(self, no: str | None = None, guest: Person | None = None) -> Attempt:
        """An order (a new one) up to the cashier."""
        no = no or self.order(guest=guest)
        answer = self.tap(no, guest)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        prepay_id = body["params"]["package"].removeprefix("prepay_id=")
        return Attempt(no, body["payment"]["out_trade_no"], prepay_id, body["params"])

    def pay(self, attempt: Attempt) -> Letter:
        """The guest pays; the callback, kept in the postbox unless it is forwarded."""
        before = len(self.postbox.letters)
        self.gateway.pay(attempt.prepay_id)
        return self.postbox.wait(before + 1)[before]

    def paid(self, quantity: int = 1) -> Attempt:
        """A paid order."""
        attempt = self.attempt(self.order(quantity))
        assert self.pay(attempt).post().status_code == 204
        assert attempt.payment.state == Payment.State.SUCCEEDED
        return attempt

    def refund(self, attempt: Attempt, amount_fen: int | None = None, status: int = 201) -> Any:
        """The counter gives money back (all that is left without an amount); the answer."""
        body = {"reason": "上错菜"} | ({} if amount_fen is None else {"amount_fen": amount_fen})
        answer = post(self.fang, f"orders/{attempt.no}/refunds/", body)
        assert answer.status_code == status, answer.content
        return answer.json()

    # Time

    def later(self, seconds: float = 0.0) -> None:
        """So much later the worker goes round once."""
        self.traveller.shift(seconds)
        self.round()

    def round(self) -> None:
        """What the worker does in one round."""
        attempts.settle_due()
        expiry.expire_due()
        returns.send_due()

    def settle(self) -> None:
        """All faults over: minutes and hours pass until nothing is left to do."""
        self.gateway.clear()
        for seconds in (0.0, 61.0, 61.0, *[301.0] * 4, *[3601.0] * 60):
            self.later(seconds)
            if not (left := Books.own().unsettled()):
                return
        raise AssertionError(f"not settled: {left}")

    # What can be seen

    def portions(self) -> int:
        """What is left of the dish."""
        self.dish.refresh_from_db()
        assert self.dish.remaining is not None
        return self.dish.remaining
