"""Media as development serves it, behind the product's middleware."""

from django.conf import settings
from django.urls import re_path
from django.views.static import serve


def media(request, path):
    """A file of the media folder of the moment."""
    return serve(request, path, document_root=settings.MEDIA_ROOT)


urlpatterns = [re_path(r"^media/(?P<path>.*)$", media)]
