"""What reports must count on both databases, and what they must leave out."""

import asyncio
import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import DBAPIError
from uuid_utils.compat import uuid7

from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal, StoreDown
from gateway.domain.trace import Filed
from gateway.filing import reports
from gateway.filing.kept import Event
from gateway.filing.reports import Figure, Measure, Period, ProblemKind, Report, Scope
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import SqlLedger
from gateway.store.reports import SqlReports
from gateway.store.tables import answer_days, parties, sources, waiting_days
from tests.builders.figures import a_city, asked
from tests.builders.messages import NOW
from tests.builders.store import rows
from tests.builders.traces import TODAY, a_melon

T = TypeVar("T")
DAYS = Period(TODAY - timedelta(days=29), TODAY)
MELON, EVERYBODY = "melon/HLS-90", Scope()


@pytest.fixture
async def city(ledger: SqlLedger) -> SqlLedger:
    await ledger.database.transact(a_city)
    return ledger


async def look(ledger: SqlLedger, work: Callable[[SqlReports], T]) -> T:
    return await ledger.database.read(lambda connection: work(SqlReports(connection)))


def one(figures: Report | list[Figure], measure: Measure, **about: object) -> tuple[int, int | None]:
    """Return the value of the one figure that says this."""
    listed = figures.figures if isinstance(figures, Report) else figures
    (found,) = [f for f in listed if f.measure is measure and all(getattr(f, k) == v for k, v in about.items())]
    return found.value, found.of


def of(report: Report, measure: Measure, **about: object) -> list[Figure]:
    return [f for f in report.figures if f.measure is measure and all(getattr(f, k) == v for k, v in about.items())]


@pytest.mark.parametrize("day", [date.min, date(26, 5, 10), date(1999, 12, 31), date(2100, 1, 1), date.max])
def test_days_that_no_service_has_seen_are_refused_by_name(day: date) -> None:
    with pytest.raises(Refusal, match="不在2000年至2099年之间") as first:
        reports.period(day, None, NOW)
    with pytest.raises(Refusal) as last:
        reports.period(None, day, NOW)
    assert (first.value.field, last.value.field) == ("from", "to")


async def test_the_census_counts_each_thing_once_with_its_owner_and_whether_it_is_labelled(city: SqlLedger) -> None:
    report = await look(city, lambda r: reports.census(r, EVERYBODY, DAYS, NOW))
    assert one(report, Measure.THINGS, record_type="lpg", party="s-1") == (2, None)
    assert one(report, Measure.LABELLED, record_type="lpg", party="s-1") == (1, 2)
    assert one(report, Measure.THINGS, record_type="lift") == (2, None)
    assert of(report, Measure.LABELLED, record_type="lift") == []  # a lift has no label of ours
    (cylinder,) = of(report, Measure.THINGS, record_type="lpg", party="s-1")
    assert (cylinder.district, cylinder.category, cylinder.status, cylinder.name) == (
        "150302", "household", "in_use", "s-1公司",
    )  # fmt: skip


async def test_labels_of_the_test_class_and_labels_not_in_use_cover_nothing(city: SqlLedger) -> None:
    report = await look(city, lambda r: reports.census(r, EVERYBODY, DAYS, NOW))
    assert one(report, Measure.LABELLED, record_type="melon", party="coop-1") == (1, 2)


async def test_the_public_hears_nothing_of_trials_firms_and_persons(city: SqlLedger) -> None:
    def ask(connection: Connection) -> None:
        asked(connection, "CYL_OK", "6112345678904444", record="lpg/WH0001")
        asked(connection, "CYL_OK", "6112345678904444", record="lpg/WH0003", times=3)  # a pilot's
        asked(connection, "CYL_OK", "6112345678904444", record="lpg/WH0001", test=True)
        asked(connection, "TRACE_OK", "9112345678904444", record=MELON)  # a test label

    await city.database.transact(ask)
    report = await look(city, lambda r: reports.public(r, DAYS, NOW))
    assert [(f.verdict, f.value) for f in of(report, Measure.QUERIES)] == [("CYL_OK", 1)]
    assert one(report, Measure.LABELLED, record_type="lpg") == (1, 2)
    assert all(f.party is None and f.name is None for f in report.figures)


async def test_an_evaluation_counts_pilots_too_and_leaves_out_trials(city: SqlLedger) -> None:
    def ask(connection: Connection) -> None:
        asked(connection, "CYL_OK", "6112345678904444", record="lpg/WH0003", times=3)
        asked(connection, "CYL_OK", "6112345678904444", record="lpg/WH0003", test=True)
        asked(connection, "UNKNOWN", "1112345678904444", channel="modem")

    await city.database.transact(ask)
    report = await look(city, lambda r: reports.evaluation(r, EVERYBODY, DAYS, NOW))
    assert one(report, Measure.QUERIES, verdict="CYL_OK", district="150302", channel="web") == (3, None)
    assert one(report, Measure.QUERIES, verdict="UNKNOWN", district=None, channel="modem") == (1, None)


async def test_overdue_is_who_is_past_his_day_and_no_batch(city: SqlLedger) -> None:
    report = await look(city, lambda r: reports.evaluation(r, EVERYBODY, DAYS, NOW))
    assert one(report, Measure.OVERDUE, record_type="lpg") == (1, 3)
    assert one(report, Measure.OVERDUE, record_type="station") == (1, 1)
    assert of(report, Measure.OVERDUE, record_type="melon") == []
    assert one(report, Measure.MAINTENANCE_OVERDUE, district="150303") == (1, 2)


async def test_the_fifteenth_day_after_maintenance_is_in_time_and_the_sixteenth_is_not(city: SqlLedger) -> None:
    def late(day: date) -> Callable[[SqlReports], tuple[int, int | None]]:
        return lambda r: one(list(r.overdue(EVERYBODY, day)), Measure.MAINTENANCE_OVERDUE)

    assert await look(city, late(date(2026, 5, 5))) == (0, 2)  # served on 20 April and on 1 May
    assert await look(city, late(date(2026, 5, 6))) == (1, 2)
    assert await look(city, late(date(2026, 5, 17))) == (2, 2)


async def test_a_station_is_measured_by_the_days_on_which_it_was_heard(city: SqlLedger, archive: SqlArchive) -> None:
    for days_ago in (0, 1, 1, 4, 40):
        at = NOW - timedelta(days=days_ago)
        await archive.act(lambda books, at=at: books.records.heard("s-2", at))  # type: ignore[misc]
    week = Period(TODAY - timedelta(days=6), TODAY + timedelta(days=5))
    report = await look(city, lambda r: reports.evaluation(r, EVERYBODY, week, NOW))
    assert one(report, Measure.UPLOADS, party="s-2") == (3, 7)  # days to come are nobody's duty


async def test_a_station_owes_nothing_of_the_days_before_it_was_entered(city: SqlLedger, archive: SqlArchive) -> None:
    for days_ago in (2, 3):
        await archive.act(lambda books, at=NOW - timedelta(days=days_ago): books.records.heard("s-1", at))  # type: ignore[misc]
    two_days_on = NOW + timedelta(days=2)
    report = await look(city, lambda r: reports.evaluation(r, EVERYBODY, Period(DAYS.first, TODAY), two_days_on))
    assert one(report, Measure.UPLOADS, party="s-1") == (1, 1)
    report = await look(city, lambda r: reports.evaluation(r, EVERYBODY, Period(DAYS.first, DAYS.first), two_days_on))
    assert of(report, Measure.UPLOADS, party="s-1") == []


async def test_units_answer_for_their_lifts_and_makers_for_whole_batches_in_time(
    city: SqlLedger, archive: SqlArchive
) -> None:
    entered = Filed("melon", "HLS-92", a_melon(batch_no="HLS-92", picked_on=date(2026, 4, 20)), owner="coop-1")
    await archive.act(lambda books: books.records.put(entered, "coop-1", NOW))  # three weeks later
    report = await look(city, lambda r: reports.evaluation(r, EVERYBODY, DAYS, NOW))
    assert one(report, Measure.UPLOADS, party="m-1") == (1, 2)
    assert one(report, Measure.UPLOADS, party="coop-1") == (2, 3)
    assert one(report, Measure.UPLOADS_LATE, party="coop-1") == (
        2,
        3,
    )  # entered on 10 May; the third was picked on 6 May


async def test_a_batch_that_was_corrected_counts_from_when_it_was_there_first(
    city: SqlLedger, archive: SqlArchive
) -> None:
    picked_on = date(2026, 4, 20)
    for entered_at, grade in ((NOW - timedelta(days=19), None), (NOW, "特级")):
        melon = a_melon(batch_no="HLS-93", picked_on=picked_on, grade=grade)
        filed = Filed("melon", "HLS-93", melon, owner="coop-9")
        await archive.act(lambda books, filed=filed, at=entered_at: books.records.put(filed, "coop-9", at))  # type: ignore[misc]
    report = await look(city, lambda r: reports.evaluation(r, EVERYBODY, DAYS, NOW))
    assert one(report, Measure.UPLOADS_LATE, party="coop-9") == (0, 1)


@pytest.mark.parametrize(("hour", "late"), [(15, 0), (16, 1)])
async def test_the_eighth_day_after_picking_begins_at_midnight_in_asia_shanghai(
    city: SqlLedger, archive: SqlArchive, hour: int, late: int
) -> None:
    filed = Filed("melon", "HLS-93", a_melon(batch_no="HLS-93", picked_on=date(2026, 5, 1)), owner="coop-9")
    at = datetime(2026, 5, 8, hour, 59, tzinfo=NOW.tzinfo)
    await archive.act(lambda books: books.records.put(filed, "coop-9", at))
    report = await look(city, lambda r: reports.evaluation(r, EVERYBODY, DAYS, NOW))
    assert one(report, Measure.UPLOADS_LATE, party="coop-9") == (late, 1)


async def test_waiting_times_are_ranks_of_what_people_waited(city: SqlLedger) -> None:
    def ask(connection: Connection) -> None:
        for milliseconds in range(1, 101):
            asked(connection, "UNKNOWN", "1", took=timedelta(milliseconds=milliseconds))
        asked(connection, "UNKNOWN", "1", took=timedelta(seconds=75.25), channel="modem")

    await city.database.transact(ask)
    report = await look(city, lambda r: reports.evaluation(r, EVERYBODY, DAYS, NOW))
    assert [
        one(report, measure, channel="web")[0]
        for measure in (Measure.ANSWER_P50, Measure.ANSWER_P90, Measure.ANSWER_P99)
    ] == [50, 90, 99]
    assert one(report, Measure.ANSWER_P50, channel="modem")[0] == 75_000  # a minute on, whole seconds


async def test_days_that_were_summed_up_are_told_as_those_that_were_not(city: SqlLedger) -> None:
    def ask(connection: Connection) -> None:
        for days_ago in (0, 1, 2, 5):
            at = NOW - timedelta(days=days_ago)
            asked(connection, "CYL_OK", "6112345678904444", record="lpg/WH0001", times=2, at=at)
            asked(connection, "UNKNOWN", "1112345678904444", at=at, took=timedelta(milliseconds=100 * days_ago + 10))
            asked(connection, "UNKNOWN", "1112345678904444", at=at, test=True)

    async def told() -> list[Figure]:
        report = await look(city, lambda r: reports.evaluation(r, EVERYBODY, DAYS, NOW))
        return [f for f in report.figures if f.measure in (Measure.QUERIES, Measure.ANSWER_P50, Measure.ANSWER_P99)]

    await city.database.transact(ask)
    before, summed = await told(), 0
    while await city.database.transact(lambda connection: SqlReports(connection).sum_up(NOW)):
        summed += 1
        assert await told() == before
    assert summed == 3  # 5, 2 and 1 days ago; this hour is not over
    firm = await look(city, lambda r: reports.evaluation(r, Scope("s-1"), DAYS, NOW))
    assert one(firm, Measure.QUERIES) == (8, None)
    some = await look(city, lambda r: list(r.queries(EVERYBODY, Period(TODAY - timedelta(days=2), TODAY))))
    assert one(some, Measure.QUERIES, verdict="CYL_OK") == (6, None)


async def test_an_hour_is_summed_up_an_hour_after_its_end_and_adds_to_its_day_in_asia_shanghai(
    city: SqlLedger,
) -> None:
    midnight = datetime(2026, 5, 9, 16, tzinfo=NOW.tzinfo)

    def ask(connection: Connection) -> None:
        for minutes, times in ((-1, 5), (0, 1), (59, 2), (60, 3), (180, 4)):
            asked(connection, "UNKNOWN", "1", times=times, at=midnight + timedelta(minutes=minutes))

    async def sum_up(minutes: int) -> int:
        at = midnight + timedelta(minutes=minutes)
        return await city.database.transact(lambda connection: SqlReports(connection).sum_up(at))

    async def told(day: date) -> int:
        figures = await look(city, lambda r: list(r.queries(EVERYBODY, Period(day, day))))
        return one(figures, Measure.QUERIES)[0]

    await city.database.transact(ask)
    assert [await sum_up(minutes) for minutes in (59, 60, 60, 119, 120, 120, 180, 239, 300, 300)] == [
        0, 1, 0, 0, 1, 0, 1, 0, 1, 0,
    ]  # fmt: skip
    assert await told(TODAY - timedelta(days=1)) == 5
    assert await told(TODAY) == 10
    days = await rows(city, select(answer_days.c.day, answer_days.c.codes).order_by(answer_days.c.day))
    assert [(row["day"], row["codes"]) for row in days] == [(TODAY - timedelta(days=1), 5), (TODAY, 10)]
    waited = await rows(city, select(waiting_days.c.questions).order_by(waiting_days.c.day))
    assert [row["questions"] for row in waited] == [5, 10]


async def test_two_processes_count_an_hour_once(city: SqlLedger, another: Callable[[], SqlLedger]) -> None:
    def ask(connection: Connection) -> None:
        for hours in range(2, 8):
            asked(connection, "UNKNOWN", "1", times=3, at=NOW - timedelta(hours=hours))

    async def sum_up(ledger: SqlLedger) -> None:
        while await ledger.database.transact(lambda connection: SqlReports(connection).sum_up(NOW)):
            pass

    await city.database.transact(ask)
    await asyncio.gather(sum_up(city), sum_up(another()))
    (row,) = await rows(city, select(func.sum(answer_days.c.codes).label("codes")))
    assert row["codes"] == 18


async def test_progress_tells_of_owners_and_sums_them_by_district(city: SqlLedger) -> None:
    stale = update(sources).where(sources.c.name == "s-2").values(heartbeat_at=NOW - timedelta(hours=25))
    await city.database.transact(lambda connection: connection.execute(stale))
    report = await look(city, lambda r: reports.progress(r, EVERYBODY, DAYS, NOW))
    assert one(report, Measure.UPLOADING, record_type="lpg", party=None) == (2, 3)
    assert one(report, Measure.UPLOADING, record_type="lpg", party="s-2") == (0, 1)
    assert one(report, Measure.LABELLED, record_type="lpg", party="s-1") == (1, 2)
    assert of(report, Measure.UPLOADING, record_type="melon") == []  # goods have no feed to be fresh


async def test_a_firm_sees_its_own_part(city: SqlLedger) -> None:
    report = await look(city, lambda r: reports.census(r, Scope("s-1"), DAYS, NOW))
    assert {f.party for f in report.figures} == {"s-1"}
    unit = await look(city, lambda r: reports.census(r, Scope("m-1"), DAYS, NOW))
    assert {f.record_type for f in unit.figures} == {"lift"}  # whose lifts it serves, though others own them
    evaluated = await look(city, lambda r: reports.evaluation(r, Scope("coop-1"), DAYS, NOW))
    assert {f.party for f in of(evaluated, Measure.UPLOADS)} == {"coop-1"}
    assert of(evaluated, Measure.ANSWER_P50) == []


async def problems(city: SqlLedger, scope: Scope = EVERYBODY) -> dict[ProblemKind, list[str]]:
    listed = await look(city, lambda r: reports.problems(r, scope, DAYS, NOW))
    found: dict[ProblemKind, list[str]] = {}
    for one in listed.problems:
        found.setdefault(one.kind, []).append(one.subject)
    return found


async def test_each_thing_that_is_wrong_is_listed_once_the_gravest_first(city: SqlLedger, archive: SqlArchive) -> None:
    trapped = Event(uuid7(), "trapped", "lift/012345", "m-1", NOW, NOW)

    def raise_(books: SqlBooks) -> None:
        books.events.add(trapped)
        books.alerts.raise_(trapped)

    await archive.act(raise_)
    found = await problems(city)
    assert found == {
        ProblemKind.ALERT_UNANSWERED: ["lift/012345"],
        ProblemKind.INSPECTION_OVERDUE: ["lpg/WH0002"],
        ProblemKind.MAINTENANCE_OVERDUE: ["lift/012346"],
        ProblemKind.LICENCE_EXPIRED: ["station/s-1"],
        ProblemKind.DISPENSER_OVERDUE: ["station/s-1"],
        ProblemKind.FEED_SILENT: ["feed/m-1"],
        ProblemKind.TRACE_INCOMPLETE: ["melon/HLS-91"],
    }
    assert list(found) == [kind for kind in ProblemKind if kind in found]


async def test_a_cylinder_past_its_life_is_told_as_the_deny_list_knows_it(city: SqlLedger, archive: SqlArchive) -> None:
    def deny(books: SqlBooks) -> None:
        books.denials.put("lpg/WH0001", {"cylinder_no": ["WH0001"]}, ["OVER_LIFE"], NOW)
        books.denials.put("lpg/WH0002", {"cylinder_no": ["WH0002"]}, ["OVERDUE"], NOW)
        books.denials.put("lpg/WH0003", {"cylinder_no": ["WH0003"]}, ["OVER_LIFE"], NOW)
        books.denials.put("lpg/WH0003", {"cylinder_no": ["WH0003"]}, [], NOW)  # no longer

    await archive.act(deny)
    assert (await problems(city))[ProblemKind.OVER_LIFE] == ["lpg/WH0001"]
    assert ProblemKind.OVER_LIFE not in await problems(city, Scope("s-2"))


async def test_somebody_who_uses_up_a_batch_is_a_burst_and_many_who_buy_are_none(city: SqlLedger) -> None:
    def ask(connection: Connection) -> None:
        asked(connection, "GENUINE_FIRST", "4112345678904444", record=MELON, times=10, querier=b"r" * 16)
        asked(connection, "GENUINE_FIRST", "4112345678904444", record="melon/HLS-91", times=60)
        asked(connection, "GENUINE_FIRST", "4112345678904444", record="melon/HLS-91", times=9, querier=b"s" * 16)

    await city.database.transact(ask)
    assert (await problems(city))[ProblemKind.FIRST_QUERY_BURST] == [MELON]
    assert ProblemKind.FIRST_QUERY_BURST not in await problems(city, Scope("s-1"))


async def test_trials_of_codes_that_begin_alike_are_told_and_only_of_the_last_week(city: SqlLedger) -> None:
    def ask(connection: Connection) -> None:
        for number in range(20):
            asked(connection, "UNKNOWN", f"16880123{number:08d}")
            asked(connection, "UNKNOWN", f"17880123{number:08d}", at=NOW - timedelta(days=7))
        asked(connection, "UNKNOWN", "1912345678904444", times=19)

    await city.database.transact(ask)
    assert (await problems(city))[ProblemKind.UNKNOWN_CODES] == ["code/16880123"]
    assert ProblemKind.UNKNOWN_CODES not in await problems(city, Scope("coop-1"))


async def test_reading_waits_for_no_writer_and_writes_nothing(city: SqlLedger, archive: SqlArchive) -> None:
    async with asyncio.timeout(30):
        begun, go_on = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def write(connection: Connection) -> None:
            connection.execute(update(parties).values(name="改名"))
            loop.call_soon_threadsafe(begun.set)
            if connection.dialect.name == "sqlite":  # on a thread of its own; PostgreSQL's runs on the loop
                assert go_on.wait(20)

        writing = asyncio.create_task(city.database.transact(write))
        await begun.wait()
        report = await look(city, lambda r: reports.census(r, Scope("s-1"), DAYS, NOW))
        go_on.set()
        await writing
    assert {f.name for f in report.figures} <= {"s-1公司", "改名"}
    with pytest.raises((StoreDown, DBAPIError), match=r"read-?only"):
        await city.database.read(lambda connection: connection.execute(update(parties).values(name="又改")))


def test_days_asked_for_are_thirty_up_to_today_or_what_was_said() -> None:
    assert reports.period(None, None, NOW) == DAYS
    assert reports.period(None, date(2026, 1, 30), NOW) == Period(date(2026, 1, 1), date(2026, 1, 30))
    with pytest.raises(Refusal, match="晚于"):
        reports.period(date(2026, 5, 2), date(2026, 5, 1), NOW)
    with pytest.raises(Refusal, match="3660"):
        reports.period(date(2000, 1, 1), None, NOW)


def test_a_key_without_a_party_sees_nothing_unless_it_sees_all() -> None:
    assert reports.scope_of(Actor("key:1", Role.ADMIN)) == Scope()
    assert reports.scope_of(Actor("key:2", Role.FIRM, "f-1")) == Scope("f-1")
    with pytest.raises(Refusal, match="不属于任何单位"):
        reports.scope_of(Actor("key:3", Role.FIRM))
