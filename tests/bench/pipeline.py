"""Intake, answer, outbox and dispatch behind the loopback channel, on both databases, each commit durable.

The loopback channel and the questioners run in the gateway's process, and their share is in its CPU time.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from gateway.app import Gateway
from gateway.channels.loopback.channel import LoopbackChannel
from gateway.domain.address import Address
from gateway.domain.message import Part, Submission
from gateway.domain.outcome import Accepted, Outcome
from gateway.settings import Settings
from gateway.store.engine import open_database
from tests.bench.bare import PER_QUESTION, bare_postgres, bare_sqlite
from tests.bench.figures import Figure, percentile
from tests.peers.postgres import PostgresServer
from tests.peers.programs import require
from tests.peers.service import BOTTLES, Site

GOAL: Final = 5_000  # questions a second
PACE: Final = 1_000  # questions a second of the paced run
DELAY_GOAL: Final = 0.050  # seconds, 99th percentile at that pace
CPU_GOAL: Final = 0.4  # seconds for 1000 questions at that pace

OPEN: Final = 2_048  # questions open at once in the saturated run
WARM_UP, MEASURED = 2.0, 8.0  # seconds
WINDOW: Final = 2_048  # sends under way at once: the line is never what is waited for
CODES: Final = 50_000  # different ones asked for, out of a million

# Labels that were asked for before, so that the table and its index have a city's size.
_ASKED_BEFORE: Final = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :count - 1)"
    " INSERT INTO labels (code, query_count) SELECT printf('%016d', i * 1000003) , 1 FROM n",
    "postgresql": "INSERT INTO labels (code, query_count)"
    " SELECT lpad((i * 1000003)::text, 16, '0'), 1 FROM generate_series(0, CAST(:count AS bigint) - 1) AS n(i)",
}


@dataclass(slots=True)
class Load:
    """Questions in, and when the reply to each left."""

    line: LoopbackChannel
    codes: list[str]
    asked_at: dict[str, float] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    left: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(OPEN))
    _next: int = 0

    def ask(self) -> None:
        """Bring the next question, from a number that never asked before."""
        number = self._next
        self._next += 1
        sender = Address(f"86139{number:08}")
        self.asked_at[sender.number] = time.perf_counter()
        question = f"CX{self.codes[number % len(self.codes)]}"
        key = number.to_bytes(8, "big")
        now = datetime.now(UTC)
        self.line.arrive(Part("loopback", "loopback", key, sender, Address("106573012365"), question, now))

    async def reply(self, submission: Submission) -> Outcome:
        """Take a reply at the far end."""
        self.delays.append(time.perf_counter() - self.asked_at.pop(submission.recipient.number))
        self.left.release()
        return Accepted(str(len(self.delays)))


async def measure() -> list[Figure]:
    """Return rate, delay and CPU on SQLite and on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        bare = await asyncio.to_thread(bare_sqlite, Path(name))
        figures = await _on("SQLite", None, bare)
    with PostgresServer(require("postgresql").parent) as server:
        bare = await bare_postgres(server.fresh_database())
        figures += await _on("PostgreSQL", server.fresh_database(), bare)
    return figures


async def _on(name: str, url: str | None, bare: float) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        site = Site(Path(folder), url)
        await site.prepare()
        await _fill(site)
        chance = random.Random(7)
        codes = [site.code(number) for number in chance.sample(range(BOTTLES), CODES)]
        async with _serving(site, codes) as load:
            rate = await _saturated(load)
            delays, cpu = await _paced(load)
    row = f"pipeline, {name}"
    against = f"{PER_QUESTION} bare row writes a question"
    return [
        Figure(row, "questions answered", rate, "q/s", GOAL, baseline=bare, against=against),
        Figure(row, f"at {PACE}/s, p50", percentile(delays, 0.50) * 1000, "ms"),
        Figure(row, f"at {PACE}/s, p99", percentile(delays, 0.99) * 1000, "ms", DELAY_GOAL * 1000, lower=True),
        Figure(row, f"at {PACE}/s, CPU for 1000", cpu * 1000 / len(delays), "s", CPU_GOAL, lower=True),
    ]


async def _fill(site: Site) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text(_ASKED_BEFORE[connection.dialect.name]), {"count": BOTTLES})
        # What is empty is not looked at: PostgreSQL would take it for empty until its next look, and read it whole.
        connection.execute(text("ANALYZE labels"))

    database = open_database(site.url)
    try:
        await database.transact(work)
    finally:
        await database.close()


@asynccontextmanager
async def _serving(site: Site, codes: list[str]) -> AsyncIterator[Load]:
    async def respond(submission: Submission) -> Outcome:
        return await load.reply(submission)

    line = LoopbackChannel(window=WINDOW, respond=respond)
    load = Load(line, codes)
    gateway = Gateway(Settings(**site.written()), lines=[line])
    running = asyncio.create_task(gateway.run(serve_http=False))
    try:
        async with asyncio.timeout(30):
            await gateway.writer.ready.wait()
        yield load
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _saturated(load: Load) -> float:
    """Keep `OPEN` questions open; return how many were answered in a second."""

    async def press() -> None:
        while True:
            await load.left.acquire()
            load.ask()

    pressing = asyncio.create_task(press())
    await asyncio.sleep(WARM_UP)
    begun, before = time.perf_counter(), len(load.delays)
    await asyncio.sleep(MEASURED)
    rate = (len(load.delays) - before) / (time.perf_counter() - begun)
    pressing.cancel()
    await _drained(load)
    return rate


async def _paced(load: Load) -> tuple[list[float], float]:
    """Ask by the clock, whatever the answers do; return the delays and the processor seconds."""
    load.delays.clear()
    begun, cpu = time.perf_counter(), time.process_time()
    for number in range(int(PACE * MEASURED)):
        wait = begun + number / PACE - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        load.ask()
    await _drained(load)
    return load.delays, time.process_time() - cpu


async def _drained(load: Load) -> None:
    async with asyncio.timeout(30):
        while load.asked_at:  # noqa: ASYNC110 - the last of many; nothing waits on it but this
            await asyncio.sleep(0.01)
