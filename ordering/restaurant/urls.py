"""Addresses of restaurants, tables and dead jobs."""

from django.urls import path

from ordering.restaurant.api import jobs, manage, stores, tables

urlpatterns = [
    path("auth/guest/", tables.Guest.as_view()),
    path("stores/", stores.Stores.as_view()),
    path("stores/<str:code>/", manage.OneStore.as_view()),
    path("stores/<str:code>/tables/", manage.Tables.as_view()),
    path("stores/<str:code>/table-codes/", tables.TableCodes.as_view()),
    path("stores/<str:code>/stations/", manage.Stations.as_view()),
    path("stores/<str:code>/opening-hours/", manage.OpeningHours.as_view()),
    path("stores/<str:code>/open/", stores.OpenStore.as_view()),
    path("stores/<str:code>/pause/", stores.PauseStore.as_view()),
    path("tables/resolve/", tables.Resolve.as_view()),
    path("stations/<int:pk>/", manage.OneStation.as_view()),
    path("tables/<int:pk>/", manage.OneTable.as_view()),
    path("tables/<int:pk>/open/", tables.OpenTable.as_view()),
    path("tables/<int:pk>/settle/", tables.SettleTable.as_view()),
    path("tables/<int:pk>/rotate-token/", tables.RotateToken.as_view()),
    path("tables/<int:pk>/mini-code/", tables.MiniCode.as_view()),
    path("jobs/dead/", jobs.DeadJobs.as_view()),
    path("jobs/<int:pk>/retry/", jobs.RetryJob.as_view()),
]
