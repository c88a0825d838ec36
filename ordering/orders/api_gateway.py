"""The address that the payment gateway calls."""

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from hub.errors import Refusal
from ordering.orders import facts
from ordering.payments.channels import WECHAT, gateway
from ordering.payments.gateway import Gateway, signature_invalid
from ordering.users.permissions import Anyone


class WechatNotifyView(APIView):
    """The payment gateway's callback."""

    authentication_classes = ()
    permission_classes = (Anyone,)
    parser_classes = ()
    throttle_scope = "gateway"
    access = {"POST": "gateway"}

    @extend_schema(
        operation_id="payments_wechat_notify",
        request={"application/json": {"type": "object"}},
        responses={204: None},
        auth=[],
    )
    def post(self, request: Request) -> HttpResponse:
        """Payments and refunds, by the event's type; 204 once it is committed, 401 if it is not theirs."""
        # The bytes as they came: the signature is over them, not over what they mean.
        body = request._request.body
        facts.receive(_gateway().callback(request.headers, body))
        return HttpResponse(status=204)


def _gateway() -> Gateway:
    try:
        return gateway(WECHAT)
    except Refusal:
        # Without a gateway of ours no signature can be right.
        raise signature_invalid() from None
