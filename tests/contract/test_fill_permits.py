"""Who may fill what, from the books: permits on one snapshot, and the deny list as its changes come."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from gateway.domain.access import Actor
from gateway.domain.errors import Refusal, StoreDown, Why
from gateway.domain.labels import Act
from gateway.domain.permit import Permit
from gateway.filing import labels, permits
from gateway.filing.binding import bind_one
from gateway.filing.books import Books
from gateway.filing.denials import Denial
from gateway.filing.fills import fill
from gateway.filing.inspections import InspectionEvent, inspect
from gateway.filing.ledger import Order
from gateway.filing.registrations import RegistrationEvent, register
from gateway.filing.things import Name
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger, open_database
from tests.builders.messages import CODES, NOW, VAULT
from tests.builders.town import (
    CYLINDER,
    INSPECTOR,
    LIMIN,
    OFFICE,
    PINGAN,
    PLATE,
    REGULATOR,
    a_fill_event,
    alter,
    kept,
    put,
    seal,
)
from tests.builders.traces import a_cylinder, changed

BOTTLE, CAR = Name("cylinder_no", CYLINDER), Name("plate", PLATE)


async def asked(town: SqlArchive, name: Name, actor: Actor = PINGAN, now: datetime = NOW) -> Permit:
    (permit,) = await town.look(lambda books: permits.decide(books, [permits.asked(actor, name, now)]))
    return permit


async def denied(town: SqlArchive, seq: int = 0, most: int = 1000) -> list[Denial]:
    return await town.look(lambda books: books.denials.since(seq, most))


async def judged(town: SqlArchive, now: datetime) -> None:
    after: str | None = ""
    while after is not None:
        last = after
        after = await town.act(lambda books, last=last: permits.judge_page(books, last, now))  # type: ignore[misc]


@pytest.mark.parametrize("name", [BOTTLE, CAR, Name("cylinder_no", "CN20200001")], ids=lambda name: name.value)
async def test_what_is_in_order_may_be_filled_for_a_day(town: SqlArchive, name: Name) -> None:
    permit = await asked(town, name)
    assert (permit.decision, permit.valid_until) == ("allow", NOW + timedelta(hours=24))


async def test_a_cylinder_may_be_asked_for_by_the_seal_that_comes_off(town: SqlArchive) -> None:
    for number in (0, 1):
        await town.act(lambda books, n=number: fill(books, PINGAN, a_fill_event(n, at=NOW + n * timedelta(0, 1)), NOW))  # type: ignore[misc]
    for number in (0, 1):  # consumed, live
        assert (await asked(town, Name("code", seal(number)))).decision == "allow"
    assert (await asked(town, Name("code", seal(2)))).reasons == ("UNKNOWN",)


@pytest.mark.parametrize(
    "name",
    [Name("cylinder_no", "WH00000000"), Name("plate", "蒙C99999"), Name("code", "hello"), Name("code", "1" * 16)],
)
async def test_what_is_unknown_is_denied(town: SqlArchive, name: Name) -> None:
    permit = await asked(town, name)
    assert (permit.decision, permit.reasons, permit.valid_until) == ("deny", ("UNKNOWN",), None)


async def test_stale_data_denies(town: SqlArchive) -> None:
    later = NOW + timedelta(hours=24, seconds=1)
    permit = await asked(town, BOTTLE, now=later)
    assert (permit.decision, permit.reasons) == ("deny", ("STALE_DATA",))


async def test_another_stations_cylinder_is_denied(town: SqlArchive) -> None:
    assert (await asked(town, BOTTLE, LIMIN)).reasons == ("CERT_MISMATCH",)


async def test_only_stations_ask(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await asked(town, BOTTLE, OFFICE)
    assert refused.value.why is Why.FORBIDDEN


async def test_without_a_licence_on_record_nothing_is_allowed(town: SqlArchive) -> None:
    assert (await asked(town, BOTTLE, REGULATOR)).reasons == ("STATION_UNLICENSED",)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # writers on PostgreSQL wait for each other's rows only
async def test_a_permit_waits_for_no_writer(town: SqlArchive, ledger: SqlLedger) -> None:
    writing, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        connection.execute(text("UPDATE records SET updated_at = updated_at"))
        writing.set()
        assert go_on.wait(60)

    busy = asyncio.create_task(ledger.database.transact(slow))
    await asyncio.to_thread(writing.wait, 60)
    try:
        assert (await asked(town, BOTTLE)).decision == "allow"
    finally:
        go_on.set()
        await busy


async def test_what_only_reads_can_write_nothing(town: SqlArchive) -> None:
    with pytest.raises(Exception, match=r"(?i)read-?only") as error:
        await town.look(lambda books: books.records.heard("somebody", NOW))
    assert not isinstance(error.value, Refusal | AssertionError)


def reasons(found: Sequence[Denial]) -> list[tuple[str, bool, tuple[str, ...]]]:
    return [(one.record_id, one.denied, tuple(one.reasons)) for one in found]


async def test_an_act_puts_a_thing_on_the_list_and_takes_it_off(town: SqlArchive) -> None:
    failed = InspectionEvent(at=NOW, cylinder_no=CYLINDER, result="fail")
    passed = InspectionEvent(at=NOW + timedelta(minutes=1), cylinder_no=CYLINDER, result="pass", next_on="2029-05")
    passed = changed(passed, purged=True)
    await town.act(lambda books: inspect(books, INSPECTOR, failed, NOW))
    (first,) = await denied(town)
    assert (reasons([first]), first.names) == (
        [(f"lpg/{CYLINDER}", True, ("FAILED",))],
        {"cylinder_no": [CYLINDER]},
    )
    await town.act(lambda books: inspect(books, INSPECTOR, passed, NOW + timedelta(minutes=1)))
    (second,) = await denied(town, first.seq)
    assert reasons([second]) == [(f"lpg/{CYLINDER}", False, ())]
    assert len(await denied(town)) == 1


async def test_an_entry_has_all_names_of_its_thing(town: SqlArchive) -> None:
    await town.act(lambda books: fill(books, PINGAN, a_fill_event(), NOW))
    await town.act(lambda books: alter(books, "lpg", CYLINDER, hold="停充检查"))
    await judged(town, NOW)
    (entry,) = await denied(town)
    assert entry.names == {"cylinder_no": [CYLINDER], "code": [seal(0)]}


async def test_a_cancelled_vehicle_is_on_the_list_by_plate_and_cylinders(town: SqlArchive) -> None:
    sent = RegistrationEvent(at=NOW, plate=PLATE, action="cancel", reason="报废")
    await town.act(lambda books: register(books, REGULATOR, sent, NOW))
    (entry,) = await denied(town)
    assert (entry.names, list(entry.reasons)) == ({"plate": [PLATE], "cylinder_no": ["CN20200001"]}, ["NO_CERT"])


TAGS = [CODES.issue(7, 1, 900), CODES.issue(7, 1, 901)]


@pytest.fixture
async def tagged(town: SqlArchive) -> SqlArchive:
    """The town, its vehicle with a tag, and another tag for it in the drawer."""

    def tag(books: Books) -> None:
        books.labels.take_turns()
        order = Order(7, 1, len(TAGS), "regulator-wuhai")
        minted = labels.mint(books, REGULATOR, order, lambda _: 900, NOW)
        labels.issue(books, REGULATOR, minted, NOW)
        bind_one(books, REGULATOR, TAGS[0], kept(books, "vehicle", PLATE), NOW)

    await town.act(tag)
    return town


@pytest.mark.parametrize("act", [Act.CANCEL, Act.LOSE, Act.STEAL])
@pytest.mark.parametrize("whole_run", [False, True])
async def test_the_code_of_a_tag_that_ended_is_on_the_list_and_the_vehicle_is_not(
    tagged: SqlArchive, act: Act, whole_run: bool
) -> None:
    assert (await asked(tagged, Name("code", TAGS[0]))).decision == "allow"
    ending = labels.Ending(act, "车主报失")

    def end(books: Books) -> None:
        if whole_run:
            labels.void_run(books, REGULATOR, ending, TAGS[0], TAGS[1], NOW)
        else:
            labels.void(books, REGULATOR, ending, [TAGS[0]], NOW)

    await tagged.act(end)
    assert (await asked(tagged, Name("code", TAGS[0]))).reasons == ("NO_TAG",)
    (entry,) = await denied(tagged)
    assert (entry.names, list(entry.reasons), entry.denied) == ({"code": [TAGS[0]]}, ["NO_TAG"], True)


async def test_a_replaced_tag_is_on_the_list(tagged: SqlArchive) -> None:
    await tagged.act(lambda books: bind_one(books, REGULATOR, TAGS[1], kept(books, "vehicle", PLATE), NOW))
    assert [entry.names for entry in await denied(tagged)] == [{"code": [TAGS[0]]}]


async def test_a_denied_thing_stands_on_the_list_by_the_label_it_bears_now(tagged: SqlArchive) -> None:
    await tagged.act(lambda books: alter(books, "vehicle", PLATE, hold="停充检查"))
    await judged(tagged, NOW)
    await tagged.act(lambda books: bind_one(books, REGULATOR, TAGS[1], kept(books, "vehicle", PLATE), NOW))
    assert {entry.record_id: entry.names.get("code") for entry in await denied(tagged)} == {
        f"vehicle/{PLATE}": [TAGS[1]],
        f"label/{TAGS[0]}": [TAGS[0]],
    }


async def test_a_used_seal_says_nothing_against_its_cylinder(town: SqlArchive) -> None:
    for number in (0, 1):
        await town.act(lambda books, n=number: fill(books, PINGAN, a_fill_event(n, at=NOW + n * timedelta(0, 1)), NOW))  # type: ignore[misc]
    assert await denied(town) == []


async def test_what_an_act_judges_is_not_overwritten_by_what_was_read_before_it(
    town: SqlArchive, another: Callable[[], SqlLedger]
) -> None:
    await town.act(lambda books: alter(books, "lpg", CYLINDER, hold="停充检查"))
    await judged(town, NOW)
    await town.act(lambda books: alter(books, "lpg", CYLINDER, hold=None))
    await judged(town, NOW)  # taken off: it is judged by each page from now on
    other = SqlArchive(another().database, VAULT, CODES)
    failed = InspectionEvent(at=NOW, cylinder_no=CYLINDER, result="fail")

    for minute in range(5):
        sent = changed(failed, at=NOW + timedelta(minutes=minute))
        await asyncio.gather(
            judged(town, NOW),
            other.act(lambda books, sent=sent: inspect(books, INSPECTOR, sent, NOW + timedelta(hours=1))),  # type: ignore[misc]
            judged(town, NOW),
        )
        assert [entry.denied for entry in await denied(town)] == [True]
        await town.act(lambda books: alter(books, "lpg", CYLINDER, inspection={"next_on": "2029-05"}))
        await judged(town, NOW)
        assert [entry.denied for entry in await denied(town)] == [False]


async def test_days_that_pass_without_an_event_are_found_after_midnight(town: SqlArchive) -> None:
    await judged(town, NOW)
    assert await denied(town) == []
    await judged(town, datetime.fromisoformat("2027-03-31T15:59:00Z"))
    assert await denied(town) == []
    await judged(town, datetime.fromisoformat("2027-03-31T16:00:00Z"))  # midnight in Shanghai: its month is over
    assert reasons(await denied(town)) == [(f"lpg/{CYLINDER}", True, ("OVERDUE",))]


async def test_a_station_without_licence_is_on_the_list_itself(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "station", "station-limin", state="suspended"))
    await judged(town, NOW)
    (entry,) = await denied(town)
    assert (entry.names, list(entry.reasons)) == ({"station": ["station-limin"]}, ["STATION_UNLICENSED"])


async def test_judging_again_changes_no_number(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "lpg", CYLINDER, hold="停充检查"))
    await judged(town, NOW)
    before = await denied(town)
    await judged(town, NOW + timedelta(days=1))
    assert await denied(town) == before


async def test_the_list_is_read_in_pages_and_misses_nothing(town: SqlArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permits, "PAGE", 3)

    def many(books: Books) -> None:
        for number in range(10):
            put(books, "lpg", a_cylinder(cylinder_no=f"WH9000000{number}", state="scrapped"))

    await town.act(many)
    await judged(town, NOW)
    seen: list[str] = []
    seq = 0
    while page := await denied(town, seq, 4):
        seen += [one.record_id for one in page]
        assert [one.seq for one in page] == sorted(one.seq for one in page)
        seq = page[-1].seq
    assert seen == [f"lpg/WH9000000{number}" for number in range(10)]


async def test_a_database_that_is_away_permits_nothing(tmp_path: Path) -> None:
    archive = SqlArchive(open_database(f"sqlite:///{tmp_path}/no folder/gateway.db"), VAULT, CODES)
    with pytest.raises(StoreDown):
        await asked(archive, BOTTLE)
    await archive.database.close()
