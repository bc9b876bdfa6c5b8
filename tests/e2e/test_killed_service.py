"""The service is killed, or its database goes away, while people wait: each gets his answer, few get it twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.peers.citizens import Citizens, until
from tests.peers.modems import emulated_modems
from tests.peers.postgres import PostgresServer
from tests.peers.service import Site, serving

MODEMS, QUESTIONS = 4, 60
# Seconds a segment is on the air: what has left then comes with a receipt, and is not waited for in vain.
LATENCY = 0.25

# Whether a segment left is not known when the kill falls right before it: it waits 60 s for its receipt.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    return Site(tmp_path, None if request.param == "sqlite" else request.getfixturevalue("postgres_url"))


@asynccontextmanager
async def questions(site: Site) -> AsyncIterator[Citizens]:
    """Make modems with people behind them, each with a bottle of his own."""
    await site.prepare()
    async with emulated_modems(site.folder, MODEMS, latency=LATENCY) as modems:
        yield Citizens(modems, lambda number: f"CX{site.code(number)}")


async def nothing_is_lost_and_little_repeated(citizens: Citizens) -> None:
    assert len(citizens.replies) == QUESTIONS
    assert citizens.lost == 0
    repeated = await citizens.repeated()
    assert max(repeated.values()) <= 1, repeated


async def test_who_asked_before_a_kill_is_answered_after_it(site: Site) -> None:
    async with questions(site) as citizens, asyncio.TaskGroup() as tasks:
        async with serving(site, citizens.modems) as service:
            for number in range(QUESTIONS):
                tasks.create_task(citizens.ask(number % MODEMS))
            await until(lambda: len(citizens.replies) >= MODEMS)
            await service.kill()
        assert citizens.asking > QUESTIONS // 2
        async with serving(site, citizens.modems):
            await until(lambda: citizens.asking == 0)
            await nothing_is_lost_and_little_repeated(citizens)


async def test_who_asks_while_postgresql_is_away_is_answered_when_it_is_back(
    postgres: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    site = Site(tmp_path, postgres_url)
    async with questions(site) as citizens, serving(site, citizens.modems), asyncio.TaskGroup() as tasks:
        for number in range(QUESTIONS // 2):
            tasks.create_task(citizens.ask(number % MODEMS))
        await until(lambda: len(citizens.replies) >= MODEMS)
        await asyncio.to_thread(postgres.stop, "immediate")
        for number in range(QUESTIONS // 2):
            tasks.create_task(citizens.ask(number % MODEMS))
        await asyncio.sleep(2)  # so long it is away: the span is the test
        await asyncio.to_thread(postgres.start)
        await until(lambda: citizens.asking == 0)
        await nothing_is_lost_and_little_repeated(citizens)
