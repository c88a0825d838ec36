"""REST without sockets: scale it in processes of its own (Django under WSGI costs a fifth of ASGI)."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

from hub.lifecycle import share_interpreter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.production")

share_interpreter()
application = get_wsgi_application()
# Servers run no system checks: without this a wrong key would be found by the first guest who pays.
import_string(settings.BEFORE_SERVING)()
