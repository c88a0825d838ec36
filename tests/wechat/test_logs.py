"""Nothing secret and nobody's identity in any log at DEBUG, over a whole day and all that may go wrong."""

import logging

import pytest

from hub import jobs
from ordering.orders import messages, reconciliation
from ordering.payments.models import BillRun, Payment
from sandbox.people import openid_of
from tests import factories
from tests.ordering.orders.trips import basket, move, post, refused, submit
from tests.wechat.secrets import secrets_of, told

pytestmark = pytest.mark.django_db(transaction=True)

DAY = 24 * 3600


@pytest.fixture
def lines():
    """Every record at DEBUG with all its fields, before the handlers' filters take anything out."""
    found = []
    handler = logging.Handler()
    written = logging.Formatter()
    handler.emit = lambda record: found.append(f"{written.format(record)} {vars(record)}")
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.handlers.insert(0, handler)  # the others' filters change the record itself
    yield found
    root.removeHandler(handler)
    root.setLevel(level)


class Guest:
    """Somebody with the tokens of a log-in over REST, as tests' steps want them."""

    def __init__(self, pair):
        self.pair = pair
        self.api = factories.client(pair["access"])


@pytest.fixture
def day(till, settings, anonymous):
    """``day()``: log-in, phone, order, payment with trouble, message, refund, bill; the guest's tokens."""
    settings.WECHAT = settings.WECHAT | {"TEMPLATE_ACCEPTED": "accepted", "TEMPLATE_REFUNDED": "refunded"}
    for name in ("accepted", "refunded"):
        fields = [pair.partition("=")[0] for pair in messages.USUAL[name.upper()].split(",")]
        till.gateway.control("templates", {"template_id": name, "fields": fields})
    till.gateway.control("consents", {"everybody": True})

    def live():
        pair = anonymous.post("/api/v1/auth/wechat/", {"code": "demo-su"}).json()
        guest = Guest(pair)
        openid = openid_of("su")
        code = till.gateway.control("phone-codes", {"openid": openid, "phone": "13800138000"})["code"]
        assert post(guest, "me/phone/", {"code": code}).status_code == 200
        attempt = trouble(till, guest, submit(guest, basket(till.dish))["no"])
        move(till.fang, attempt.no, "accept")
        till.refund(attempt, 800)
        till.later()
        for letter in till.postbox.wait(2):
            assert letter.post().status_code == 204
        while jobs.run_due():
            pass
        till.traveller.shift(2 * DAY)
        reconciliation.run_due()
        return pair

    return live


def trouble(till, guest, no):
    """Everything that can go wrong with a payment, and the payment."""
    for fault, route in (("drop_answer", "prepay"), ("bad_signature", "query"), ("reset", "token")):
        till.gateway.fault(fault, route=route)
    assert till.tap(no, guest).status_code in (200, 503)
    till.gateway.clear()
    attempt = till.attempt(no, guest)
    letter = till.pay(attempt)
    assert refused(letter.post(Wechatpay_Nonce="other"))[0] == 401
    assert refused(letter.post(body=letter.body + b" "))[0] == 401
    assert letter.post().status_code == 204
    assert post(guest, f"orders/{no}/payment/sync/").status_code == 200
    for code in ("demo-su!", "nobody"):
        assert guest.api.post("/api/v1/auth/wechat/", {"code": code}).status_code == 400
    return attempt


def test_no_log_tells_a_secret(till, day, lines):
    pair = day()
    assert Payment.objects.get().state == "succeeded" and BillRun.objects.exclude(done_at=None).exists()
    assert {row["status"] for row in till.gateway.ledger()["refunds"]} == {"SUCCESS"}
    assert till.gateway.control("messages")["messages"]
    secrets = secrets_of(till.gateway) | {"access": [pair["access"]], "refresh": [pair["refresh"]]}
    assert all(secrets.values()), "there is something to look for of every kind"
    assert len(lines) > 5
    assert told(lines, secrets) == []


def test_every_planted_secret_is_found(till, day, lines):
    day()
    secrets = secrets_of(till.gateway)
    for values in secrets.values():
        logging.getLogger("planted").debug("it is %s", values[0])
    assert told(lines, secrets) == sorted(secrets), "the control"
