"""The API's roots answer with links, so that a newcomer can walk."""

from django.http import HttpRequest, JsonResponse


def api_root(request: HttpRequest) -> JsonResponse:
    """Versions and documents."""
    at = request.build_absolute_uri
    return JsonResponse(
        {
            "v1": at("/api/v1/"),
            "openapi": at("/api/schema/"),
            "swagger_ui": at("/api/schema/swagger-ui/"),
            "asyncapi": at("/api/schema/asyncapi.json"),
        }
    )


def v1_root(request: HttpRequest) -> JsonResponse:
    """The collections of version 1."""
    names = ("stores", "orders", "me", "devices", "tables/resolve", "rt/snapshot", "rt/events")
    return JsonResponse({name: request.build_absolute_uri(f"/api/v1/{name}/") for name in names})
