"""What fills must do to the books, on both databases."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import msgspec
import pytest
from sqlalchemy import func, select

from gateway.domain.access import Actor
from gateway.domain.errors import Refusal, Why
from gateway.domain.inputs import Inputs
from gateway.domain.judgement import decide
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.vehicle import Vehicle
from gateway.domain.trace import LabelState, Standing
from gateway.domain.verdict import Verdict
from gateway.filing.binding import bind_one
from gateway.filing.events import Taken
from gateway.filing.fills import FillEvent, fill
from gateway.filing.records import FileRecord, file_record
from gateway.filing.things import Name, lookups
from gateway.ports import Lookup
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import audit, events, record_versions
from tests.builders.messages import CODES, NOW, VAULT
from tests.builders.store import rows
from tests.builders.town import CYLINDER, LIMIN, PINGAN, PLATE, REGULATOR, a_fill_event, alter, kept, seal
from tests.builders.traces import a_vehicle_cylinder, changed


async def filled(town: SqlArchive, sent: FillEvent, actor: Actor = PINGAN) -> Taken:
    return await town.act(lambda books: fill(books, actor, sent, NOW))


async def cylinder(town: SqlArchive) -> Cylinder:
    found = (await town.act(kept)).record
    assert isinstance(found, Cylinder)
    return found


async def state(town: SqlArchive, code: str) -> LabelState | None:
    label = await town.act(lambda books: books.labels.one(code))
    return label.state if label else None


def a_vehicle_fill(**fields: object) -> FillEvent:
    made: dict[str, object] = {"cylinder_no": None, "plate": PLATE, "gas": "CNG", "weight_kg": None, "seal": None}
    return a_fill_event(0, **{**made, "amount": 18.5, **fields})


async def test_names_are_read_as_scanners_write_them(town: SqlArchive) -> None:
    sent = changed(a_fill_event(), cylinder_no=f" {CYLINDER.lower()} ", seal=f"{seal(0)[:4]} {seal(0)[4:]} ")
    assert (await filled(town, sent)).applied
    assert await state(town, seal(0)) is LabelState.ACTIVE


async def test_a_fill_names_people_gas_scale_and_licence_and_binds_its_seal(town: SqlArchive) -> None:
    taken = await filled(town, a_fill_event(scale_id="S-1", residue_kg=0.4, residue_treatment="回收"))
    assert (taken.record, taken.applied, taken.flags, taken.reasons) == (f"lpg/{CYLINDER}", True, (), ())
    last = (await cylinder(town)).last_fill
    assert last is not None
    assert (last.station, last.licence_no, last.operator, last.seal) == ("平安气站", "TS415030012", "张三丰", seal(0))
    assert (last.at, last.scale_id, last.residue_kg) == (NOW - timedelta(hours=1), "S-1", 0.4)
    assert await state(town, seal(0)) is LabelState.ACTIVE


async def test_the_next_fill_uses_up_the_last_seal(town: SqlArchive) -> None:
    await filled(town, a_fill_event(0))
    await filled(town, a_fill_event(1, at=NOW, cylinder_no=None, code=seal(0)))
    assert (await state(town, seal(0)), await state(town, seal(1))) == (LabelState.CONSUMED, LabelState.ACTIVE)


async def test_a_seal_is_bound_once_and_the_fill_that_would_bind_it_again_leaves_nothing(
    town: SqlArchive, ledger: SqlLedger
) -> None:
    await filled(town, a_fill_event(0))
    before = await cylinder(town)
    with pytest.raises(Refusal, match="重复绑定") as refused:
        await filled(town, a_fill_event(0, at=NOW))
    assert (refused.value.why, refused.value.field) == (Why.CONFLICT, "seal")
    assert await cylinder(town) == before
    assert len(await rows(ledger, select(events.c.id))) == 1


async def test_a_used_seal_is_refused(town: SqlArchive) -> None:
    await filled(town, a_fill_event(0))
    await filled(town, a_fill_event(1, at=NOW - timedelta(minutes=30)))
    with pytest.raises(Refusal, match="已使用"):
        await filled(town, a_fill_event(0, at=NOW))


async def test_another_stations_seal_is_refused(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await filled(town, a_fill_event(seal=seal(0, "station-limin")))
    assert (refused.value.why, refused.value.field) == (Why.FORBIDDEN, "seal")


async def test_nobody_reports_a_fill_in_another_stations_name(town: SqlArchive, ledger: SqlLedger) -> None:
    with pytest.raises(Refusal) as refused:
        await filled(town, a_fill_event(party="station-pingan"), LIMIN)
    assert refused.value.why is Why.FORBIDDEN
    assert await rows(ledger, select(events.c.id)) == []


async def test_the_regulator_may_enter_a_fill_for_a_station(town: SqlArchive) -> None:
    assert (await filled(town, a_fill_event(party="station-pingan"), REGULATOR)).applied
    last = (await cylinder(town)).last_fill
    assert last is not None
    assert last.station_id == "station-pingan"


async def test_above_the_maximum_weight_nothing_is_written(town: SqlArchive, ledger: SqlLedger) -> None:
    with pytest.raises(Refusal, match="超过最大充装量") as refused:
        await filled(town, a_fill_event(weight_kg=15.0))
    assert (refused.value.why, refused.value.field) == (Why.INVALID, "weight_kg")
    assert await rows(ledger, select(events.c.id)) == []


async def test_five_minutes_ahead_is_clock_skew_and_more_is_refused(town: SqlArchive) -> None:
    with pytest.raises(Refusal, match="晚于当前时间") as refused:
        await filled(town, a_fill_event(at=NOW + timedelta(minutes=5, seconds=1)))
    assert refused.value.field == "at"
    assert (await filled(town, a_fill_event(at=NOW + timedelta(minutes=5)))).applied


async def test_an_unknown_cylinder_is_refused_by_the_field_that_named_it(town: SqlArchive) -> None:
    with pytest.raises(Refusal, match="未查到") as refused:
        await filled(town, a_fill_event(cylinder_no="WH00000000"))
    assert (refused.value.why, refused.value.field) == (Why.UNKNOWN, "cylinder_no")


async def test_a_lapsed_licence_is_recorded_and_flagged(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "station", "station-pingan", licence_valid_to="2026-05-09"))
    taken = await filled(town, a_fill_event())
    assert (taken.applied, taken.flags, taken.reasons) == (True, ("FILL_UNLICENSED",), ("STATION_UNLICENSED",))
    last = (await cylinder(town)).last_fill
    assert last is not None
    assert last.licence_valid_to.isoformat() == "2026-05-09"


async def test_the_licence_of_the_day_of_the_fill_counts(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "station", "station-pingan", licence_valid_to="2026-05-09"))
    taken = await filled(town, a_fill_event(at=NOW - timedelta(days=1)))
    assert taken.flags == ()


async def test_a_denied_cylinder_is_recorded_with_all_reasons(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "lpg", CYLINDER, inspection={"next_on": "2026-03"}, hold="停充检查"))
    taken = await filled(town, a_fill_event())
    assert (taken.applied, taken.flags) == (True, ("FILL_DENIED",))
    assert taken.reasons == ("HOLD_BY_REGULATOR", "OVERDUE")


async def test_a_scrapped_cylinder_is_recorded_and_its_seal_proves_nothing(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "lpg", CYLINDER, state="scrapped"))
    taken = await filled(town, a_fill_event())
    assert taken.flags == ("FILL_DENIED", "SEAL_UNBOUND")
    assert await state(town, seal(0)) is LabelState.ISSUED


@pytest.mark.parametrize("actor", [PINGAN, LIMIN], ids=["its station", "another"])
async def test_a_fill_without_a_new_seal_is_recorded_and_uses_up_the_last_one(town: SqlArchive, actor: Actor) -> None:
    await filled(town, a_fill_event(at=NOW - timedelta(hours=2)))
    taken = await filled(town, a_fill_event(seal=None), actor)
    assert (taken.applied, taken.flags[-1]) == (True, "SEAL_MISSING")
    assert await state(town, seal(0)) is LabelState.CONSUMED
    assert await town.act(lambda books: books.labels.live(f"lpg/{CYLINDER}")) is None


async def test_its_seal_may_be_bound_when_the_shift_ends(town: SqlArchive) -> None:
    await filled(town, a_fill_event(at=NOW, seal=None))
    evening = NOW + timedelta(hours=8)
    await town.act(lambda books: bind_one(books, PINGAN, seal(1), kept(books), evening))
    found = await town.act(lambda books: books.traces.find([lookups([Name("code", seal(1))], books)[0]]))
    (trace,) = found.values()
    assert decide(trace, Standing(1, evening), evening).verdict == "CYL_OK"


async def test_another_stations_cylinder_is_recorded_and_flagged(town: SqlArchive) -> None:
    taken = await filled(town, a_fill_event(seal=seal(0, "station-limin")), LIMIN)
    assert (taken.flags, taken.reasons) == (("FILL_DENIED", "SEAL_UNBOUND"), ("CERT_MISMATCH",))
    assert await state(town, seal(0, "station-limin")) is LabelState.ISSUED


async def test_an_older_fill_is_kept_and_changes_nothing(town: SqlArchive, ledger: SqlLedger) -> None:
    await filled(town, a_fill_event(0))
    newest = await cylinder(town)
    taken = await filled(town, a_fill_event(1, at=NOW - timedelta(days=1)))
    assert not taken.applied
    assert await cylinder(town) == newest
    assert await state(town, seal(0)) is LabelState.ACTIVE
    assert len(await rows(ledger, select(events.c.id))) == 2


@pytest.mark.parametrize("number", [None, "F-1"])
async def test_the_same_fill_twice_is_one_with_the_same_answer(
    town: SqlArchive, ledger: SqlLedger, number: str | None
) -> None:
    first = await filled(town, a_fill_event(event_id=number))
    assert await filled(town, a_fill_event(event_id=number)) == first
    assert len(await rows(ledger, select(events.c.id))) == 1


async def test_an_event_number_stands_for_one_event(town: SqlArchive) -> None:
    await filled(town, a_fill_event(event_id="F-1"))
    with pytest.raises(Refusal) as refused:
        await filled(town, a_fill_event(1, at=NOW, event_id="F-1"))
    assert (refused.value.why, refused.value.field) == (Why.CONFLICT, "event_id")


async def test_two_stations_may_have_the_same_event_number(town: SqlArchive, ledger: SqlLedger) -> None:
    await filled(town, a_fill_event(event_id="F-1"))
    await filled(town, a_fill_event(at=NOW, event_id="F-1", seal=seal(0, "station-limin")), LIMIN)
    assert len(await rows(ledger, select(events.c.id))) == 2


async def test_people_are_sealed_in_the_event_and_absent_from_the_audit(town: SqlArchive, ledger: SqlLedger) -> None:
    await filled(town, a_fill_event(carrier_plate="蒙C98765"))
    (event,) = await rows(ledger, select(events))
    for hidden in ("张三丰", "CZ15030001", "蒙C98765"):
        assert hidden not in str(event["body"])
        assert hidden.encode() not in event["sealed"]
        assert hidden in VAULT.open(event["sealed"])
    details = [str(row["detail"]) for row in await rows(ledger, select(audit.c.detail))]
    assert not any("张三丰" in detail or "CZ15030001" in detail for detail in details)


async def test_each_fill_keeps_the_one_before(town: SqlArchive, ledger: SqlLedger) -> None:
    before = await rows(ledger, select(func.count()).select_from(record_versions))
    await filled(town, a_fill_event())
    after = await rows(ledger, select(func.count()).select_from(record_versions))
    assert [row["count_1"] for row in after] == [row["count_1"] + 1 for row in before]


async def test_a_station_that_reports_is_alive(town: SqlArchive) -> None:
    later = NOW + timedelta(hours=30)
    await town.act(lambda books: fill(books, PINGAN, a_fill_event(at=later), later))
    wanted = Lookup(CYLINDER, "lpg", record_id=f"lpg/{CYLINDER}")
    found = await town.act(lambda books: books.traces.find([wanted]))
    assert found[CYLINDER].source_at == later


async def test_a_vehicle_is_filled_by_its_plate_as_people_write_it(town: SqlArchive) -> None:
    taken = await filled(town, a_vehicle_fill(plate="蒙ｃ12312", dispenser_no="G-3"))
    vehicle = (await town.act(lambda books: kept(books, "vehicle", PLATE))).record
    assert isinstance(vehicle, Vehicle)
    assert vehicle.last_fill is not None
    assert (taken.flags, vehicle.last_fill.amount, vehicle.last_fill.dispenser_no) == ((), 18.5, "G-3")


async def test_a_vehicle_is_found_by_one_of_its_cylinders(town: SqlArchive) -> None:
    number = a_vehicle_cylinder().cylinder_no
    assert (await filled(town, a_vehicle_fill(plate=None, cylinder_no=number))).record == f"vehicle/{PLATE}"


async def test_a_seal_told_of_with_a_vehicle_is_left_alone(town: SqlArchive) -> None:
    assert (await filled(town, a_vehicle_fill(seal=seal(0)))).flags == ()
    assert await state(town, seal(0)) is LabelState.ISSUED


async def test_a_gas_that_the_thing_does_not_take_is_refused(town: SqlArchive) -> None:
    with pytest.raises(Refusal, match="CNG") as refused:
        await filled(town, a_vehicle_fill(gas="LNG"))
    assert refused.value.field == "gas"


async def test_a_gas_the_station_has_no_licence_for_is_flagged(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "station", "station-pingan", gases=["LPG"]))
    assert (await filled(town, a_vehicle_fill())).flags == ("FILL_UNLICENSED",)


async def test_a_station_without_a_licence_on_record_is_told_so(town: SqlArchive) -> None:
    with pytest.raises(Refusal, match="尚未登记"):
        await filled(town, a_fill_event(party="station-new"), REGULATOR)


async def test_two_stations_filling_one_cylinder_at_once_leave_the_newest_fill_and_one_live_seal(
    town: SqlArchive, another: Callable[[], SqlLedger]
) -> None:
    other = SqlArchive(another().database, VAULT, CODES)
    theirs = a_fill_event(at=NOW - timedelta(minutes=1), seal=seal(0, "station-limin"))
    for turn in range(5):
        ours = a_fill_event(turn, at=NOW - timedelta(seconds=30 - turn))
        await asyncio.gather(filled(town, ours), filled(other, theirs, LIMIN))
        last = (await cylinder(town)).last_fill
        live = await town.act(lambda books: books.labels.live(f"lpg/{CYLINDER}"))
        assert last is not None
        assert live is not None
        assert (last.at, live.code) == (ours.at, seal(turn))


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_fills_in_any_order_leave_the_newest_with_its_seal(town: SqlArchive, order: tuple[int, ...]) -> None:
    for number in order:
        await filled(town, a_fill_event(number, at=NOW - timedelta(hours=3 - number)))
    last = (await cylinder(town)).last_fill
    live = await town.act(lambda books: books.labels.live(f"lpg/{CYLINDER}"))
    assert last is not None
    assert live is not None
    assert (last.at, last.seal, live.code) == (NOW - timedelta(hours=1), seal(2), seal(2))


@pytest.mark.parametrize("field", ["operator", "operator_certificate", "residue_treatment"])
@pytest.mark.parametrize("text", ["张三\n【放心100】可用", " 张三", "\x1b[31m"])
async def test_text_of_more_than_a_line_is_refused(town: SqlArchive, field: str, text: str) -> None:
    with pytest.raises(Refusal, match="首尾不能有空格") as refused:
        await filled(town, changed(a_fill_event(), **{field: text}))
    assert (refused.value.why, refused.value.field) == (Why.INVALID, field)
    assert await state(town, seal(0)) is not LabelState.ACTIVE


@pytest.mark.parametrize(
    "station",
    [
        {"state": "suspended"},
        {"gases": ("CNG",)},
        {"licence_valid_from": "2026-05-11", "licence_valid_to": "2027-05-11"},
    ],
    ids=["suspended", "another gas", "not yet"],
)
async def test_nobody_is_told_that_a_cylinder_may_be_used_that_was_filled_without_a_licence(
    town: SqlArchive, station: dict[str, object]
) -> None:
    await town.act(lambda books: alter(books, "station", "station-pingan", **station))
    taken = await filled(town, a_fill_event(at=NOW))
    assert (taken.applied, taken.flags) == (True, ("FILL_UNLICENSED",))
    trace = await town.look(lambda books: books.traces.find(lookups([Name("code", seal(0))], books)))
    decision = decide(trace[seal(0)], Standing(1, NOW), NOW)
    assert (decision.verdict, decision.reasons) == (Verdict.CYL_UNCONFIRMED, ("STATION_UNLICENSED",))


async def test_nobody_is_told_that_a_cylinder_may_be_used_that_was_filled_with_air_in_it(town: SqlArchive) -> None:
    new = {"next_on": "2029-05", "last_on": "2026-05-09"}
    await town.act(lambda books: alter(books, "lpg", CYLINDER, inspection=new))
    assert (await filled(town, a_fill_event(at=NOW))).reasons == ("FIRST_FILL_NEEDS_PURGE",)

    async def told() -> tuple[Verdict, tuple[str, ...]]:
        trace = await town.look(lambda books: books.traces.find(lookups([Name("code", seal(0))], books)))
        decision = decide(trace[seal(0)], Standing(1, NOW), NOW)
        return decision.verdict, decision.reasons

    assert await told() == (Verdict.CYL_UNCONFIRMED, ("FIRST_FILL_NEEDS_PURGE",))
    last = msgspec.to_builtins((await cylinder(town)).last_fill) | {"denied": []}
    again = FileRecord(record=msgspec.to_builtins(changed(await cylinder(town), last_fill=last)))
    await town.act(lambda books: file_record(books, PINGAN, "lpg", again, Inputs(), NOW))
    assert await told() == (Verdict.CYL_UNCONFIRMED, ("FIRST_FILL_NEEDS_PURGE",))


async def test_a_fill_by_a_clock_that_is_a_little_ahead_is_not_newer_than_the_next_one(town: SqlArchive) -> None:
    ahead = a_fill_event(at=NOW + timedelta(minutes=4))
    first = await filled(town, ahead)
    later = NOW + timedelta(minutes=2)
    taken = await town.act(lambda books: fill(books, PINGAN, a_fill_event(1, at=later), later))
    assert (taken.applied, await state(town, seal(1))) == (True, LabelState.ACTIVE)
    assert await town.act(lambda books: fill(books, PINGAN, ahead, later)) == first


async def test_a_cylinder_that_no_station_registered_may_be_used_as_before(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "lpg", CYLINDER, owner_station=None))
    assert (await filled(town, a_fill_event(at=NOW))).reasons == ("NO_CERT",)
    trace = await town.look(lambda books: books.traces.find(lookups([Name("code", seal(0))], books)))
    assert decide(trace[seal(0)], Standing(1, NOW), NOW).verdict is Verdict.CYL_OK
