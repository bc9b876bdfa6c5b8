"""A database with a few goods in it, for tests of what stands on it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, select, update

from gateway.domain.errors import StoreDown
from gateway.domain.inquiry import InquiryState
from gateway.domain.trace import Filed, LabelRange, LabelState, RepeatPolicy, Source
from gateway.ports import Backlog, Unit
from gateway.store import schema
from gateway.store.engine import SqlLedger, open_database
from gateway.store.load import Loader
from gateway.store.tables import holders, inquiries, segments
from tests.builders.messages import CODES, NOW, VAULT
from tests.builders.traces import a_label, a_liquor, a_melon

T = TypeVar("T")
BOUND = 100_000  # so many bottles and so many melons are labelled


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder}/gateway.db"


def stock(connection: Connection) -> None:
    """Bind `liquor_code(n)` to a bottle and `melon_code(n)` to a melon, for all n below `BOUND`."""
    loader = Loader(connection, VAULT, CODES, NOW)
    loader.sources([Source("firms")])
    loader.records([Filed("liquor", "A0312", a_liquor(), "firms"), Filed("melon", "HLS-01", a_melon(), "firms")])
    covert = a_label(LabelState.ACTIVE, RepeatPolicy.COVERT)
    loader.ranges(
        [
            LabelRange(1, 1, 0, BOUND - 1, covert, "liquor", "A0312"),
            LabelRange(4, 1, 0, BOUND - 1, a_label(), "melon", "HLS-01"),
        ]
    )


async def a_ledger(url: str) -> SqlLedger:
    """Return a ledger, a process of its own, on a database that has its tables."""
    return SqlLedger(open_database(url), VAULT)


@asynccontextmanager
async def stocked(url: str) -> AsyncIterator[SqlLedger]:
    """Make the tables and the goods; give a ledger on them."""
    ledger = await a_ledger(url)
    try:
        await schema.upgrade(ledger.database)
        await ledger.database.transact(stock)
        yield ledger
    finally:
        await ledger.database.close()


async def declare_dead(ledger: SqlLedger) -> None:
    """Have every other process believe that the one behind this ledger was killed."""
    dead = update(holders).where(holders.c.id == ledger._holder.id).values(born=-1)
    await ledger.database.transact(lambda connection: connection.execute(dead))


async def rows(ledger: SqlLedger, statement: Executable) -> list[dict[str, Any]]:
    """Return what a query finds."""

    def work(connection: Connection) -> list[dict[str, Any]]:
        return [dict(row) for row in connection.execute(statement).mappings()]

    return await ledger.database.transact(work)


async def states(ledger: SqlLedger) -> dict[str, int]:
    """Count the questions by the state they are in."""
    found = await rows(ledger, select(inquiries.c.state))
    counted: dict[str, int] = {}
    for row in found:
        counted[row["state"]] = counted.get(row["state"], 0) + 1
    return counted


async def segment_states(ledger: SqlLedger) -> list[str]:
    found = await rows(ledger, select(segments.c.state).order_by(segments.c.message_id, segments.c.position))
    return [row["state"] for row in found]


async def all_ended(ledger: SqlLedger, patience: float = 60.0) -> None:
    """Wait until every question has come to its end. Raises `TimeoutError` after `patience` seconds."""

    async def ended() -> bool:
        return not set(await states(ledger)) & {InquiryState.NEW, InquiryState.REPLYING}

    await until(ended, patience)


async def until(condition: Callable[[], Awaitable[bool]], patience: float) -> None:
    """Ask the database until something is so that another process writes there, and tells nobody."""
    async with asyncio.timeout(patience):
        while not await condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.02)


class DoubtfulLedger:
    """`ports.Ledger` whose database goes away when told: before a commit, or between it and its answer."""

    def __init__(self, ledger: SqlLedger) -> None:
        self.real = ledger
        self.lose_before = 0  # so many transactions are rolled back
        self.lose_after = 0  # so many are committed, and nobody hears of it

    async def run(self, work: Callable[[Unit], T]) -> T:
        return await self._perhaps(self.real.run(work))

    async def backlog(self, now: datetime) -> Backlog:
        return await self.real.backlog(now)

    async def orphans(self, now: datetime) -> Backlog:
        return await self._perhaps(self.real.orphans(now))

    async def retire(self, now: datetime) -> None:
        await self._perhaps(self.real.retire(now))

    async def _perhaps(self, call: Coroutine[Any, Any, T]) -> T:
        if self.lose_before:
            self.lose_before -= 1
            call.close()
            raise StoreDown("the connection is gone")
        done = await call
        if self.lose_after:
            self.lose_after -= 1
            raise StoreDown("the connection went during COMMIT")
        return done
