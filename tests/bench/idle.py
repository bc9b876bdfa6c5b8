"""What the service takes while nobody asks, and how soon it is there."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure
from tests.peers.modems import emulated_modems
from tests.peers.service import Site, serving, started

MODEMS: Final = 4
SETTLED, WATCHED = 3.0, 20.0  # seconds
STARTS: Final = 3


async def measure() -> list[Figure]:
    """Return start time, memory and processor share with four modems."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        site = Site(Path(name))
        await site.prepare()
        async with emulated_modems(site.folder, MODEMS) as modems:
            site.written(modems)
            starts = []
            for _ in range(STARTS):
                async with started(site) as service:
                    starts.append(await service.answering())
            async with serving(site, modems) as service:
                await asyncio.sleep(SETTLED)
                begun, cpu = time.monotonic(), service.cpu
                await asyncio.sleep(WATCHED)
                share = (service.cpu - cpu) / (time.monotonic() - begun)
                resident = service.resident
    row = f"idle, {MODEMS} modems"
    return [
        Figure(row, "memory", resident / 1e6, "MB", 150, lower=True),
        Figure(row, "CPU", 100 * share, "%", 1, lower=True),
        Figure(row, f"start to /healthz 200, best of {STARTS}", min(starts), "s", 2, lower=True),
    ]
