"""Addresses of coupons: what can be claimed, one's own, and the plans for their manager."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import clock, errors
from hub.fields import accept
from hub.rest import change, perform
from ordering.coupons import actions, queries, rows
from ordering.coupons.bodies import NewPlanBody, PlanBody, PlansQuery, StoreNamed, WalletQuery
from ordering.coupons.models import Coupon, Plan
from ordering.coupons.schemas import CouponShape, ListedPlanShape, StaffPlanShape
from ordering.restaurant.queries import store as store_of
from ordering.users.permissions import KnownUser, require_role

PAGES = [OpenApiParameter("page", int), OpenApiParameter("page_size", int)]


class PlansView(GenericAPIView):
    """The plans of a store."""

    permission_classes = (KnownUser,)
    access = {"GET": "user", "POST": "manager"}
    serializer_class = ListedPlanShape
    filter_backends = ()
    queryset = Plan.objects.none()

    @extend_schema(
        tags=["coupons"],
        operation_id="coupons_list",
        parameters=[PlansQuery, *PAGES],
        responses=ListedPlanShape(many=True),
    )
    def get(self, request: Request) -> Response:
        """What the caller can claim; with ``manage=1`` every plan, for a manager of the store."""
        query = accept(PlansQuery, request.query_params.dict())
        store = store_of(query["store"])
        if query["manage"]:
            require_role(request.auth, store.code, "manager")
            found, row = queries.plans(store), rows.staff_row
        else:
            found, row = queries.claimable(store, request.user, clock.now()), rows.plan_row
        page = self.paginate_queryset(found)
        return self.get_paginated_response([row(plan) for plan in page or ()])

    @extend_schema(
        tags=["coupons"],
        operation_id="coupons_create",
        request=NewPlanBody,
        responses={201: StaffPlanShape},
    )
    def post(self, request: Request) -> HttpResponse:
        """A new plan."""
        store = store_of(accept(StoreNamed, request.data)["store"])
        require_role(request.auth, store.code, "manager")
        fields = _said(accept(NewPlanBody, request.data))
        return perform(request, lambda tx: actions.create_plan(tx, store, fields), status=201)


class PlanView(APIView):
    """One plan."""

    permission_classes = (KnownUser,)
    access = {"GET": "manager", "PATCH": "manager", "DELETE": "manager"}

    @extend_schema(tags=["coupons"], operation_id="coupons_retrieve", responses=StaffPlanShape)
    def get(self, request: Request, pk: int) -> Response:
        """The plan as it is now."""
        return Response(rows.staff_row(queries.plan_of(request.auth, pk)))

    @extend_schema(
        tags=["coupons"], operation_id="coupons_change", request=PlanBody, responses=StaffPlanShape
    )
    def patch(self, request: Request, pk: int) -> HttpResponse:
        """Change a plan; its terms only while nobody holds a coupon of it."""
        plan = queries.plan_of(request.auth, pk)
        fields = _said(accept(PlanBody, request.data))
        return perform(request, lambda tx: actions.change_plan(tx, plan.pk, fields))

    @extend_schema(tags=["coupons"], operation_id="coupons_retire", responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Retire a plan: nobody claims it any more, and what people hold stays good."""
        plan = queries.plan_of(request.auth, pk)
        change(request, lambda tx: actions.retire_plan(tx, plan.pk))
        return Response(status=204)


class ClaimView(APIView):
    """A coupon of a plan."""

    permission_classes = (KnownUser,)
    access = {"POST": "user"}
    throttle_scope = "submit"

    @extend_schema(tags=["coupons"], operation_id="coupons_claim", request=None, responses={201: CouponShape})
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Claim one; a guest of a table is refused, for anybody can be one again and again."""
        plan = queries.plan(pk)
        if request.auth.is_guest:
            raise errors.forbidden()
        return perform(request, lambda tx: actions.claim(tx, plan, request.user), status=201)


class WalletView(GenericAPIView):
    """My coupons."""

    permission_classes = (KnownUser,)
    access = {"GET": "user"}
    serializer_class = CouponShape
    filter_backends = ()
    queryset = Coupon.objects.none()

    @extend_schema(
        tags=["me"],
        operation_id="me_coupons",
        parameters=[WalletQuery, *PAGES],
        responses=CouponShape(many=True),
    )
    def get(self, request: Request) -> Response:
        """My coupons, newest first, by store and state."""
        query, at = accept(WalletQuery, request.query_params.dict()), clock.now()
        store = store_of(query["store"]) if "store" in query else None
        page = self.paginate_queryset(queries.wallet(request.user, store, query.get("state"), at))
        return self.get_paginated_response([rows.coupon_row(coupon, at) for coupon in page or ()])


def _said(body: dict[str, Any]) -> dict[str, Any]:
    """The plan's own fields of a validated body."""
    return {name: value for name, value in body.items() if name != "store"}
