"""A rush of guests over HTTP while everything fails: they order, pay, cancel, leave; staff give it back."""

import random
import threading
import time
from collections import Counter
from typing import Any

import requests

from tests.cast import Person, Refused, new_key
from tests.wechat.emulator import Emulator

WECHAT = {"channel": "wechat_jsapi"}
# name → what it takes; each strikes the next few calls or callbacks it fits
FAULTS: list[dict[str, Any]] = [
    *({"name": name, "route": route} for name in ("500", "429", "reset", "drop_answer", "unsigned",
        "bad_signature", "html_502") for route in ("prepay", "query", "close", "refund", "query_refund")),
    {"name": "delay", "seconds": 0.5},
    *({"name": name} for name in ("callback_lost", "callback_duplicate", "callback_reorder",
        "callback_signtest", "callback_old_timestamp", "callback_before_answer")),
    *({"name": "callback_wrong", "field": field} for field in ("amount", "appid", "mchid", "currency")),
    {"name": "refund_closed"},
    {"name": "refund_abnormal"},
    {"name": "refund_slow"},
]  # fmt: skip
STORIES = Counter(pay=8, refund=4, reject=2, cancel=3, cancel_paid=3, cash=2, leave=2, change_mind=2)


class Rush:
    """``guests`` threads do ``orders`` stories together, with ``pace`` seconds between two of one guest.

    ``done`` counts the stories, ``failed`` says what broke.
    """

    def __init__(
        self, bases: list[str], emulator: Emulator, *, orders: int, guests: int, seed: int, pace: float
    ) -> None:
        self.bases, self.emulator, self.seed, self.pace = bases, emulator, seed, pace
        rng = random.Random(seed)
        more = rng.choices(list(STORIES), list(STORIES.values()), k=max(0, orders - len(STORIES)))
        self.stories = [*more, *STORIES][-orders:]
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.failed: list[str] = []
        self.orders: dict[str, str] = {}
        self.tokens: list[str] = []
        self.retries = 0
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._guest, args=(n,)) for n in range(guests)]
        self._threads.append(threading.Thread(target=self._break_things))

    def start(self) -> None:
        self.fang = Person(self.bases, persistent=True).log_in_as_staff("counter")
        for thread in self._threads:
            thread.start()

    def finish(self, seconds: float = 300) -> None:
        """Wait for the last guest; then nothing breaks any more."""
        deadline = time.monotonic() + seconds
        for thread in self._threads[:-1]:
            thread.join(max(0.1, deadline - time.monotonic()))
        self._over.set()
        self._threads[-1].join(10)
        self.emulator.clear()

    @property
    def running(self) -> bool:
        return any(thread.is_alive() for thread in self._threads[:-1])

    # Faults

    def _break_things(self) -> None:
        rng = random.Random(self.seed + 1)
        while not self._over.wait(rng.uniform(0.05, 0.4)):
            self.emulator.fault(**rng.choice(FAULTS), times=rng.randint(1, 2))

    # People

    def _guest(self, number: int) -> None:
        try:
            bases = self.bases if number % 2 else self.bases[::-1]
            guest = Person(bases, persistent=True).log_in_as_diner(f"rush{number}")
            self.tokens += [str(guest.token), str(guest.refresh)]
            fang = Person(bases, self.fang.token, persistent=True)
            lines = guest.basket({"米饭": 2, "蒜蓉西兰花": 1})
            while story := self._next():
                no = guest.order(lines, key=new_key())["no"]
                with self._guard:
                    self.orders[no] = story
                getattr(self, f"_{story}")(guest, fang, no)
                with self._guard:
                    self.done[story] += 1
                time.sleep(random.uniform(0, 2 * self.pace))
            with self._guard:
                self.retries += guest.retries + fang.retries
        except Exception as error:
            with self._guard:
                self.failed.append(repr(error)[:1000])

    def _next(self) -> str | None:
        with self._guard:
            return self.stories.pop() if self.stories else None

    def _may(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what the rules may forbid by now (the order expired, was paid, has ended): 409 is an answer."""
        try:
            return work(*args, **kwargs)
        except Refused as refusal:
            if refusal.status != 409:
                raise
            with self._guard:
                self.refused[str(refusal.code)] += 1
            return None

    def _tap(self, guest: Person, no: str) -> str | None:
        """Tap "pay"; the prepay id, or None when there is nothing to pay any more."""
        answer = self._may(guest.post, f"/orders/{no}/pay/", WECHAT, key=new_key())
        return answer and answer["params"]["package"].removeprefix("prepay_id=")

    def _at_cashier(self, prepay_id: str | None) -> bool:
        """Pay at the cashier, if it still takes the money."""
        if prepay_id is None:
            return False
        for _ in range(20):
            try:
                return self.emulator.try_to_pay(prepay_id).status_code == 200
            except requests.RequestException:
                time.sleep(0.1)
        raise AssertionError("the cashier does not answer")

    def _pay(self, guest: Person, fang: Person, no: str) -> bool:
        return self._at_cashier(self._tap(guest, no))

    def _known(self, guest: Person, no: str) -> bool:
        """Wait a little for the hub to know of the money."""
        for _ in range(20):
            if guest.see(no)["paid_fen"]:
                return True
            time.sleep(0.1)
        return False

    def _refund(self, guest: Person, fang: Person, no: str) -> None:
        if self._pay(guest, fang, no) and self._known(guest, no):
            for fen in (100, 200):
                body = {"amount_fen": fen, "reason": "上错菜"}
                self._may(fang.post, f"/orders/{no}/refunds/", body, key=new_key())

    def _reject(self, guest: Person, fang: Person, no: str) -> None:
        if self._pay(guest, fang, no) and self._known(guest, no):
            self._may(fang.move, no, "reject", reason="打烊")

    def _cancel(self, guest: Person, fang: Person, no: str) -> None:
        """The guest cancels while the money is on its way."""
        prepay_id = self._tap(guest, no)
        payer = threading.Thread(target=self._at_cashier, args=(prepay_id,))
        payer.start()
        self._may(guest.move, no, "cancel")
        payer.join()

    def _cancel_paid(self, guest: Person, fang: Person, no: str) -> None:
        self._pay(guest, fang, no)
        self._may(guest.move, no, "cancel")

    def _cash(self, guest: Person, fang: Person, no: str) -> None:
        """The guest pays by phone and, for it took so long, at the counter too."""
        prepay_id = self._tap(guest, no)
        self._may(fang.pay_cash, no)
        self._at_cashier(prepay_id)

    def _leave(self, guest: Person, fang: Person, no: str) -> None:
        """The guest looks at the cashier and goes."""
        self._tap(guest, no)

    def _change_mind(self, guest: Person, fang: Person, no: str) -> None:
        """Taps twice, asks how it stands, pays."""
        self._tap(guest, no)
        prepay_id = self._tap(guest, no)
        self._may(guest.post, f"/orders/{no}/payment/sync/")
        self._at_cashier(prepay_id)
