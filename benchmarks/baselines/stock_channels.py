"""A stock Channels application: every socket joins one group, `group_send` tells it.

BENCH_LAYER is `core`, `pubsub` or `memory`; the two Redis layers read REDIS_URL. The text is encoded once by
the sender, which is the cheapest form a stock consumer has.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import django
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path
from redis.exceptions import RedisError

from benchmarks.baselines.driver import Burst, answer, lifespan, payload, read_burst

GROUP = "bench"
# redis-py 8 gives up after 5 s of silence, which kills every idle socket of the core layer.
HOST = {"address": os.environ.get("REDIS_URL", ""), "socket_timeout": 20, "socket_connect_timeout": 2}
LAYERS = {
    "core": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [HOST]}},
    "pubsub": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [HOST]}},
    "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
}
settings.configure(CHANNEL_LAYERS={"default": LAYERS[os.environ.get("BENCH_LAYER", "memory")]}, USE_TZ=True)
django.setup()


class Listener(AsyncWebsocketConsumer):
    """A screen: hears the group."""

    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def push(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


async def tell(burst: Burst) -> list[int]:
    """Send to the group; the times just before each call. A layer that is down loses the message."""
    layer, times = get_channel_layer(), []
    for number in range(burst.first, burst.first + burst.n):
        message = {"type": "push", "text": payload(number, burst.size)}
        times.append(time.monotonic_ns())
        try:
            await asyncio.wait_for(layer.group_send(GROUP, message), 1)
        except (RedisError, OSError, TimeoutError):
            pass
        if burst.pause_us:
            await asyncio.sleep(burst.pause_us / 1e6)
    return times


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The private route."""
    await answer(send, await tell(read_burst(scope["query_string"].decode())))


async def on_lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Start and stop."""
    await lifespan(receive, send)


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter([path("ws/bench/", Listener.as_asgi())]),
        "lifespan": on_lifespan,
    }
)
