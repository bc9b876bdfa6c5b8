"""A modem is pulled out of a running service and put back: it is soon at work again, and the others never stop."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.peers.citizens import Citizens, until
from tests.peers.modems import emulated_modems
from tests.peers.service import Site, serving

MODEMS, PULLED = 4, 0
OUT = 2.0  # seconds; what DESIGN 6 measures
BACK_WITHIN = 5.0  # seconds from the plug to an answer

pytestmark = pytest.mark.timeout(120)


def answered_by(citizens: Citizens, modem: int, since: float) -> int:
    name = f"ttyEMU{modem}"
    return sum(
        reply.at > since and reply.answer is not None and reply.answer.modem == name for reply in citizens.replies
    )


async def test_a_modem_pulled_for_two_seconds_is_back_in_five_and_the_others_work_on(tmp_path: Path) -> None:
    site = Site(tmp_path)
    await site.prepare()
    async with emulated_modems(tmp_path, MODEMS) as modems, serving(site, modems):
        citizens = Citizens(modems, lambda number: f"CX{site.code(number)}")
        async with citizens.crowd(2 * MODEMS):
            await until(lambda: all(answered_by(citizens, modem, 0) for modem in range(MODEMS)))

            pulled = time.monotonic()
            await modems.control.unplug(PULLED)
            await asyncio.sleep(OUT)  # the span is the test
            worked = [answered_by(citizens, modem, pulled + OUT / 2) for modem in range(MODEMS)]
            await modems.control.plug(PULLED)
            plugged = time.monotonic()
            await until(lambda: answered_by(citizens, PULLED, plugged))
            took = time.monotonic() - plugged

        assert worked[PULLED] == 0
        assert all(worked[modem] for modem in range(MODEMS) if modem != PULLED), worked
        assert took < BACK_WITHIN
        assert citizens.lost == 0
