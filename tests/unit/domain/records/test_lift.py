from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.judgement import counts, decide
from gateway.domain.records.lift import Lift
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
