"""Addresses of an order's moves, one small class each; what is allowed is in states.py."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from hub.fields import Body, accept
from hub.rest import perform
from ordering.orders import access as relations
from ordering.orders import actions
from ordering.orders.bodies import MoveBody, RushAnswerBody, said
from ordering.orders.schemas import OrderBody


class MoveView(APIView):
    """A move of one order: ``move`` names it in the table, ``act`` does it."""

    move: ClassVar[str]
    act: ClassVar[Callable[..., dict[str, Any]]]
    body: ClassVar[type[Body]] = MoveBody

    @extend_schema(request=MoveBody, responses=OrderBody)
    def post(self, request: Request, no: str) -> HttpResponse:
        """Make the move; the order afterwards."""
        relations.may(no, request.auth, self.move)
        body = said(accept(self.body, request.data))
        return perform(request, lambda tx: self.act(tx, no, actor=request.auth, **body))


class AcceptView(MoveView):
    """接单: the kitchen gets the order."""

    access = {"POST": "counter"}
    move, act = "accept", staticmethod(actions.accept)


class RejectView(MoveView):
    """拒单: money and portions go back."""

    access = {"POST": "counter"}
    move, act = "reject", staticmethod(actions.reject)


class CancelView(MoveView):
    """取消: by the diner before the kitchen has it, by staff until it is handed over."""

    access = {"POST": "owner|counter"}
    move, act = "cancel", staticmethod(actions.cancel)


class RequestCancelView(MoveView):
    """申请取消: staff decide."""

    access = {"POST": "owner"}
    move, act = "request-cancel", staticmethod(actions.request_cancel)


class ApproveCancelView(MoveView):
    """同意取消."""

    access = {"POST": "counter"}
    move, act = "request-cancel/approve", staticmethod(actions.approve_cancel)


class RefuseCancelView(MoveView):
    """拒绝取消."""

    access = {"POST": "counter"}
    move, act = "request-cancel/refuse", staticmethod(actions.refuse_cancel)


class CompleteView(MoveView):
    """完成: handed over and settled."""

    access = {"POST": "owner|counter"}
    move, act = "complete", staticmethod(actions.complete)


class RushView(MoveView):
    """催单, once a minute at most."""

    access = {"POST": "owner|counter"}
    move, act = "rush", staticmethod(actions.rush)


class RushAnswerView(MoveView):
    """The kitchen's word on a rush."""

    access = {"POST": "kitchen"}
    move, act, body = "rush/answer", staticmethod(actions.answer_rush), RushAnswerBody

    @extend_schema(request=RushAnswerBody, responses=OrderBody)
    def post(self, request: Request, no: str) -> HttpResponse:
        """Answer the latest rush: soon, five_minutes or missing."""
        return super().post(request, no)
