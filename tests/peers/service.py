"""`gateway serve` in a process of its own, which may be killed and started again."""

import asyncio
import json
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import tomli_w
from sqlalchemy import Connection

from gateway.domain.code import CodeBook
from gateway.domain.trace import Filed, Label, LabelRange, LabelState, RepeatPolicy, Source
from gateway.store import schema
from gateway.store.engine import open_database
from gateway.store.load import Loader
from gateway.store.vault import Keys
from tests.builders.traces import a_liquor
from tests.peers.modems import Modems
from tests.peers.processes import cpu_seconds, end, program, resident_bytes

STARTING: Final = 60.0  # seconds, on a loaded machine
BOTTLES: Final = 1_000_000

# Every question of a run comes from another number, so only what all may ask together is in the way.
OPEN_LIMITS: Final = {"total_per_minute": 100_000_000, "unknown_alarm_per_minute": 100_000_000}


class Site:
    """A folder with keys and settings, and a database with a million bottles in one range of codes."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        """`url`: an empty database; None: SQLite in the folder."""
        self.folder = folder
        self.url = url or f"sqlite:///{folder}/gateway.db"
        self.keys = Keys(folder / "keys")
        self.keys.make_missing()
        self.codes = CodeBook(self.keys.code_keys())
        self.settings = folder / "gateway.toml"
        self.port = _free_port()

    async def prepare(self) -> None:
        """Make the tables and bind the bottles."""
        database = open_database(self.url)
        try:
            await schema.upgrade(database)
            await database.transact(self._stock)
        finally:
            await database.close()

    def _stock(self, connection: Connection) -> None:
        loader = Loader(connection, self.keys.vault(), self.codes, datetime.now(UTC))
        loader.sources([Source("firms")])
        loader.records([Filed("liquor", "A0312", a_liquor(), "firms")])
        label = Label(LabelState.ACTIVE, RepeatPolicy.COVERT)
        loader.ranges([LabelRange(1, 1, 0, BOTTLES - 1, label, "liquor", "A0312")])

    def code(self, number: int) -> str:
        """Return the code on a bottle, 0 to a million."""
        return self.codes.issue(1, 1, number)

    def written(self, modems: Modems | None = None) -> dict[str, Any]:
        """Return the settings as the file holds them, and write the file."""
        lines = zip(modems.ports, modems.numbers, strict=True) if modems else ()
        settings = {
            "database": {"url": self.url},
            "keys": {"dir": str(self.folder / "keys")},
            "http": {"listen": f"127.0.0.1:{self.port}"},
            "limits": OPEN_LIMITS,
            "log": {"level": "WARNING"},
            "modem": [
                {"name": port.name, "port": str(port), "number": number, "daily_limit": 10_000_000}
                for port, number in lines
            ],
        }
        self.settings.write_text(tomli_w.dumps(settings), "utf-8")
        return settings


class Service:
    """One life of `gateway serve`."""

    def __init__(self, process: asyncio.subprocess.Process, site: Site, started: float) -> None:
        self._process = process
        self._site = site
        self._started = started

    @property
    def cpu(self) -> float:
        """Return the processor seconds it has used."""
        return cpu_seconds(self._process.pid)

    @property
    def resident(self) -> int:
        """Return the bytes of memory it has."""
        return resident_bytes(self._process.pid)

    async def kill(self) -> None:
        """SIGKILL."""
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP."""
        self._process.send_signal(signal.SIGSTOP)

    async def end(self) -> int:
        """Wait until it has ended by itself, or by its watchdog; return its exit code."""
        return await self._process.wait()

    async def shows(self, page: str) -> dict[str, Any]:
        """Return a page's JSON."""
        return await _get(self._site.port, page)

    async def metrics(self) -> dict[str, float]:
        """Return its figures that have no labels."""
        lines = (await _page(self._site.port, "/metrics")).decode().splitlines()
        return {name: float(value) for name, _, value in (line.partition(" ") for line in lines) if name.isidentifier()}

    async def stop(self) -> None:
        """SIGTERM, and wait for its end."""
        await end(self._process)

    async def answering(self) -> float:
        """Wait for /healthz to say 200; return the seconds since it was started."""
        await self._until("/healthz", lambda body: bool(body["answering"]))
        return time.monotonic() - self._started

    async def lines_up(self, count: int) -> None:
        """Wait until so many lines are ready."""
        await self._until("/readyz", lambda body: sum(line["ready"] for line in body["lines"].values()) >= count)

    async def engines_up(self, line: str, count: int) -> None:
        """Wait until so many speech engines of the line for calls can speak."""
        await self._until("/readyz", lambda body: body["lines"].get(line, {}).get("engines", 0) >= count)

    async def _until(self, page: str, holds: Callable[[dict[str, Any]], bool]) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(STARTING):
                while self._process.returncode is None:
                    if holds(await _get(self._site.port, page)):
                        return
                    await asyncio.sleep(0.01)
        log = (self._site.folder / "gateway.log").read_text(errors="replace")
        raise RuntimeError(f"the service did not come up ({page}):\n{log}")


@asynccontextmanager
async def serving(site: Site, modems: Modems) -> AsyncIterator[Service]:
    """Serve while the block lasts; all lines are up when it begins."""
    site.written(modems)
    async with started(site) as service:
        await service.answering()
        await service.lines_up(len(modems.ports))
        yield service


@asynccontextmanager
async def started(site: Site) -> AsyncIterator[Service]:
    """Start the service with the settings as written, without waiting for it."""
    command: list[str | Path] = [sys.executable, "-m", "gateway", "serve", "-c", site.settings]
    at = time.monotonic()
    async with program(command, site.folder / "gateway.log") as process:
        yield Service(process, site, at)


async def _get(port: int, page: str) -> dict[str, Any]:
    """Return a page's JSON; where nobody listens yet, what a service that is not ready would say."""
    try:
        return dict(json.loads(await _page(port, page)))
    except OSError:
        return {"answering": False, "lines": {}}


async def _page(port: int, page: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {page} HTTP/1.0\r\n\r\n".encode())
        answer = await reader.read()
    finally:
        writer.close()
    return answer.partition(b"\r\n\r\n")[2]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
