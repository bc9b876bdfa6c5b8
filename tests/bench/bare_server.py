"""What answering over aiohttp costs when nothing is decided: `python -m tests.bench.bare_server PORT`, on loopback."""

import asyncio
import sys
from typing import Final

from aiohttp import web

from gateway.cli import running

_PAGE: Final = "<p>" + "放心100" * 4_000  # about as long as a page of the console


async def _page(_: web.Request) -> web.Response:
    return web.Response(text=_PAGE, content_type="text/html")


async def _permit(request: web.Request) -> web.Response:
    await request.json()
    return web.json_response({"decision": "deny", "reasons": ["UNKNOWN"], "valid_until": None, "signature": ""})


async def _serve(port: int) -> None:
    app = web.Application()
    app.router.add_get("/", _page)
    app.router.add_post("/", _permit)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    running.run(_serve(int(sys.argv[1])))  # on the loop that the service runs on
