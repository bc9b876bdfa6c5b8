"""A driver of the plainest kind, for the emulated modem's own tests."""

import asyncio
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# A command's last line, or the prompt.
_FINAL = re.compile(rb"\r\n(?:(?:OK|ERROR|NO CARRIER|\+CM[ES] ERROR: [^\r]*)\r\n|> )")


async def until(happened: Callable[[], bool], limit: float = 20.0) -> None:
    """Look again and again until something happened that sends no word of it."""
    async with asyncio.timeout(limit):
        while not happened():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.002)


class Host:
    """Holds a modem's port open. Waits end after `limit` seconds with `TimeoutError`."""

    def __init__(self, port: Path, limit: float = 20.0) -> None:
        self._end = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._limit = limit
        self._heard = bytearray()
        self._news = asyncio.Event()
        self.reads: list[bytes] = []
        self.hung_up = False
        asyncio.get_running_loop().add_reader(self._end, self._readable)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._end)
        os.close(self._end)

    def write(self, data: bytes) -> None:
        assert os.write(self._end, data) == len(data)

    async def until(self, pattern: bytes | re.Pattern[bytes]) -> str:
        """Wait until what came matches, and take it up to there."""
        async with asyncio.timeout(self._limit):
            while not (match := re.search(pattern, self._heard)):
                self._news.clear()
                await self._news.wait()
        taken = bytes(self._heard[: match.end()])
        del self._heard[: match.end()]
        return taken.decode("latin-1")

    async def ask(self, command: str) -> str:
        self.write(command.encode() + b"\r")
        return await self.until(_FINAL)

    async def send(self, pdu: bytes, *, length: int | None = None) -> str:
        self.write(b"AT+CMGS=%d\r" % (length or len(pdu) // 2 - 1))
        await self.until(rb"\r\n> ")
        self.write(pdu + b"\x1a")
        return await self.until(_FINAL)

    async def hang_up(self) -> None:
        async with asyncio.timeout(self._limit):
            while not self.hung_up:
                self._news.clear()
                await self._news.wait()

    def _readable(self) -> None:
        try:
            data = os.read(self._end, 65536)
        except OSError:
            data = b""
        if data:
            self.reads.append(data)
            self._heard += data
        else:
            self.hung_up = True
            asyncio.get_running_loop().remove_reader(self._end)
        self._news.set()


@contextmanager
def opened(port: Path, *, limit: float = 20.0) -> Iterator[Host]:
    host = Host(port, limit)
    try:
        yield host
    finally:
        host.close()
