"""Health and metrics over HTTP, and the server they share with everything else."""

import asyncio
import logging
from collections.abc import Callable
from typing import NoReturn

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.ops.health import Health
from gateway.ops.metrics import Metrics

log = logging.getLogger(__name__)

_SCRAPE = "text/plain; version=0.0.4; charset=utf-8"


def _of_ours(record: logging.LogRecord) -> bool:
    """Leave out what is no HTTP: the error quotes it, codes and plates and all, and anybody can send it."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | web.RequestPayloadError))


_server_log = logging.getLogger(f"{__name__}.server")
_server_log.addFilter(_of_ours)


def routes(read: Callable[[], Health], metrics: Metrics) -> list[web.RouteDef]:
    """`/healthz` (200 once texts are answered), `/readyz` (and a line is up, with its state), `/metrics`."""

    async def healthz(_: web.Request) -> web.Response:
        health = read()
        return web.json_response({"answering": health.answering}, status=200 if health.answering else 503)

    async def readyz(_: web.Request) -> web.Response:
        health = read()
        body = {
            "ready": health.ready,
            "lines": dict(health.lines),
            "open_replies": health.open_replies,
            "redis": health.redis,
        }
        return web.json_response(body, status=200 if health.ready else 503)

    async def show_metrics(_: web.Request) -> web.Response:
        return web.Response(body=metrics.exposition(), headers={"Content-Type": _SCRAPE})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", show_metrics)]


async def serve(address: tuple[str, int], app: web.Application) -> NoReturn:
    """Serve at a host and port until cancelled. Raises `OSError` when the port is taken."""
    host, port = address
    runner = web.AppRunner(app, access_log=None, logger=_server_log)  # paths hold codes and plates
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        log.info("listening", extra={"host": host, "port": port})
        while True:
            await asyncio.Event().wait()
    finally:
        await runner.cleanup()
