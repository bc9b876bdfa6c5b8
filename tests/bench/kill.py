"""SIGKILL of the service in full flight, and a database that goes away: what is lost, what is said twice."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure
from tests.peers.citizens import Citizens
from tests.peers.modems import emulated_modems
from tests.peers.postgres import PostgresServer
from tests.peers.programs import require
from tests.peers.service import Site, serving

MODEMS: Final = 16
IN_FLIGHT: Final = 500
BEFORE: Final = 2.0  # seconds of traffic until it happens
AWAY: Final = 10.0  # seconds without database


async def measure() -> list[Figure]:
    """Return what a SIGKILL costs on both databases, and what a stop of PostgreSQL costs."""
    figures = await _killed("SIGKILL, SQLite", None)
    with PostgresServer(require("postgresql").parent) as server:
        figures += await _killed("SIGKILL, PostgreSQL", server.fresh_database())
        figures += await _away(f"PostgreSQL away for {AWAY:.0f} s", server)
    return figures


async def _killed(row: str, url: str | None) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        site = Site(Path(name), url)
        await site.prepare()
        async with emulated_modems(site.folder, MODEMS) as modems:
            citizens = Citizens(modems, lambda number: f"CX{site.code(number)}")
            async with asyncio.TaskGroup() as tasks:
                async with serving(site, modems) as service:
                    crowd = tasks.create_task(_ask_for(citizens, BEFORE))
                    await asyncio.sleep(BEFORE)
                    in_flight = citizens.asking
                    await service.kill()
                again = time.monotonic()
                async with serving(site, modems):
                    up = time.monotonic()
                    await crowd
            return [
                Figure(row, "in flight when it happened", in_flight, "", IN_FLIGHT),
                Figure(row, "all lines up again after", up - again, "s"),
                *await _bill(row, citizens, again),
            ]


async def _away(row: str, server: PostgresServer) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        site = Site(Path(name), server.fresh_database())
        await site.prepare()
        async with emulated_modems(site.folder, MODEMS) as modems, serving(site, modems):
            citizens = Citizens(modems, lambda number: f"CX{site.code(number)}")
            async with asyncio.TaskGroup() as tasks:
                crowd = tasks.create_task(_ask_for(citizens, BEFORE))
                await asyncio.sleep(BEFORE)
                await asyncio.to_thread(server.stop, "immediate")
                await asyncio.sleep(AWAY)
                await asyncio.to_thread(server.start)
                again = time.monotonic()
                await crowd
            return await _bill(row, citizens, again)


async def _ask_for(citizens: Citizens, seconds: float) -> None:
    """Keep questions open for so long; then ask no more and wait for all replies."""
    async with citizens.crowd(IN_FLIGHT):
        await asyncio.sleep(seconds)


async def _bill(row: str, citizens: Citizens, since: float) -> list[Figure]:
    answered = [reply.at for reply in citizens.replies if reply.answer]
    # The slowest is a segment of which nobody knows whether it left: it waits 60 s for its receipt.
    late = sum(at > since + 30 for at in answered)
    repeated = await citizens.repeated()
    return [
        Figure(row, f"lost, of {len(citizens.replies)} asked", citizens.lost, "", 0, lower=True),
        Figure(row, "repeated segments, the worst modem", max(repeated.values(), default=0), "", 1, lower=True),
        Figure(row, "repeated segments, all modems", sum(repeated.values()), ""),
        Figure(row, "half of those open answered after", _median_since(answered, since), "s"),
        Figure(row, "the last answered after", max(answered) - since, "s"),
        Figure(row, "answered later than 30 s after", late, ""),
    ]


def _median_since(times: list[float], since: float) -> float:
    after = sorted(at - since for at in times if at > since)
    return after[len(after) // 2] if after else 0.0
