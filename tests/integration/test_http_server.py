"""The server under the pages and the interface, on a real socket."""

import asyncio
import logging
import socket

import pytest
from aiohttp import web

from gateway.ops.http import serve

PLATE = "C12345"


async def told(port: int, sent: bytes) -> bytes:
    async with asyncio.timeout(10):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)  # it tells nobody when it begins to listen
    writer.write(sent)
    found = await reader.readline()
    writer.close()
    return found


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /q/C12345\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /q/C12345" + b"1" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nC12345\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nC12345",
    ],
)
async def test_what_is_no_http_is_not_quoted_in_the_log(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    serving = asyncio.create_task(serve(("127.0.0.1", port), web.Application()))
    async with asyncio.timeout(20):
        answer = await told(port, sent)
    serving.cancel()
    assert answer.split()[1] in (b"400", b"404")
    assert PLATE not in caplog.text
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []
