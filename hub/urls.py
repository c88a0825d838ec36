"""Which room answers which address. Rooms are named as strings only."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from hub import health, metrics, openapi, problem_pages, roots

handler400 = "hub.problem.bad_request_page"
handler403 = "hub.problem.forbidden_page"
handler404 = "hub.problem.not_found_page"
handler500 = "hub.problem.server_error_page"

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.page),
    path("admin/", admin.site.urls),
    path("api/", roots.api_root),
    path("api/v1/", roots.v1_root),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/schema/swagger-ui/", SpectacularSwaggerView.as_view(url_name="schema"), name="swagger-ui"),
    path("api/schema/asyncapi.json", openapi.asyncapi),
    path("api/v1/", include("ordering.urls")),
    path("api/v1/kitchen/", include("kitchen.urls")),
    path("api/payments/", include("ordering.orders.gateway_urls")),
    path("problems/", problem_pages.listed),
    path("problems/<str:code>", problem_pages.one),
    path("", include("screens.urls")),
    path("", include("rush.urls")),
]
if settings.DEBUG:
    import mimetypes

    from django.conf.urls.static import static

    # Not every Python and system knows it, and `nosniff` forbids browsers to guess.
    mimetypes.add_type("image/webp", ".webp")
    urlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)
