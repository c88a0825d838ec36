"""`python -m benchmarks.apps.callbacks EMULATOR COUNT`: orders at the cashier, and their signed callbacks.

Writes a JSON list of {"headers", "body"} to standard output, signed now with the emulator's keys.
"""

from __future__ import annotations

import json
import sys
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from benchmarks.apps.submits import actor, menu, submitter  # noqa: E402  (after the settings)
from hub import clock  # noqa: E402
from ordering.orders.models import Order  # noqa: E402
from ordering.payments.actions import number  # noqa: E402
from ordering.payments.models import Payment  # noqa: E402
from sandbox.deliveries import compact  # noqa: E402
from sandbox.keys import Keys  # noqa: E402
from sandbox.ledger import Ledger  # noqa: E402
from sandbox.signing import Signer, encrypt  # noqa: E402


def open_attempts(count: int, client: dict[str, str]) -> list[Payment]:
    """So many orders whose guests stand at the cashier."""
    submit = submitter(actor(), menu())
    newest = Order.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for _ in range(count):
        submit()
    asked = {"appid": client["app_id"], "mchid": client["mchid"], "amount": {"currency": "CNY"}}
    attempts = [
        Payment(
            store_id=order.store_id,
            order_no=order.no,
            out_trade_no=number(),
            channel="wechat_jsapi",
            state="pending",
            amount_fen=order.total_fen,
            open_key=order.no,
            request=json.dumps(asked),
            prepay_id=f"wx{uuid.uuid4().hex}",
            expires_at=clock.now() + timedelta(minutes=15),
            next_check_at=clock.now() + timedelta(minutes=15),
        )
        for order in Order.objects.filter(pk__gt=newest)
    ]
    return Payment.objects.bulk_create(attempts)


def letter(payment: Payment, signer: Signer) -> dict[str, Any]:
    """The callback of this attempt's payment, as it goes over the wire."""
    keys = signer.keys
    money = {"total": payment.amount_fen, "payer_total": payment.amount_fen}
    transaction = {
        "appid": keys.app_id,
        "mchid": keys.mchid,
        "out_trade_no": payment.out_trade_no,
        "transaction_id": f"4200{uuid.uuid4().int % 10**24:024d}",
        "trade_type": "JSAPI",
        "trade_state": "SUCCESS",
        "bank_type": "OTHERS",
        "success_time": clock.iso(clock.now()),
        "payer": {"openid": "o" + "B" * 27},
        "amount": {**money, "currency": "CNY", "payer_currency": "CNY"},
    }
    notice = {
        "id": str(uuid.uuid4()),
        "create_time": clock.iso(clock.now()),
        "resource_type": "encrypt-resource",
        "event_type": "TRANSACTION.SUCCESS",
        "summary": "支付成功",
        "resource": {
            "original_type": "transaction",
            **encrypt(keys.apiv3_key, compact(transaction), "transaction"),
        },
    }
    body = compact(notice)
    return {"headers": signer.headers(body.encode()), "body": body}


def main(folder: str, count: str) -> None:
    """Make and print them."""
    ledger = Ledger(Path(folder))
    signer = Signer(ledger, Keys(ledger))
    made = open_attempts(int(count), signer.keys.client)
    json.dump([letter(payment, signer) for payment in made], sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
