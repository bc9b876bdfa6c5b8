from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.inputs import Inputs
from gateway.domain.judgement import counts, decide
from gateway.domain.records.base import Entry
from gateway.domain.records.lift import LIFT, Lift
from gateway.domain.verdict import Verdict
from tests.builders.traces import NOW, TODAY, UNCOUNTED, a_lift, a_trace

V = Verdict


def verdict_of(lift: Lift, now: datetime = NOW, source_at: datetime | None = NOW) -> Verdict:
    return decide(a_trace(lift, source_at=source_at), UNCOUNTED, now).verdict


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("normal", V.ELEV_OK),
        ("fault", V.ELEV_FAULT),
        ("trapped", V.ELEV_FAULT),
        ("stopped", V.ELEV_STOPPED),
        ("scrapped", V.ELEV_STOPPED),
    ],
)
def test_the_state_comes_first_however_late_or_stale_the_rest(state: str, verdict: Verdict) -> None:
    assert verdict_of(a_lift(state=state)) is verdict
    if state != "normal":
        late = a_lift(state=state, next_inspection="2020-01", last_maintenance_on="2020-01-01")
        assert verdict_of(late, source_at=None) is verdict


def test_day_fifteen_is_in_time_and_day_sixteen_is_late() -> None:
    assert verdict_of(a_lift(last_maintenance_on=TODAY - timedelta(days=15))) is V.ELEV_OK
    assert verdict_of(a_lift(last_maintenance_on=TODAY - timedelta(days=16))) is V.ELEV_MAINT_OVERDUE


def test_the_day_turns_in_shanghai() -> None:
    served = date(2026, 5, 10)
    for now, expected in (
        (datetime(2026, 5, 25, 15, 59, 59, tzinfo=UTC), V.ELEV_OK),
        (datetime(2026, 5, 25, 16, 0, tzinfo=UTC), V.ELEV_MAINT_OVERDUE),
    ):
        assert verdict_of(a_lift(last_maintenance_on=served), now, now) is expected


def test_a_lift_may_have_its_own_interval() -> None:
    assert verdict_of(a_lift(interval_days=30, last_maintenance_on=TODAY - timedelta(days=30))) is V.ELEV_OK
    assert verdict_of(a_lift(interval_days=30, last_maintenance_on=TODAY - timedelta(days=31))) is V.ELEV_MAINT_OVERDUE


def test_an_inspection_month_lasts_to_its_end() -> None:
    lift = a_lift(next_inspection="2026-05", last_maintenance_on=date(2026, 5, 30))
    for now, expected in (
        (datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC), V.ELEV_OK),
        (datetime(2026, 5, 31, 16, 0, tzinfo=UTC), V.ELEV_INSP_OVERDUE),
    ):
        assert verdict_of(lift, now, now) is expected


def test_an_overdue_inspection_outranks_overdue_maintenance_and_both_outrank_staleness() -> None:
    unserved = a_lift(last_maintenance_on=date(2026, 1, 1))
    both = a_lift(last_maintenance_on=date(2026, 1, 1), next_inspection="2026-04")
    assert verdict_of(both) is V.ELEV_INSP_OVERDUE
    assert verdict_of(both, source_at=None) is V.ELEV_INSP_OVERDUE
    assert verdict_of(unserved, source_at=None) is V.ELEV_MAINT_OVERDUE


@pytest.mark.parametrize("source_at", [None, NOW - timedelta(hours=24, seconds=1), NOW + timedelta(minutes=6)])
def test_a_stale_source_never_says_normal(source_at: datetime | None) -> None:
    assert verdict_of(a_lift(), source_at=source_at) is V.ELEV_UNCONFIRMED


def test_a_lift_with_no_maintenance_on_record_is_not_called_normal() -> None:
    assert verdict_of(a_lift(last_maintenance_on=None)) is V.ELEV_UNCONFIRMED


def test_a_lift_nobody_knows_is_unknown_and_no_lift_is_counted() -> None:
    nobody = a_trace(None)
    assert decide(nobody, UNCOUNTED, NOW).verdict is V.UNKNOWN
    assert not counts(nobody)
    assert not counts(a_trace(a_lift()))


def test_maintenance_on_a_day_to_come_is_no_maintenance() -> None:
    assert verdict_of(a_lift(last_maintenance_on=TODAY)) is V.ELEV_OK
    assert verdict_of(a_lift(last_maintenance_on=TODAY + timedelta(days=1))) is V.ELEV_UNCONFIRMED
    assert verdict_of(a_lift(last_maintenance_on=TODAY.replace(year=2062))) is V.ELEV_UNCONFIRMED


@pytest.mark.parametrize(
    ("seen_at", "verdict"),
    [
        (None, V.ELEV_OK),  # not reported singly: the feed speaks for it
        (NOW - timedelta(hours=24), V.ELEV_OK),
        (NOW - timedelta(hours=24, seconds=1), V.ELEV_UNCONFIRMED),
        (NOW + timedelta(minutes=6), V.ELEV_UNCONFIRMED),
    ],
)
def test_a_monitor_that_fell_silent_confirms_nothing_though_its_feed_lives(
    seen_at: datetime | None, verdict: Verdict
) -> None:
    assert verdict_of(a_lift(monitor_id="M1", monitor_seen_at=seen_at)) is verdict
    if verdict is V.ELEV_UNCONFIRMED:
        assert verdict_of(a_lift(state="fault", monitor_seen_at=seen_at)) is V.ELEV_FAULT
        assert verdict_of(a_lift(next_inspection="2026-04", monitor_seen_at=seen_at)) is V.ELEV_INSP_OVERDUE


def test_what_lists_ask_of_it() -> None:
    lift = a_lift(
        district="150302",
        site_category="住宅",
        use_unit_id="use-unit-binhe",
        maintenance_unit_id="maintenance-antai",
        registration_code="31101503022018120012",
    )
    facts = LIFT.facts(lift)
    assert (facts.status, facts.district, facts.category) == ("normal", "150302", "住宅")
    assert (facts.due_on, facts.served_on) == (date(2026, 11, 30), date(2026, 5, 1))
    assert facts.parties == {"use_unit": "use-unit-binhe", "maintenance": "maintenance-antai"}
    assert facts.aliases == ("registration/31101503022018120012",)
    assert LIFT.facts(a_lift()).parties == {}


def test_the_worker_s_name_is_masked() -> None:
    assert LIFT.values(a_lift(maintainer="赵刚强"), TODAY)["maintainer"] == "赵师傅"


def test_days_to_come_are_found_on_the_day_of_entry() -> None:
    tomorrow = TODAY + timedelta(days=1)
    lift = a_lift(installed_on=tomorrow, last_maintenance_on=tomorrow, since=NOW + timedelta(days=1))
    faults = list(LIFT.entry(lift, Entry(TODAY, Inputs())))
    assert [fault.field for fault in faults] == ["installed_on", "last_maintenance_on", "since"]
    assert list(LIFT.entry(lift, Entry(tomorrow, Inputs()))) == []
