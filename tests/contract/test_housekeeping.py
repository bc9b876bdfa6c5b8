"""What is kept is dropped by the time that was lived through: a clock that leaps ahead takes nothing along."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from gateway.store.engine import SqlLedger
from gateway.store.housekeeping import keep_house
from gateway.store.tables import tickets
from tests.builders.messages import NOW
from tests.builders.store import rows

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


async def kept(ledger: SqlLedger, now: datetime, lived: timedelta = HOUR) -> datetime:
    keep = partial(keep_house, now=now, lived=lived, keep_messages=184 * DAY, keep_recordings=30 * DAY)
    return await ledger.database.transact(keep)


@pytest.fixture
async def complained(ledger: SqlLedger) -> None:
    """Somebody has complained, a day before the first look."""
    ticket: dict[str, Any] = {"inquiry_id": UUID(int=1), "reporter": b"", "reporter_shown": "", "codes": []}
    ticket |= {"text": "", "state": "open"}
    ticket |= {"created_at": NOW - DAY, "due_at": NOW, "recording": "complaint-1-1"}
    await ledger.database.transact(lambda connection: connection.execute(insert(tickets).values(**ticket)))


async def recording(ledger: SqlLedger) -> str | None:
    [row] = await rows(ledger, select(tickets.c.recording))
    name: str | None = row["recording"]
    return name


async def test_while_the_clock_goes_on_it_is_the_time(ledger: SqlLedger) -> None:
    assert await kept(ledger, NOW, timedelta()) == NOW
    assert await kept(ledger, NOW + HOUR) == NOW + HOUR
    assert await kept(ledger, NOW + 2.5 * HOUR) == NOW + 2.5 * HOUR


@pytest.mark.usefixtures("complained")
async def test_a_leap_of_a_month_drops_nothing_and_is_forgotten_when_it_is_set_right(ledger: SqlLedger) -> None:
    await kept(ledger, NOW, timedelta())
    for at in range(1, 25):
        assert await kept(ledger, NOW + at * HOUR + 31 * DAY) == NOW + 2 * at * HOUR
    for _ in range(3):  # nor does starting anew
        assert await kept(ledger, NOW + 32 * DAY, timedelta()) == NOW + 2 * DAY
    assert await recording(ledger)
    assert await kept(ledger, NOW + 25 * HOUR) == NOW + 25 * HOUR


@pytest.mark.usefixtures("complained")
async def test_whoever_was_away_drops_what_is_due_when_as_much_has_been_lived_through(ledger: SqlLedger) -> None:
    await kept(ledger, NOW, timedelta())
    back = NOW + 31 * DAY
    assert await kept(ledger, back, timedelta()) == NOW
    for at in range(1, 31 * 24 + 1):
        await kept(ledger, back + at * HOUR)
        if at == 14 * 24:
            assert await recording(ledger)
    assert not await recording(ledger)
    assert await kept(ledger, back + 32 * DAY) == back + 31 * DAY + 2 * HOUR


async def test_a_clock_set_back_is_followed(ledger: SqlLedger) -> None:
    await kept(ledger, NOW, timedelta())
    assert await kept(ledger, NOW - 400 * DAY) == NOW - 400 * DAY
