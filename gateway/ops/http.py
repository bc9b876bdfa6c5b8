"""Health and metrics over HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from gateway.ops.metrics import Metrics

_SCRAPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Health:
    """What can be said of the service now; `lines` by account, as plain values."""

    answering: bool
    lines: Mapping[str, Mapping[str, Any]]
    open_replies: int

    @property
    def ready(self) -> bool:
        """Return whether questions can come in and be answered."""
        return self.answering and (not self.lines or any(line["ready"] for line in self.lines.values()))


def pages(read: Callable[[], Health], metrics: Metrics) -> web.Application:
    """`/healthz` (200 once texts are answered), `/readyz` (and a line is up, with its state), `/metrics`."""

    async def healthz(_: web.Request) -> web.Response:
        health = read()
        return web.json_response({"answering": health.answering}, status=200 if health.answering else 503)

    async def readyz(_: web.Request) -> web.Response:
        health = read()
        body = {"ready": health.ready, "lines": dict(health.lines), "open_replies": health.open_replies}
        return web.json_response(body, status=200 if health.ready else 503)

    async def show_metrics(_: web.Request) -> web.Response:
        return web.Response(body=metrics.exposition(), headers={"Content-Type": _SCRAPE})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", show_metrics)])
    return app
