"""Addresses of the books: where the gateway's bills and ours differ."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from hub.fields import Body, accept
from ordering.payments import differences
from ordering.payments.models import Difference
from ordering.restaurant import queries as restaurant
from ordering.users.permissions import KnownUser


class DifferencesQuery(Body):
    """Which differences."""

    store = serializers.CharField(required=False, max_length=32)
    day = serializers.DateField(required=False, help_text="The bill's day, YYYY-MM-DD.")
    resolved = serializers.BooleanField(required=False, allow_null=True, default=None)


class DifferenceShape(serializers.Serializer):
    """A row in which the gateway's bill and our books differ; no ``store`` when the number is not ours."""

    id = serializers.IntegerField()
    day = serializers.DateField()
    kind = serializers.ChoiceField(["payment", "refund"])
    number = serializers.CharField()
    problem = serializers.ChoiceField(Difference.Problem.choices)
    store = serializers.CharField(allow_null=True)
    order_no = serializers.CharField(allow_null=True)
    ours_fen = serializers.IntegerField(allow_null=True)
    theirs_fen = serializers.IntegerField(allow_null=True)
    advice = serializers.CharField()
    found_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)


class DifferencesView(GenericAPIView):
    """Where the gateway's bills and our books differ."""

    permission_classes = (KnownUser,)
    access = {"GET": "manager"}
    serializer_class = DifferenceShape
    filter_backends = ()
    queryset = Difference.objects.none()

    @extend_schema(
        tags=["payments"],
        operation_id="payments_differences",
        parameters=[DifferencesQuery, OpenApiParameter("page", int), OpenApiParameter("page_size", int)],
        responses=DifferenceShape(many=True),
    )
    def get(self, request: Request) -> Response:
        """Newest day first. Owners also see, without ``store``, rows of numbers that belong to no store."""
        query = accept(DifferencesQuery, request.query_params.dict())
        if "store" in query:
            restaurant.store(query["store"])
        page = self.paginate_queryset(differences.visible(request.auth, **query))
        return self.get_paginated_response([differences.row(each) for each in page or []])
