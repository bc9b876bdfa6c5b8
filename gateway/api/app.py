"""The interface as one aiohttp application: resources, their document, pages."""

from collections.abc import Iterable, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api import openapi
from gateway.api.frame import Frame, refusal
from gateway.api.resource import JSON, AnyResource

_PREFIX = "/api/"


def build(
    frame: Frame, resources: Sequence[AnyResource], public_url: str, routes: Iterable[web.AbstractRouteDef] = ()
) -> web.Application:
    """Return the application; `routes` are pages and others that are no part of the document."""
    app = web.Application(middlewares=[_told_as_problems])
    document = openapi.document(resources, public_url)

    async def show(_: web.Request) -> web.Response:
        return web.Response(body=document, content_type=JSON)

    app.add_routes([web.get("/api/openapi.json", show)])
    app.add_routes([web.route(r.method, r.path, frame.handler(r)) for r in resources])
    app.add_routes(routes)
    return app


@web.middleware
async def _told_as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what the router refuses, an unknown address or method, as everything else is refused."""
    try:
        return await handler(request)
    except web.HTTPException as err:
        if not request.path.startswith(_PREFIX):
            raise
        return refusal(err, request)
