"""One order at the gateway, and how query and callback tell it."""

import sqlite3
from dataclasses import dataclass, fields
from typing import Any, Self

from sandbox.moments import rfc3339

DESCRIPTIONS = {"NOTPAY": "订单未支付", "SUCCESS": "支付成功", "REFUND": "转入退款", "CLOSED": "订单已关闭"}
PAID = ("SUCCESS", "REFUND")
PREPAY_SECONDS = 2 * 3600
LIFE_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Transaction:
    """A payment that happened."""

    out_trade_no: str
    transaction_id: str
    trade_state: str
    openid: str
    total_fen: int
    payer_total_fen: int
    success_time: str


@dataclass(frozen=True, slots=True)
class Prepay:
    """A merchant's order: ``state`` is NOTPAY, SUCCESS, REFUND (some of it went back) or CLOSED.

    ``expires_at`` (``time_expire``) is the last moment to pay; the prepay_id itself lives two hours
    from ``issued_at``. Moments in seconds since 1970, money in fen.
    """

    out_trade_no: str
    prepay_id: str
    appid: str
    mchid: str
    openid: str
    description: str
    attach: str
    notify_url: str
    total_fen: int
    currency: str
    frozen: str
    state: str
    created_at: float
    issued_at: float
    expires_at: float | None
    transaction_id: str | None
    payer_total_fen: int | None
    paid_at: float | None
    paid_times: int
    cancelled_at: float | None
    prepay_calls: int

    @classmethod
    def of(cls, row: sqlite3.Row) -> Self:
        """From a row of ``prepays``."""
        return cls(*(row[field.name] for field in fields(cls)))

    def payable(self, now: float) -> bool:
        """Whether the guest could pay it now."""
        in_time = self.expires_at is None or now <= self.expires_at
        return self.state == "NOTPAY" and in_time and now <= self.issued_at + PREPAY_SECONDS

    def transaction(self) -> Transaction:
        """The payment; only of a paid order."""
        assert self.transaction_id and self.paid_at and self.payer_total_fen is not None
        return Transaction(
            out_trade_no=self.out_trade_no,
            transaction_id=self.transaction_id,
            trade_state=self.state,
            openid=self.openid,
            total_fen=self.total_fen,
            payer_total_fen=self.payer_total_fen,
            success_time=rfc3339(self.paid_at),
        )

    def wire(self) -> dict[str, Any]:
        """The transaction as WeChat tells it; unpaid orders lack what only a payment knows."""
        told: dict[str, Any] = {
            "appid": self.appid,
            "mchid": self.mchid,
            "out_trade_no": self.out_trade_no,
            "trade_state": self.state,
            "trade_state_desc": DESCRIPTIONS[self.state],
            "attach": self.attach,
            "amount": {"total": self.total_fen, "currency": self.currency},
        }
        return told | self._payment() if self.state in PAID else told

    def _payment(self) -> dict[str, Any]:
        paid = self.transaction()
        amount = {"total": paid.total_fen, "payer_total": paid.payer_total_fen}
        return {
            "transaction_id": paid.transaction_id,
            "trade_type": "JSAPI",
            "bank_type": "OTHERS",
            "success_time": paid.success_time,
            "payer": {"openid": paid.openid},
            "amount": amount | {"currency": self.currency, "payer_currency": self.currency},
            "promotion_detail": self._promotions(paid),
        }

    def _promotions(self, paid: Transaction) -> list[dict[str, Any]]:
        if paid.payer_total_fen == paid.total_fen:
            return []
        coupon = {"coupon_id": "109519", "name": "微信支付立减", "scope": "GLOBAL", "type": "NOCASH"}
        return [coupon | {"amount": paid.total_fen - paid.payer_total_fen, "currency": self.currency}]
