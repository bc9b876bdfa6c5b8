"""Sums for pictures: each hour once, and what is not over yet besides."""

from datetime import timedelta

from sqlalchemy import Connection

from gateway.domain.calendar import local, today
from gateway.filing.pictures import HourCount, Lengths, Prefix, Repeats
from gateway.filing.reports import Period, Scope
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from tests.builders.figures import a_city, asked
from tests.builders.messages import NOW

EARLIER = NOW - timedelta(hours=5)
DAYS = Period(today(NOW) - timedelta(days=2), today(NOW))
EVERYBODY = Scope()


def ask(connection: Connection) -> None:
    a_city(connection)
    for at in (EARLIER, NOW):
        asked(connection, "UNKNOWN", "1777000000000004", times=6, at=at, channel="modem")
        asked(connection, "REPEAT_WARN", "4112345678904444", times=2, at=at, record="melon/HLS-90")
        asked(connection, "UNKNOWN", "1777000000000004", at=at, test=True)


async def drawn(
    archive: SqlArchive,
) -> tuple[list[HourCount], list[Prefix], list[Repeats], list[Repeats], list[Repeats]]:
    return await archive.look(
        lambda books: (
            books.pictures.hours(DAYS),
            books.pictures.unknown(DAYS, 10),
            books.pictures.repeats(EVERYBODY, DAYS, 10),
            books.pictures.repeats(Scope("coop-1"), DAYS, 10),
            books.pictures.repeats(Scope("s-1"), DAYS, 10),
        )
    )


async def test_what_is_summed_and_what_is_open_make_the_same_picture(ledger: SqlLedger, archive: SqlArchive) -> None:
    await ledger.database.transact(ask)
    before = await drawn(archive)
    hours = 0
    while await archive.act(lambda books: books.pictures.sum_up(NOW)):
        hours += 1
    assert hours == 1  # the other is not over
    assert await drawn(archive) == before
    while await archive.act(lambda books: books.pictures.sum_up(NOW + timedelta(hours=3))):
        hours += 1
    assert hours == 2
    assert await drawn(archive) == before
    first, second = sorted({local(EARLIER).hour, local(NOW).hour})
    assert before[0] == [
        HourCount(first, "modem", 6), HourCount(first, "web", 2), HourCount(second, "modem", 6),
        HourCount(second, "web", 2),
    ]  # fmt: skip
    (unknown,) = before[1]
    assert (unknown, unknown.spike) == (Prefix("177700", 12, 0.0), True)
    assert before[2:] == ([Repeats("melon/HLS-90", 4)], [Repeats("melon/HLS-90", 4)], [])


async def test_what_is_usual_makes_no_spike(ledger: SqlLedger, archive: SqlArchive) -> None:
    def long_since(connection: Connection) -> None:
        for day in range(3, 31):
            asked(connection, "UNKNOWN", "1777000000000004", times=5, at=NOW - timedelta(days=day))
        asked(connection, "UNKNOWN", "1777000000000004", times=12, at=EARLIER)

    await ledger.database.transact(long_since)
    while await archive.act(lambda books: books.pictures.sum_up(NOW)):
        pass
    (unknown,) = await archive.look(lambda books: books.pictures.unknown(DAYS, 10))
    assert (unknown.codes, unknown.usual, unknown.spike) == (12, 15.0, False)
    assert await archive.look(lambda books: books.pictures.lengths(DAYS)) == list[Lengths]()
