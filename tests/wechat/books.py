"""The ledger invariant: what the gateway holds for us is what our books say, attempt by attempt."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from django.db import connection

from tests.wechat.emulator import Emulator

PAYMENTS = "SELECT out_trade_no, order_no, channel, state, amount_fen, next_check_at FROM payments_payment"
REFUNDS = (
    "SELECT r.out_refund_no, p.out_trade_no, r.order_no, p.channel, p.state, r.state, r.amount_fen,"
    " r.next_try_at FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id"
)
ORDERS = "SELECT no, status, paid_fen, refunded_fen, total_fen, credited_fen FROM orders_order"
TAKEN = ("succeeded", "succeeded_late")
BY_HAND = ("abnormal", "closed", "rejected")
ENDED = ("cancelled", "rejected")


class PaymentRow(NamedTuple):
    """An attempt in our books."""

    number: str
    order: str
    channel: str
    state: str
    fen: int
    next_check_at: Any


class RefundRow(NamedTuple):
    """A refund in our books, with the channel and state of its payment."""

    number: str
    payment: str
    order: str
    channel: str
    paid: str
    state: str
    fen: int
    next_try_at: Any


class OrderRow(NamedTuple):
    """What an order says of its money."""

    no: str
    status: str
    paid_fen: int
    refunded_fen: int
    total_fen: int
    credited_fen: int


@dataclass(frozen=True)
class Books:
    """All that the product's database says about money."""

    payments: list[PaymentRow]
    refunds: list[RefundRow]
    orders: list[OrderRow]

    @classmethod
    def read(cls, rows: Callable[[str], list[Any]]) -> Self:
        """From any database: ``rows(query)`` runs a query."""
        return cls(
            [PaymentRow(*row) for row in rows(PAYMENTS)],
            [RefundRow(*row) for row in rows(REFUNDS)],
            [OrderRow(*row) for row in rows(ORDERS)],
        )

    @classmethod
    def own(cls) -> Self:
        """From the test's own database."""

        def rows(query: str) -> list[Any]:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())

        return cls.read(rows)

    def held(self) -> dict[str, int]:
        """What we believe the gateway holds of each attempt that was paid, in fen."""
        net = {row.number: row.fen for row in self.payments if row.state in TAKEN and row.channel != "cash"}
        for row in self.refunds:
            if row.state == "succeeded" and row.channel != "cash":
                net[row.payment] = net.get(row.payment, 0) - row.fen
        return net

    def unsettled(self) -> list[str]:
        """Attempts and refunds that wait for something."""
        waiting = [f"{row.number} {row.state}" for row in self.payments if row.next_check_at]
        return waiting + [f"{row.number} {row.state}" for row in self.refunds if row.next_try_at]

    def kept(self) -> dict[str, int]:
        """By order, what is kept of its money although no refund of it waits for a person, in fen."""
        sums: dict[str, int] = defaultdict(int)
        for row in self.payments:
            sums[row.order] += row.fen if row.state in TAKEN else 0
        for back in self.refunds:
            sums[back.order] -= back.fen if back.state in ("succeeded", *BY_HAND) else 0
        return sums

    def check_orders(self) -> None:
        """Each order's sums are those of its payments; nobody's money is kept for an order that ended."""
        kept = self.kept()
        for order in self.orders:
            paid = sum(r.fen for r in self.payments if r.order == order.no and r.state == "succeeded")
            back = [r for r in self.refunds if r.order == order.no and r.state == "succeeded"]
            returned = sum(row.fen for row in back if row.paid == "succeeded")
            assert (paid, returned) == (order.paid_fen, order.refunded_fen), order
            if order.status in ENDED:
                assert kept[order.no] == 0, f"{order} has ended and its money is kept"

    def check_ledger(self, emulator: Emulator) -> None:
        """Every attempt's money is the same in both books; nothing was paid or sent back twice there."""
        ours, theirs = self.held(), emulator.net()
        wrong = {n for n in ours | theirs if ours.get(n) != theirs.get(n)}
        stories = [row for row in (*self.payments, *self.refunds) if wrong & set(row[:2])]
        assert not wrong, [(n, ours.get(n), theirs.get(n)) for n in wrong] + stories
        ledger = emulator.ledger()
        assert all(row["paid_times"] <= 1 for row in ledger["orders"])
        asked = {row.number: row.fen for row in self.refunds}
        sent = {row["out_refund_no"]: row["amount_fen"] for row in ledger["refunds"]}
        strangers = sent.items() - asked.items()
        assert not strangers, f"sent back without being asked: {strangers}"
        assert all(fen >= 0 for fen in ours.values())
