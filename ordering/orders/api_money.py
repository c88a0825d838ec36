"""Addresses of an order's money: pay, how the payment stands, refunds."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub.fields import accept
from hub.rest import call_of, perform, replayed
from ordering.orders import access as relations
from ordering.orders import payment, returns
from ordering.orders.api import KEY
from ordering.orders.bodies import PayBody, RefundBody, said
from ordering.orders.schemas import PayAnswer, PaymentState, RefundRow, RefundShape, RefundsShape
from ordering.payments.actions import CASH
from ordering.users.permissions import require_role


class PayView(APIView):
    """Pay an order."""

    access = {"POST": "owner|counter"}

    @extend_schema(operation_id="orders_pay", parameters=[KEY], request=PayBody, responses=PayAnswer)
    def post(self, request: Request, no: str) -> HttpResponse:
        """Pay what is due: cash is the counter's and settles at once, WeChat's parameters are the diner's."""
        _, who = relations.may(no, request.auth, "pay")
        body = said(accept(PayBody, request.data))
        payment.check_channel(who, body["channel"])
        who_and_what = {"actor": request.auth, **body}
        if body["channel"] == CASH:
            return perform(request, lambda tx: payment.settle(tx, no, **who_and_what), key_required=True)
        if answer := replayed(request):
            return answer
        number, prepay_id = payment.prepay(no, **who_and_what)
        return perform(request, lambda tx: payment.offer(tx, number, prepay_id), key_required=True)


class PaymentSyncView(APIView):
    """How an order's payment stands."""

    access = {"POST": "owner"}
    throttle_scope = "sync"

    @extend_schema(operation_id="orders_payment_sync", request=None, responses=PaymentState)
    def post(self, request: Request, no: str) -> Response:
        """Ask the gateway about an open attempt now; how the newest one stands."""
        return Response(payment.sync(no, request.auth))


class RefundsView(APIView):
    """Give money back."""

    access = {"GET": "counter", "POST": "counter"}

    @extend_schema(operation_id="orders_refunds", responses=RefundsShape)
    def get(self, request: Request, no: str) -> Response:
        """The order's refunds and how far each got."""
        return Response({"results": payment.refunds(no, request.auth)})

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


class RefundRetryView(APIView):
    """A refund that the gateway would not do."""

    access = {"POST": "manager"}

    @extend_schema(operation_id="orders_refund_retry", request=None, responses=RefundRow)
    def post(self, request: Request, no: str, pk: int) -> Response:
        """Try it again: a rejected one with its own number, a closed one with a new number."""
        order, _ = relations.may(no, request.auth, "refunds")
        require_role(request.auth, order.store.code, "manager")
        refund = returns.retry(order.no, pk, request.auth.label, call_of(request))
        return Response(payment.refund_row(refund))
