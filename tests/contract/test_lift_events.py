"""What lifts report: states in the order they happened, alerts while they last, maintenance, signs of life."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.domain.access import Actor
from gateway.domain.errors import Refusal, Why
from gateway.domain.records.lift import Lift
from gateway.filing.events import Taken
from gateway.filing.inspections import InspectionEvent, inspect
from gateway.filing.lifts import ElevatorEvent, report, show
from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import alerts, audit, events, record_versions
from tests.builders.messages import NOW
from tests.builders.store import rows
from tests.builders.town import ANTAI, BINHE, INSPECTOR, LIFT, OTHER_UNIT, PINGAN, REGULATOR, alter, kept
from tests.builders.traces import changed


def a_report(kind: str = "trapped", **fields: object) -> ElevatorEvent:
    return changed(ElevatorEvent(at=NOW - timedelta(minutes=1), lift=LIFT, kind="trapped"), kind=kind, **fields)


async def reported(town: SqlArchive, sent: ElevatorEvent, actor: Actor = ANTAI) -> Taken:
    return await town.act(lambda books: report(books, actor, sent, NOW))


async def lift(town: SqlArchive) -> Lift:
    found = (await town.act(lambda books: kept(books, "lift", LIFT))).record
    assert isinstance(found, Lift)
    return found


@pytest.mark.parametrize("kind", ["trapped", "fault"])
async def test_trouble_begins_an_alert_that_is_to_be_told_at_once(
    town: SqlArchive, ledger: SqlLedger, kind: str
) -> None:
    taken = await reported(town, a_report(kind))
    (alert,) = await rows(ledger, select(alerts))
    assert (alert["id"], alert["event_id"], alert["kind"], alert["next_at"]) == (taken.alert, taken.event, kind, NOW)
    assert (await lift(town)).state == kind


async def test_what_a_monitor_says_again_joins_the_open_alert(town: SqlArchive, ledger: SqlLedger) -> None:
    first = await reported(town, a_report())
    second = await reported(town, a_report(at=NOW))
    assert second.event != first.event
    assert second.alert == first.alert
    assert len(await rows(ledger, select(alerts))) == 1


async def test_a_report_sent_twice_gets_its_answer_again(town: SqlArchive, ledger: SqlLedger) -> None:
    first = await reported(town, a_report(event_id="E-1"))
    assert await reported(town, a_report(event_id="E-1")) == first
    assert len(await rows(ledger, select(events))) == 1


async def test_restored_ends_all_its_alerts(town: SqlArchive, ledger: SqlLedger) -> None:
    await reported(town, a_report("fault", at=NOW - timedelta(minutes=3)))
    await reported(town, a_report())
    assert (await reported(town, a_report("restored", at=NOW))).alert is None
    assert [row["next_at"] for row in await rows(ledger, select(alerts))] == [None, None]
    assert (await lift(town)).state == "normal"


async def test_old_news_is_kept_and_neither_changes_the_state_nor_alarms(town: SqlArchive, ledger: SqlLedger) -> None:
    await reported(town, a_report("restored", at=NOW))
    taken = await reported(town, a_report())
    assert (taken.applied, taken.alert) == (False, None)
    assert (await lift(town)).state == "normal"
    assert len(await rows(ledger, select(events))) == 2


async def test_a_call_for_help_that_comes_late_is_told_unless_it_is_over(town: SqlArchive, ledger: SqlLedger) -> None:
    await reported(town, a_report("fault", at=NOW))
    taken = await reported(town, a_report())
    assert (taken.applied, taken.alert is not None) == (False, True)
    assert {row["kind"] for row in await rows(ledger, select(alerts))} == {"fault", "trapped"}


async def test_a_fault_frees_nobody(town: SqlArchive) -> None:
    await reported(town, a_report())
    await reported(town, a_report("fault", at=NOW))
    assert (await lift(town)).state == "trapped"


@pytest.mark.parametrize("kind", ["trapped", "fault"])
async def test_a_call_for_help_by_a_wrong_clock_is_heard_all_the_same(
    town: SqlArchive, ledger: SqlLedger, kind: str
) -> None:
    late = a_report(kind, at=NOW + timedelta(days=1))
    taken = await reported(town, late)
    assert (taken.applied, taken.flags) == (True, ("CLOCK_AHEAD",))
    assert (await lift(town)).since == NOW
    assert (await rows(ledger, select(alerts.c.next_at))) == [{"next_at": NOW}]
    assert (await reported(town, late)).event == taken.event
    assert (await reported(town, a_report("restored", at=NOW))).applied


@pytest.mark.parametrize("kind", ["restored", "stopped", "maintenance"])
async def test_anything_else_by_a_wrong_clock_is_refused(town: SqlArchive, kind: str) -> None:
    with pytest.raises(Refusal, match="设备时钟"):
        await reported(town, a_report(kind, at=NOW + timedelta(days=1)))


async def test_a_restoration_older_than_the_last_call_for_help_does_not_end_it(town: SqlArchive) -> None:
    await reported(town, a_report(at=NOW - timedelta(minutes=9)))
    await reported(town, a_report(at=NOW))
    await reported(town, a_report("restored", at=NOW - timedelta(minutes=5)))
    assert (await lift(town)).state == "trapped"


@pytest.mark.parametrize("actor", [ANTAI, BINHE, REGULATOR], ids=["maintenance", "use unit", "regulator"])
async def test_who_answers_for_a_lift_may_report_it_and_look_at_it(town: SqlArchive, actor: Actor) -> None:
    await reported(town, a_report(), actor)
    shown = await town.act(lambda books: show(books, actor, LIFT, NOW))
    assert (shown.state, shown.verdict, shown.events[0].kind) == ("trapped", "ELEV_FAULT", "trapped")


@pytest.mark.parametrize("actor", [OTHER_UNIT, PINGAN], ids=["another unit", "a station"])
async def test_nobody_else_may(town: SqlArchive, ledger: SqlLedger, actor: Actor) -> None:
    with pytest.raises(Refusal) as refused:
        await reported(town, a_report(), actor)
    assert refused.value.why is Why.FORBIDDEN
    with pytest.raises(Refusal) as refused:
        await town.act(lambda books: show(books, actor, LIFT, NOW))
    assert refused.value.why is Why.FORBIDDEN
    assert await rows(ledger, select(events)) == []


async def test_a_lift_that_is_not_on_record_is_refused(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await reported(town, a_report(lift="999999"))
    assert (refused.value.why, refused.value.field) == (Why.UNKNOWN, "lift")


async def test_maintenance_counts_from_its_day_in_shanghai(town: SqlArchive) -> None:
    # 16:30Z is already the next day there
    await reported(town, a_report("maintenance", at=NOW - timedelta(hours=11, minutes=30), maintainer="李四"))
    found = await lift(town)
    assert (str(found.last_maintenance_on), found.maintainer) == ("2026-05-10", "李四")


async def test_older_maintenance_does_not_make_it_older(town: SqlArchive) -> None:
    await reported(town, a_report("maintenance"))
    taken = await reported(town, a_report("maintenance", at=NOW - timedelta(days=20)))
    assert not taken.applied
    assert str((await lift(town)).last_maintenance_on) == "2026-05-10"


async def test_a_sign_of_life_is_no_event_and_makes_no_version(town: SqlArchive, ledger: SqlLedger) -> None:
    noted = await rows(ledger, select(audit.c.seq))
    await reported(town, a_report("heartbeat", last_seen=NOW, monitor_id="M-1"))
    assert (await lift(town)).monitor_seen_at == NOW
    for table in (events, record_versions):
        assert await rows(ledger, select(table)) == []
    assert await rows(ledger, select(audit.c.seq)) == noted
    late = a_report("heartbeat", last_seen=NOW - timedelta(hours=1))
    assert not (await reported(town, late)).applied
    assert (await lift(town)).monitor_seen_at == NOW


async def test_a_monitor_seen_tomorrow_is_not_believed(town: SqlArchive) -> None:
    with pytest.raises(Refusal) as refused:
        await reported(town, a_report("heartbeat", last_seen=NOW + timedelta(days=1)))
    assert refused.value.field == "last_seen"


async def test_what_an_inspector_stopped_is_not_started_by_its_keepers(town: SqlArchive, ledger: SqlLedger) -> None:
    failed = InspectionEvent(at=NOW - timedelta(hours=3), lift=LIFT, result="fail")
    await town.act(lambda books: inspect(books, INSPECTOR, failed, NOW))
    await reported(town, a_report())
    assert (await reported(town, a_report("restored", at=NOW))).flags == ("STILL_STOPPED",)
    assert (await lift(town)).state == "stopped"
    assert [row["next_at"] for row in await rows(ledger, select(alerts))] == [None]  # though the rider is out


async def test_who_stopped_a_lift_starts_it_again(town: SqlArchive) -> None:
    await reported(town, a_report("stopped"))
    await reported(town, a_report("restored", at=NOW))
    assert (await lift(town)).state == "normal"


async def test_a_scrapped_lift_reports_nothing(town: SqlArchive) -> None:
    await town.act(lambda books: alter(books, "lift", LIFT, state="scrapped"))
    with pytest.raises(Refusal, match="报废"):
        await reported(town, a_report())


async def test_the_name_of_the_maintainer_is_sealed(town: SqlArchive, ledger: SqlLedger) -> None:
    await reported(town, a_report("maintenance", maintainer="李四"))
    (event,) = await rows(ledger, select(events))
    assert "李四" not in str(event["body"])


async def test_an_alarm_is_not_refused_for_its_words(town: SqlArchive, ledger: SqlLedger) -> None:
    assert (await reported(town, a_report(note="2楼\n有老人"))).alert is not None
    with pytest.raises(Refusal, match="首尾不能有空格"):
        await reported(town, a_report("maintenance", maintainer="李四\n"))


async def test_a_clock_that_is_a_little_ahead_hides_nobody_who_is_trapped_after_it(town: SqlArchive) -> None:
    await reported(town, a_report("restored", at=NOW + timedelta(minutes=4)))
    later = NOW + timedelta(minutes=1)
    taken = await town.act(lambda books: report(books, ANTAI, a_report(at=later), later))
    assert (taken.applied, taken.alert is not None) == (True, True)
    assert (await lift(town)).state == "trapped"
