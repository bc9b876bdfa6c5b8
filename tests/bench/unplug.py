"""A modem pulled out for two seconds in the middle of traffic: how soon it is back, and what the others notice."""

import asyncio
import itertools
import tempfile
import time
from pathlib import Path
from typing import Final

from tests.bench.daemons import DAEMONS, answering
from tests.bench.figures import Figure
from tests.peers.citizens import Citizens
from tests.peers.modems import Modems, emulated_modems
from tests.peers.service import Site, serving

MODEMS: Final = 4
PULLED: Final = 0
OUT: Final = 2.0  # seconds
BEFORE, AFTER = 3.0, 3.0  # seconds of traffic around it
GOAL: Final = 5.0  # seconds from the plug to the first answer

# What a daemon is given to come back: smstools3 took 15 s, gammu-smsd more than 40 s, when DESIGN was written.
DAEMON_PATIENCE: Final = 25.0
DAEMON_BEFORE: Final = 5.0


async def measure() -> list[Figure]:
    """Return the time to the first answer on the modem that was out, and the others' longest pause."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        site = Site(Path(name))
        await site.prepare()
        async with emulated_modems(site.folder, MODEMS) as modems, serving(site, modems):
            citizens = Citizens(modems, lambda number: f"CX{site.code(number)}")
            async with citizens.crowd(2 * MODEMS):
                await asyncio.sleep(BEFORE)
                pulled, plugged = await _pull(modems)
                back = await _back(citizens, plugged, GOAL * 4)
                await asyncio.sleep(AFTER)
    row = f"one of {MODEMS} modems out for {OUT:.0f} s"
    daemons = {daemon: await _daemon(daemon) for daemon in DAEMONS}
    quickest = min((took for took in daemons.values() if took is not None), default=None)
    return [
        Figure(row, "first answer on it after", back, "s", GOAL, lower=True, baseline=quickest, against="the quickest"),
        *(Figure(row, f"the same with {name} (given {DAEMON_PATIENCE:.0f} s)", t, "s") for name, t in daemons.items()),
        Figure(row, "the others' longest pause before", _longest_pause(citizens, pulled - BEFORE + 1, pulled), "s"),
        Figure(row, "the others' longest pause from then on", _longest_pause(citizens, pulled, plugged + AFTER), "s"),
        Figure(row, "unanswered", citizens.lost, "", 0, lower=True),
    ]


async def _pull(modems: Modems) -> tuple[float, float]:
    """Pull the modem out and plug it in again; return when each was done."""
    pulled = time.monotonic()
    await modems.control.unplug(PULLED)
    await asyncio.sleep(OUT)
    await modems.control.plug(PULLED)
    return pulled, time.monotonic()


async def _back(citizens: Citizens, plugged: float, patience: float) -> float | None:
    """Wait for an answer on the modem that came after it was plugged in; None when there is none in time."""
    seen = 0
    try:
        async with asyncio.timeout(patience):
            while True:
                for reply in citizens.replies[seen:]:
                    if reply.at > plugged and reply.answer and reply.answer.modem == f"ttyEMU{PULLED}":
                        return reply.at - plugged
                seen = len(citizens.replies)
                await asyncio.sleep(0.01)
    except TimeoutError:
        return None


def _longest_pause(citizens: Citizens, begin: float, end: float) -> float:
    """Return the longest time without an answer on any of the other modems."""
    longest = 0.0
    for place in range(MODEMS):
        if place != PULLED:
            name = f"ttyEMU{place}"
            times = [reply.at for reply in citizens.replies if reply.answer and reply.answer.modem == name]
            inside = [begin, *(at for at in times if begin <= at <= end), end]
            longest = max(longest, *(later - earlier for earlier, later in itertools.pairwise(inside)))
    return longest


async def _daemon(name: str) -> float | None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with emulated_modems(Path(folder), MODEMS) as modems, answering(name, Path(folder), modems):
            citizens = Citizens(modems, lambda number: f"CX{number}", patience=DAEMON_PATIENCE + OUT)
            await citizens.ask(PULLED)
            async with asyncio.TaskGroup() as tasks:
                traffic = tasks.create_task(_keep_asking(citizens))
                await asyncio.sleep(DAEMON_BEFORE)
                _, plugged = await _pull(modems)
                back = await _back(citizens, plugged, DAEMON_PATIENCE)
                traffic.cancel()
            return back


async def _keep_asking(citizens: Citizens) -> None:
    """Ask once a second, whatever comes of it: a daemon may lose a question that others must not wait for."""
    async with asyncio.TaskGroup() as questions:
        while True:
            questions.create_task(citizens.ask(PULLED))
            await asyncio.sleep(1)
