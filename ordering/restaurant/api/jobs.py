"""What was given up on its way out: dead jobs of a store, to look at and to try again."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hub import errors, jobs
from hub.models import Job
from hub.rest import perform
from ordering.restaurant import queries
from ordering.users.permissions import KnownActor, require_role, require_role_on


class JobShape(serializers.ModelSerializer):
    """A job without its payload; ``dead_at`` is null once it is tried again."""

    class Meta:
        model = Job
        fields = ["id", "kind", "key", "attempts", "last_error", "created_at", "dead_at"]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """As declared."""
        return dict(super().to_representation(instance))


class DeadJobs(ListAPIView):
    """A store's dead jobs."""

    permission_classes = (KnownActor,)
    access = {"GET": "manager"}
    serializer_class = JobShape
    filter_backends = ()
    queryset = Job.objects.none()

    @extend_schema(tags=["jobs"], parameters=[OpenApiParameter("store", str, required=True)])
    def get(self, request: Request) -> Response:
        """What was given up, newest first, with the last error's code."""
        code = request.query_params.get("store")
        if not code:
            raise errors.invalid(errors.row("store", "required", "必填"))
        store = queries.store(code)
        require_role(request.auth, store.code, "manager")
        page = self.paginate_queryset(jobs.dead(store.code))
        return self.get_paginated_response(JobShape(page, many=True).data)


class RetryJob(APIView):
    """Once more."""

    permission_classes = (KnownActor,)
    access = {"POST": "manager"}

    @extend_schema(tags=["jobs"], request=None, responses=JobShape)
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Take a dead job up again from its first attempt; 409 for one that is not dead."""
        job = Job.objects.filter(pk=pk).first()
        if job is None:
            raise errors.not_found()
        require_role_on(request.auth, job.store, "manager")
        return perform(request, lambda tx: dict(JobShape(jobs.retry(tx, job)).data))
