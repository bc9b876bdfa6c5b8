"""Modems as slow as the air is: how much of what sixteen of them can carry is used."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench.figures import Figure
from tests.peers.citizens import Citizens
from tests.peers.modems import emulated_modems
from tests.peers.service import Site, serving

MODEMS: Final = 16
LATENCY, JITTER = 3.0, 1.0  # seconds a segment: from the PDU to its +CMGS
SEGMENTS: Final = 2  # of each reply but the first: all ask for the same two codes, and are warned
IDEAL: Final = MODEMS / (SEGMENTS * LATENCY)  # questions a second
GOAL: Final = 98.0  # per cent of the ideal

WAITING: Final = 3  # questions a modem
WARM_UP, MEASURED = 20.0, 90.0  # seconds


async def measure() -> list[Figure]:
    """Return the rate of replies in two segments, and what it is of the ideal."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        site = Site(Path(name))
        await site.prepare()
        async with (
            emulated_modems(site.folder, MODEMS, latency=LATENCY, jitter=JITTER) as modems,
            serving(site, modems),
        ):
            citizens = Citizens(modems, lambda _: f"CX{site.code(0)} {site.code(1)}")
            async with citizens.crowd(WAITING * MODEMS):
                await asyncio.sleep(WARM_UP)
                begun, before = time.monotonic(), await _segments(citizens)
                await asyncio.sleep(MEASURED)
                carried, seconds = await _segments(citizens) - before, time.monotonic() - begun
    rate = carried / SEGMENTS / seconds
    odd = sum(reply.answer is not None and reply.answer.segments != SEGMENTS for reply in citizens.replies)
    row = f"{MODEMS} modems, {LATENCY:.0f}±{JITTER:.0f} s a segment"
    return [
        Figure(row, f"replies of {SEGMENTS} segments", rate, "q/s", baseline=IDEAL, against="ideal"),
        Figure(row, "of the ideal", 100 * rate / IDEAL, "%", GOAL),
        Figure(row, "replies of another length", odd, "", 1, lower=True),
        Figure(row, "unanswered", citizens.lost, "", 0, lower=True),
    ]


async def _segments(citizens: Citizens) -> int:
    handsets = await citizens.modems.control.handsets()
    return sum(len(handset.segments) for handset in handsets.values())
