"""What inspections must do to the books: results and due days, forwards only, and never by those who are inspected."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.domain.access import Actor
from gateway.domain.errors import Refusal, Why
from gateway.domain.records.lift import Lift
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.vehicle import Vehicle
from gateway.filing.events import Taken
from gateway.filing.inspections import InspectionEvent, inspect
from gateway.ports import Lookup
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import events
from tests.builders.messages import NOW
from tests.builders.store import rows
from tests.builders.town import ANTAI, CYLINDER, INSPECTOR, LIFT, PINGAN, PLATE, REGULATOR, alter, kept
from tests.builders.traces import a_vehicle_cylinder, changed


def an_inspection(**fields: object) -> InspectionEvent:
    made = InspectionEvent(at=NOW - timedelta(hours=2), cylinder_no=CYLINDER, result="pass", next_on="2029-05")
    return changed(made, **fields)


async def inspected(town: SqlArchive, sent: InspectionEvent, actor: Actor = INSPECTOR) -> Taken:
    return await town.act(lambda books: inspect(books, actor, sent, NOW))


async def cylinder(town: SqlArchive) -> Cylinder:
    found = (await town.act(kept)).record
    assert isinstance(found, Cylinder)
    return found


async def lift(town: SqlArchive) -> Lift:
    found = (await town.act(lambda books: kept(books, "lift", LIFT))).record
    assert isinstance(found, Lift)
    return found


def of_lift(**fields: object) -> InspectionEvent:
    return an_inspection(cylinder_no=None, lift=LIFT, **{"next_on": "2027-05", **fields})


async def test_a_pass_says_when_the_next_one_is_due_and_who_found_so(town: SqlArchive) -> None:
    assert (await inspected(town, an_inspection())).applied
    found = (await cylinder(town)).inspection
    assert (found.last_on, found.next_on, found.result) == ("2026-05-10", "2029-05", "pass")
    assert found.body == "inspector-wuhai公司"


async def test_a_newly_inspected_cylinder_needs_purging_unless_it_was_purged(town: SqlArchive) -> None:
    await inspected(town, an_inspection())
    assert "FIRST_FILL_NEEDS_PURGE" in (await cylinder(town)).unfillable(NOW.date())
    await inspected(town, an_inspection(at=NOW, purged=True))
    assert (await cylinder(town)).unfillable(NOW.date()) == ()


async def test_a_failure_leaves_the_days_known_and_forbids_to_fill(town: SqlArchive) -> None:
    await inspected(town, an_inspection(result="fail", next_on=None))
    found = await cylinder(town)
    assert (found.inspection.next_on, found.inspection.result) == ("2027-03", "fail")
    assert "FAILED" in found.unfillable(NOW.date())


async def test_what_is_to_be_scrapped_is_scrapped(town: SqlArchive) -> None:
    await inspected(town, an_inspection(result="fail", next_on=None, scrap=True))
    assert (await cylinder(town)).state == "scrapped"


async def test_a_life_may_be_decided_anew(town: SqlArchive) -> None:
    await inspected(town, an_inspection(scrap_on="2034-03"))
    assert (await cylinder(town)).scrap_on == "2034-03"


@pytest.mark.parametrize("actor", [PINGAN, ANTAI], ids=["station", "maintenance"])
async def test_nobody_inspects_himself(town: SqlArchive, ledger: SqlLedger, actor: Actor) -> None:
    with pytest.raises(Refusal) as refused:
        await inspected(town, an_inspection(), actor)
    assert refused.value.why is Why.FORBIDDEN
    assert await rows(ledger, select(events.c.id)) == []


async def test_an_inspection_dated_before_the_last_one_is_refused_by_name(town: SqlArchive) -> None:
    await inspected(town, an_inspection())
    with pytest.raises(Refusal, match="不能倒填") as refused:
        await inspected(town, an_inspection(at=NOW - timedelta(days=2), next_on="2030-05"))
    assert (refused.value.why, refused.value.field) == (Why.CONFLICT, "at")
    assert (await cylinder(town)).inspection.next_on == "2029-05"


async def test_a_due_day_that_goes_back_is_refused_but_for_the_regulator(town: SqlArchive) -> None:
    with pytest.raises(Refusal, match="不能提前") as refused:
        await inspected(town, an_inspection(next_on="2026-12"))
    assert refused.value.field == "next_on"
    sent = an_inspection(next_on="2026-12", party="inspector-wuhai")
    assert (await inspected(town, sent, REGULATOR)).applied
    assert (await cylinder(town)).inspection.next_on == "2026-12"


@pytest.mark.parametrize("actor", [INSPECTOR, REGULATOR], ids=["inspector", "regulator"])
async def test_31_june_is_refused_by_name(town: SqlArchive, actor: Actor) -> None:
    with pytest.raises(Refusal, match="2028-06-31 不是存在的日期") as refused:
        await inspected(town, an_inspection(next_on="2028-06-31"), actor)
    assert (refused.value.why, refused.value.field) == (Why.INVALID, "next_on")


async def test_a_due_day_before_the_inspection_itself_is_refused(town: SqlArchive) -> None:
    with pytest.raises(Refusal, match="应晚于") as refused:
        await inspected(town, an_inspection(next_on="2026-04", party="inspector-wuhai"), REGULATOR)
    assert refused.value.field == "next_on"


async def test_one_cylinder_of_a_vehicle_or_all_of_them(town: SqlArchive) -> None:
    second = a_vehicle_cylinder(cylinder_no="CN20200002")
    await town.act(lambda books: alter(books, "vehicle", PLATE, cylinders=[a_vehicle_cylinder(), second]))
    await inspected(town, an_inspection(cylinder_no="CN20200002"))
    vehicle = (await town.act(lambda books: kept(books, "vehicle", PLATE))).record
    assert isinstance(vehicle, Vehicle)
    assert [one.inspection.next_on for one in vehicle.cylinders] == ["2027-04", "2029-05"]
    await inspected(town, an_inspection(cylinder_no=None, plate=PLATE, at=NOW, next_on="2029-06"))
    vehicle = (await town.act(lambda books: kept(books, "vehicle", PLATE))).record
    assert isinstance(vehicle, Vehicle)
    assert [one.inspection.next_on for one in vehicle.cylinders] == ["2029-06", "2029-06"]


async def test_the_report_on_one_cylinder_of_a_vehicle_may_come_after_anothers(town: SqlArchive) -> None:
    second = a_vehicle_cylinder(cylinder_no="CN20200002")
    await town.act(lambda books: alter(books, "vehicle", PLATE, cylinders=[a_vehicle_cylinder(), second]))
    await inspected(town, an_inspection(cylinder_no="CN20200002"))
    late = an_inspection(cylinder_no="CN20200001", at=NOW - timedelta(days=2))
    first = await inspected(town, late)
    assert (first.applied, await inspected(town, late)) == (True, first)
    with pytest.raises(Refusal, match="不能倒填"):
        await inspected(town, changed(late, cylinder_no="cn20200002"))


async def test_an_inspected_lift_is_due_again(town: SqlArchive) -> None:
    await inspected(town, of_lift(next_self_test="2026-12"))
    found = await lift(town)
    assert (found.next_inspection, found.next_self_test, found.state) == ("2027-05", "2026-12", "normal")


async def test_a_lift_that_fails_is_stopped_until_it_passes(town: SqlArchive) -> None:
    await inspected(town, of_lift(result="fail", next_on=None))
    assert (await lift(town)).state == "stopped"
    await inspected(town, of_lift(at=NOW))
    assert (await lift(town)).state == "normal"


async def test_who_inspects_must_be_heard_from_then_on(town: SqlArchive) -> None:
    await inspected(town, an_inspection())
    assert (await town.act(kept)).inspector == "inspector-wuhai"
    later = NOW + timedelta(hours=25)
    await town.act(lambda books: books.records.heard("station-pingan", later))
    wanted = Lookup(CYLINDER, "lpg", record_id=f"lpg/{CYLINDER}")
    found = await town.act(lambda books: books.traces.find([wanted]))
    assert found[CYLINDER].source_at == NOW


async def test_a_thing_nobody_registered_is_refused(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await inspected(town, an_inspection(cylinder_no=None, lift="999999"))
    assert (refused.value.why, refused.value.field) == (Why.UNKNOWN, "lift")


async def test_a_scrapped_lift_stays_scrapped_whatever_is_found(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "lift", LIFT, state="scrapped"))
    await inspected(town, of_lift(result="fail", next_on=None))
    await inspected(town, of_lift(at=NOW))
    assert (await lift(town)).state == "scrapped"


async def test_a_slip_of_the_pen_is_no_due_date(town: SqlArchive) -> None:
    with pytest.raises(Refusal, match="2127-05 晚于2036年，请核对") as refused:
        await inspected(town, an_inspection(next_on="2127-05"), REGULATOR)
    assert (refused.value.why, refused.value.field) == (Why.INVALID, "next_on")
