"""What /healthz and /readyz say of a service in each of its states."""

import json
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from gateway.ops.health import Health
from gateway.ops.http import routes
from gateway.ops.metrics import Metrics

UP, DOWN = {"ready": True, "state": "up"}, {"ready": False, "state": "down"}


async def get(path: str, health: Health) -> tuple[int, Any]:
    app = web.Application()
    app.add_routes(routes(lambda: health, Metrics()))
    request = make_mocked_request("GET", path, app=app)
    match = await app.router.resolve(request)
    response = await match.handler(request)
    assert isinstance(response, web.Response)
    assert isinstance(response.body, bytes)
    return response.status, response.body.decode()


@pytest.mark.parametrize(
    ("health", "healthy", "ready"),
    [
        (Health(answering=False, lines={"a": UP}, open_replies=0), 503, 503),
        (Health(answering=True, lines={"a": DOWN}, open_replies=2), 200, 503),
        (Health(answering=True, lines={"a": DOWN, "b": UP}, open_replies=0), 200, 200),
        (Health(answering=True, lines={}, open_replies=0), 200, 200),
        (Health(answering=True, lines={}, open_replies=0, redis={"up": False, "error": "away"}), 200, 200),
    ],
)
async def test_health_and_readiness(health: Health, healthy: int, ready: int) -> None:
    assert await get("/healthz", health) == (healthy, json.dumps({"answering": health.answering}))
    status, body = await get("/readyz", health)
    assert status == ready
    told = {"ready": ready == 200, "lines": health.lines, "open_replies": health.open_replies}
    assert json.loads(body) == {**told, "redis": health.redis}


async def test_metrics_are_prometheus_text() -> None:
    status, body = await get("/metrics", Health(answering=True, lines={}, open_replies=0))
    assert status == 200
    assert "# TYPE gateway_inquiries_total counter" in body
