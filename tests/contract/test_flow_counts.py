"""How calls went through the hotline's flows, on SQLite and on PostgreSQL: over processes and restarts."""

import asyncio
from collections.abc import Callable
from datetime import date

import pytest

from gateway.domain.errors import StoreDown
from gateway.filing.flows import Left
from gateway.jobs.flows import Tally
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from tests.builders.calls import an_exchange, with_staff
from tests.builders.messages import CODES, VAULT, ManualClock

DAY = date(2026, 5, 1)
MAIN, CODE = Left("hotline", "main", "1"), Left("hotline", "code", "hangup")


async def counts(archive: SqlArchive, day: date, flow: str = "hotline") -> dict[tuple[str, str], int]:
    return await archive.look(lambda books: books.flows.counts(day, flow))


async def test_counts_add_up_by_day_and_flow(archive: SqlArchive) -> None:
    await archive.act(lambda books: books.flows.add(DAY, {MAIN: 2, CODE: 1}))
    await archive.act(lambda books: books.flows.add(DAY, {MAIN: 3, Left("station", "main", "1"): 7}))
    await archive.act(lambda books: books.flows.add(date(2026, 5, 2), {MAIN: 5}))
    await archive.act(lambda books: books.flows.add(DAY, {}))
    assert await counts(archive, DAY) == {("main", "1"): 5, ("code", "hangup"): 1}
    assert await counts(archive, DAY, "station") == {("main", "1"): 7}
    assert await counts(archive, DAY, "' OR 1=1 --") == {}


async def test_processes_that_count_at_once_lose_nothing(another: Callable[[], SqlLedger]) -> None:
    archives = [SqlArchive(another().database, VAULT, CODES) for _ in range(3)]
    # Each in another order: whoever waits for the other's rows waits for ever.
    orders = [{MAIN: 1, CODE: 1}, {CODE: 1, MAIN: 1}, {CODE: 1, MAIN: 1}]

    async def count(archive: SqlArchive, some: dict[Left, int]) -> None:
        for _ in range(10):
            await archive.act(lambda books: books.flows.add(DAY, some))

    await asyncio.gather(*(count(archive, some) for archive, some in zip(archives, orders, strict=True)))
    assert await counts(archives[0], DAY) == {("main", "1"): 30, ("code", "hangup"): 30}


async def test_what_the_database_could_not_take_waits(archive: SqlArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    tally = Tally(archive, clock)
    act = archive.act

    async def away(_: object) -> None:
        raise StoreDown("away")

    monkeypatch.setattr(archive, "act", away)
    tally.count(*MAIN)
    await tally.flush()
    tally.count(*MAIN)
    monkeypatch.setattr(archive, "act", act)
    await tally.end()
    await tally.flush()
    assert list((await counts(archive, clock.now().date())).values()) == [2]


async def test_calls_are_counted_and_who_left_with_an_answer_did_not_give_up(
    url: str, ledger: SqlLedger, archive: SqlArchive
) -> None:
    await archive.act(with_staff)
    async with an_exchange(url, ledger, archive) as exchange:
        from tests.builders.calls import CODE as LABEL

        await exchange.caller(f"1{LABEL}!")  # hung up while the answer was told, or after it
        await exchange.caller("1!")
        await exchange.caller(f"1{LABEL}~~~")
        await exchange.dialogue.tally.flush()
        found = await counts(archive, exchange.clock.now().date())
    assert found["main", "1"] == 3
    assert found["code", "hangup"] == 1
    assert found["goodbye", "hangup"] == 1
    # Every visit to a step ends by one way out, every call by one end.
    ends = {key: calls for key, calls in found.items() if key[1] in ("hangup", "done", "queue")}
    assert sum(ends.values()) == 3
