"""Addresses of an order's money: pay, how the payment stands, refunds, and the gateway's callback."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.errors import Refusal
from hub.fields import accept
from hub.rest import perform
from ordering.orders import access as relations
from ordering.orders import payment
from ordering.orders.api import KEY
from ordering.orders.bodies import PayBody, RefundBody, said
from ordering.orders.schemas import PayAnswer, PaymentState, RefundShape
from ordering.users.permissions import Anyone


class PayView(APIView):
    """Pay an order."""

    access = {"POST": "owner|counter"}

    @extend_schema(operation_id="orders_pay", parameters=[KEY], request=PayBody, responses=PayAnswer)
    def post(self, request: Request, no: str) -> HttpResponse:
        """Pay what is due; cash is the counter's and settles at once."""
        _, who = relations.may(no, request.auth, "pay")
        body = said(accept(PayBody, request.data))
        payment.check_channel(who, body["channel"])
        return perform(request, lambda tx: payment.pay(tx, no, actor=request.auth, **body), key_required=True)


class PaymentSyncView(APIView):
    """How an order's payment stands."""

    access = {"POST": "owner"}

    @extend_schema(operation_id="orders_payment_sync", request=None, responses=PaymentState)
    def post(self, request: Request, no: str) -> Response:
        """The newest attempt's state."""
        return Response(payment.sync(no, request.auth))


class RefundsView(APIView):
    """Give money back."""

    access = {"POST": "counter"}

    @extend_schema(
        operation_id="orders_refund", parameters=[KEY], request=RefundBody, responses={201: RefundShape}
    )
    def post(self, request: Request, no: str) -> HttpResponse:
        """Refund portions of lines, an amount, or everything that is left; never more than was paid."""
        relations.may(no, request.auth, "refunds")
        body = said(accept(RefundBody, request.data))
        return perform(
            request,
            lambda tx: payment.refund(tx, no, actor=request.auth, **body),
            status=201,
            key_required=True,
        )


class WechatNotifyView(APIView):
    """The payment gateway's callback."""

    authentication_classes = ()
    permission_classes = (Anyone,)
    parser_classes = ()
    throttle_scope = "public"
    access = {"POST": "gateway"}

    @extend_schema(
        operation_id="payments_wechat_notify",
        request={"application/json": {"type": "object"}},
        responses={204: None},
        auth=[],
    )
    def post(self, request: Request) -> HttpResponse:
        """Refused: without a configured gateway no signature can be right."""
        raise Refusal("payment.signature_invalid", 401, "签名无效")
