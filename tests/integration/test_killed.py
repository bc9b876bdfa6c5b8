"""A gateway killed again and again: what it acknowledged is answered, and hardly anything twice."""

import asyncio
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.domain.outgoing import MOST_SUBMITS, RECEIPT_GRACE, SegmentState
from gateway.store.engine import SqlLedger
from gateway.store.tables import labels, segments
from tests.builders.messages import a_citizen
from tests.builders.store import all_ended, rows, sqlite_url, states, stocked, until

KILLS = 6
LINES = 2
QUESTIONS_A_LIFE = 60
AHEAD = RECEIPT_GRACE.total_seconds() + 5  # each life's clock is so much later, so that nothing is waited for
PATIENCE = 60.0  # seconds, for a loaded machine


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    made = sqlite_url(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    async with stocked(made):
        return made


@asynccontextmanager
async def a_life(url: str, folder: Path, number: int) -> AsyncIterator[Process]:
    """Run the gateway; kill it at the end of the block."""
    last = min(number + 1, KILLS) * QUESTIONS_A_LIFE
    arguments = [url, str(folder), "0", str(last), str(number * AHEAD)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.peers.answering", *arguments, stdout=PIPE
    )
    try:
        assert process.stdout
        async with asyncio.timeout(PATIENCE):
            assert await process.stdout.readline() == b"ready\n"
        yield process
        assert process.returncode is None, "it ended by itself"
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_killed_at_any_moment_it_loses_nothing_and_repeats_what_was_under_way(url: str, tmp_path: Path) -> None:
    chance = random.Random(20261122)  # the moments differ from run to run all the same: the machine sees to that
    for number in range(KILLS):
        async with a_life(url, tmp_path, number):
            await asyncio.sleep(chance.uniform(0.0, 0.25))
    async with stocked(url) as ledger:
        async with a_life(url, tmp_path, KILLS):
            await all_taken_in(ledger)
        async with a_life(url, tmp_path, KILLS + 1):
            await all_ended(ledger, PATIENCE)
        asked = KILLS * QUESTIONS_A_LIFE
        assert await states(ledger) == {"answered": asked}
        assert {row["query_count"] for row in await rows(ledger, select(labels.c.query_count))} == {1}
    acknowledged = (tmp_path / "acknowledged").read_text().split()
    assert set(acknowledged) == {str(number) for number in range(asked)}
    on_the_wire = Counter((tmp_path / "wire").read_text().splitlines())
    assert {line.split()[1] for line in on_the_wire} == {a_citizen(number).number for number in range(asked)}
    assert len(on_the_wire) == asked, "somebody got two replies to one question"
    assert max(on_the_wire.values()) <= MOST_SUBMITS
    repeated = sum(times - 1 for times in on_the_wire.values())
    assert repeated <= (KILLS + 1) * LINES


async def all_taken_in(ledger: SqlLedger) -> None:
    """Wait until all is asked, and nothing is on its way but what waits for a receipt."""
    moving = select(segments.c.id).where(segments.c.state.in_([SegmentState.QUEUED, SegmentState.SENDING]))

    async def done() -> bool:
        now = await states(ledger)
        return sum(now.values()) == KILLS * QUESTIONS_A_LIFE and "new" not in now and not await rows(ledger, moving)

    await until(done, PATIENCE)
