"""SMS over emulated modems without radio delay, beside two daemons of the field on the very same modems."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench.daemons import DAEMONS, answering
from tests.bench.figures import Figure, percentile
from tests.peers.citizens import Citizens
from tests.peers.modems import Modems, emulated_modems
from tests.peers.service import Site, serving

# Modems, and the questions a second that DESIGN 6 wants of so many.
GOALS: Final = {1: 200, 4: 500, 16: 800}
LATENCY_GOAL: Final = 0.1  # seconds, 95th percentile with one question in flight

ALONE: Final = 200  # questions, one after the other
IN_FLIGHT: Final = 8  # questions a modem: it never waits for the next
WARM_UP, MEASURED = 1.5, 6.0  # seconds
DAEMON_IN_FLIGHT, DAEMON_SECONDS = 3, 10.0


async def measure() -> list[Figure]:
    """Return rate, delay and CPU for each number of modems, with the daemons' rates."""
    figures: list[Figure] = []
    for count, goal in GOALS.items():
        rates = {name: await _daemon(name, count) for name in DAEMONS}
        figures += await _gateway(count, goal, rates)
    return figures


async def _gateway(count: int, goal: float, rates: dict[str, float]) -> list[Figure]:
    row = f"{count} modem{'s' if count > 1 else ''}"
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        site = Site(Path(name))
        await site.prepare()
        async with emulated_modems(site.folder, count) as modems, serving(site, modems) as service:
            citizens = Citizens(modems, lambda number: f"CX{site.code(number)}")
            for place in range(ALONE):
                await citizens.ask(place % count)
            alone = [reply.answer.seconds for reply in citizens.replies if reply.answer]
            async with citizens.crowd(IN_FLIGHT * count):
                await asyncio.sleep(WARM_UP)
                begun, before, cpu = time.monotonic(), len(citizens.replies), service.cpu
                await asyncio.sleep(MEASURED)
                answered, seconds = len(citizens.replies) - before, time.monotonic() - begun
                cpu = service.cpu - cpu
    rate = answered / seconds
    best = max(rates, key=lambda name: rates[name])
    return [
        Figure(row, "questions answered", rate, "q/s", goal, baseline=rates[best], against=best),
        *(Figure(row, f"the same with {name}", other, "q/s") for name, other in rates.items()),
        Figure(row, "one in flight, p50", percentile(alone, 0.50) * 1000, "ms"),
        Figure(row, "one in flight, p95", percentile(alone, 0.95) * 1000, "ms", LATENCY_GOAL * 1000, lower=True),
        Figure(row, "CPU for 1000", cpu * 1000 / answered, "s"),
        Figure(row, "unanswered", citizens.lost, "", 0, lower=True),
    ]


async def _daemon(name: str, count: int) -> float:
    """Return the rate of a daemon with the smallest hook that answers every text."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with emulated_modems(Path(folder), count) as modems, answering(name, Path(folder), modems):
            return await _rate(modems)


async def _rate(modems: Modems) -> float:
    citizens = Citizens(modems, lambda number: f"CX{number}", patience=60)
    await asyncio.gather(*(citizens.ask(place) for place in range(len(modems.ports))))  # all are up
    async with citizens.crowd(DAEMON_IN_FLIGHT * len(modems.ports)):
        begun, before = time.monotonic(), len(citizens.replies)
        await asyncio.sleep(DAEMON_SECONDS)
        answered, seconds = len(citizens.replies) - before, time.monotonic() - begun
    return answered / seconds
