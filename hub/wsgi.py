"""REST without sockets: scale it in processes of its own (Django under WSGI costs a fifth of ASGI)."""

import os

from django.core.wsgi import get_wsgi_application

from hub.lifecycle import share_interpreter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings.production")

share_interpreter()
application = get_wsgi_application()
