"""A stock Channels application on the core Redis layer with nothing set: the control of the idle sockets."""

import os

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter
from django.conf import settings

HOSTS = {"hosts": [os.environ["REDIS_URL"]]}
LAYER = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": HOSTS}
settings.configure(CHANNEL_LAYERS={"default": LAYER}, USE_TZ=True)
django.setup()


class StockScreen(AsyncWebsocketConsumer):
    """Joins a group and waits, as the tutorial has it."""

    async def connect(self):
        await self.channel_layer.group_add("orders", self.channel_name)
        await self.accept()


application = ProtocolTypeRouter({"websocket": StockScreen.as_asgi()})
