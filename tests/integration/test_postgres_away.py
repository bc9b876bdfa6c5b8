"""PostgreSQL crashes and comes back while texts come and go: nothing lost, nothing twice, nothing promised early."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from gateway.channels.loopback.channel import Arrival, LoopbackChannel
from gateway.domain.message import Submission
from gateway.domain.outcome import Accepted, Outcome
from gateway.store.engine import SqlLedger
from gateway.store.tables import dead_letters, labels, segments
from tests.builders.messages import a_citizen, a_part, liquor_code
from tests.builders.pipeline import serving
from tests.builders.store import all_ended, rows, states, stocked
from tests.peers.postgres import PostgresServer

PATIENCE = 60.0  # seconds, for a loaded machine; nothing waits as long when all is well


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Traffic:
    """Citizens who each ask for a bottle of their own, and what they were told."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()
        self.line = LoopbackChannel("one", window=4, respond=self._carry)
        self.arrivals: list[Arrival] = []
        self._changed = asyncio.Event()

    async def _carry(self, submission: Submission) -> Outcome:
        await asyncio.sleep(0)
        self.heard[submission.recipient.number] += 1
        self._changed.set()
        return Accepted(str(submission.segment))

    async def ask(self, number: int) -> None:
        for _ in range(number):
            at = len(self.arrivals)
            part = a_part(liquor_code(at), sender=a_citizen(at), at=datetime.now(UTC), channel="loopback")
            self.arrivals.append(self.line.arrive(part))
            await asyncio.sleep(0.005)  # a stream, not a heap: some are in each step when the server goes

    async def all_stored(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(arrival.acknowledged.wait() for arrival in self.arrivals))

    async def all_heard(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.heard) < len(self.arrivals):
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
async def ledger(postgres_url: str) -> AsyncIterator[SqlLedger]:
    async with stocked(postgres_url) as made:
        yield made


async def test_a_crash_under_traffic_loses_and_doubles_nothing(postgres: PostgresServer, ledger: SqlLedger) -> None:
    traffic = Traffic()
    async with serving(ledger, traffic.line, clock=WallClock()):
        for _ in range(2):
            await traffic.ask(60)
            stopping = asyncio.create_task(asyncio.to_thread(postgres.stop, "immediate"))
            await traffic.ask(60)
            await stopping
            before = len(traffic.arrivals)
            await traffic.ask(20)
            assert not any(arrival.acknowledged.is_set() for arrival in traffic.arrivals[before:])
            await asyncio.to_thread(postgres.start)
            await traffic.all_stored()
        await traffic.ask(20)
        await traffic.all_stored()
        await traffic.all_heard()
        await all_ended(ledger)
    assert set(traffic.heard.values()) == {1}
    assert await states(ledger) == {"answered": len(traffic.arrivals)}
    assert {row["state"] for row in await rows(ledger, select(segments.c.state))} == {"accepted"}
    assert {row["query_count"] for row in await rows(ledger, select(labels.c.query_count))} == {1}
    assert await rows(ledger, select(dead_letters)) == []


async def test_what_was_stored_before_the_crash_is_answered_by_a_gateway_that_starts_before_its_database(
    postgres: PostgresServer, ledger: SqlLedger
) -> None:
    traffic = Traffic()
    traffic.line.faults.down = True
    async with serving(ledger, traffic.line, clock=WallClock()):
        await traffic.ask(20)
        await traffic.all_stored()
    await asyncio.to_thread(postgres.stop, "immediate")
    traffic.line.faults.down = False
    starting = asyncio.create_task(_serve_until_heard(ledger, traffic))
    await asyncio.to_thread(postgres.start)
    await starting
    assert set(traffic.heard.values()) == {1}


async def _serve_until_heard(ledger: SqlLedger, traffic: Traffic) -> None:
    async with serving(ledger, traffic.line, clock=WallClock()):
        await traffic.all_heard()
