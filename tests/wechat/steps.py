"""Where a test steps in between two calls to the gateway; every call is listed, none is replaced."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db import connection

from ordering.payments.wechatpay.gateway import WechatGateway

CALLS = ("prepay", "query", "close", "refund", "query_refund")


class Steps:
    """``before``/``after`` a gateway call run something once; ``log`` has every call: (name, number).

    No call may be made inside a transaction: that is asserted here for every test that uses it.
    """

    def __init__(self, monkeypatch: Any) -> None:
        self.log: list[tuple[str, str]] = []
        self.inside: list[str] = []
        self._before: dict[str, list[Callable[[], Any]]] = defaultdict(list)
        self._after: dict[str, list[Callable[[], Any]]] = defaultdict(list)
        for name in CALLS:
            monkeypatch.setattr(WechatGateway, name, self._watched(name, getattr(WechatGateway, name)))

    def before(self, name: str, *works: Callable[[], Any]) -> None:
        """The next calls of this name: before each, one of these."""
        self._before[name] += works

    def after(self, name: str, *works: Callable[[], Any]) -> None:
        """As `before`, but when the gateway has answered and the product does not know it yet."""
        self._after[name] += works

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.log]

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(gateway: WechatGateway, *args: Any, **kwargs: Any) -> Any:
            if connection.in_atomic_block:
                self.inside.append(name)
            if self._before[name]:
                self._before[name].pop(0)()
            self.log.append((name, args[0] if args else ""))
            answer = real(gateway, *args, **kwargs)
            if self._after[name]:
                self._after[name].pop(0)()
            return answer

        return call
