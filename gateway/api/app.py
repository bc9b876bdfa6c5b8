"""The interface as one aiohttp application: resources, their document, pages."""

from collections.abc import Callable, Iterable, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api import openapi
from gateway.api.frame import Frame, refusal
from gateway.api.resource import JSON, AnyResource

_PREFIX = "/api/"


def build(
    frame: Frame,
    resources: Sequence[AnyResource],
    public_url: str,
    routes: Iterable[web.AbstractRouteDef] = (),
    sorry: Callable[[Exception, web.Request], web.Response] = refusal,
) -> web.Application:
    """Return the application.

    `routes` are pages and others that are no part of the document; `sorry` makes the answer when one of them raises,
    or when there is none at an address.
    """
    document = openapi.document(resources, public_url)

    async def show(_: web.Request) -> web.Response:
        return web.Response(body=document, content_type=JSON)

    @web.middleware
    async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPRedirection:
            raise
        except Exception as err:  # whoever asks reads it in his own form, and it costs this request only
            return refusal(err, request) if request.path.startswith(_PREFIX) else sorry(err, request)

    app = web.Application(middlewares=[told])
    app.add_routes([web.get("/api/openapi.json", show)])
    app.add_routes([web.route(r.method, r.path, frame.handler(r)) for r in resources])
    app.add_routes(routes)
    return app
