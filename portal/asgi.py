"""One origin: HTTP goes to Django in threads (WSGI costs a fifth of ASGI), WebSockets to the live
hub."""

import os

import django
from a2wsgi import WSGIMiddleware

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402  (what follows needs the apps)

from dashboards.live import Hub  # noqa: E402
from portal.intake import Intake  # noqa: E402
from portal.wsgi import application as pages  # noqa: E402

hub = Hub()
http = Intake(WSGIMiddleware(pages, workers=settings.WEB_THREADS))


async def application(scope, receive, send):
    match scope["type"]:
        case "http":
            await http(scope, receive, send)
        case "websocket" if scope["path"] == "/live/":
            await hub.serve(scope, receive, send)
        case "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4404})
        case "lifespan":
            await _lifespan(receive, send)


async def _lifespan(receive, send):
    while (message := await receive())["type"] == "lifespan.startup":
        hub.start()
        await send({"type": "lifespan.startup.complete"})
    await hub.stop()
    await send({"type": f"{message['type']}.complete"})
