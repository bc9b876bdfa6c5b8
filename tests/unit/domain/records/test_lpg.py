from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.judgement import counts, decide
from gateway.domain.trace import Label, LabelState, RepeatPolicy, Trace
from gateway.domain.verdict import Verdict
from tests.builders.traces import FIRST, NOW, UNCOUNTED, a_cylinder, a_fill, a_label, a_trace

V = Verdict


def verdict_of(now: datetime = NOW, **fields: object) -> Verdict:
    return decide(a_trace(a_cylinder(**fields), source_at=now), FIRST, now).verdict


@pytest.mark.parametrize(
    ("state", "verdict", "counted"),
    [
        (LabelState.ACTIVE, V.CYL_OK, True),
        (LabelState.MINTED, V.NOT_ACTIVATED, False),
        (LabelState.ISSUED, V.NOT_ACTIVATED, False),
        (LabelState.CANCELLED, V.LABEL_VOID, False),
        (LabelState.LOST, V.LABEL_VOID, False),
        (LabelState.STOLEN, V.LABEL_VOID, False),
        (LabelState.CONSUMED, V.SEAL_USED, False),
        (LabelState.SCRAPPED, V.CYL_SCRAPPED, False),
    ],
)
def test_the_seal_s_state_comes_first(state: LabelState, verdict: Verdict, counted: bool) -> None:
    trace = a_trace(a_cylinder(), a_label(state))
    assert decide(trace, UNCOUNTED, NOW).verdict is verdict
    assert counts(trace) is counted


def test_a_seal_never_issued_is_unknown() -> None:
    assert decide(Trace("6688012345678904", "lpg"), UNCOUNTED, NOW).verdict is V.UNKNOWN


def test_a_seal_without_its_cylinder_cannot_be_confirmed() -> None:
    assert decide(Trace("6688012345678904", "lpg", a_label()), FIRST, NOW).verdict is V.CYL_UNCONFIRMED


def test_scrap_and_inspection_months_last_to_their_end_in_shanghai() -> None:
    last_second = datetime(2026, 5, 31, 15, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 5, 31, 16, 0, tzinfo=UTC)
    fill = a_fill(at=last_second - timedelta(hours=1))
    assert verdict_of(last_second, scrap_on="2026-05", last_fill=fill) is V.CYL_OK
    assert verdict_of(midnight, scrap_on="2026-05", last_fill=fill) is V.CYL_SCRAPPED
    assert verdict_of(last_second, inspection={"next_on": "2026-05"}, last_fill=fill) is V.CYL_DUE_SOON
    assert verdict_of(midnight, inspection={"next_on": "2026-05"}, last_fill=fill) is V.CYL_OVERDUE


def test_due_soon_begins_thirty_days_before_or_as_many_as_the_record_says() -> None:
    assert verdict_of(inspection={"next_on": "2026-06-10"}) is V.CYL_OK  # 31 days away
    assert verdict_of(inspection={"next_on": "2026-06-09"}) is V.CYL_DUE_SOON
    assert verdict_of(inspection={"next_on": "2026-06-09"}, remind_days=29) is V.CYL_OK


def test_what_the_record_says_of_a_worn_or_opened_cylinder() -> None:
    assert verdict_of(state="scrapped") is V.CYL_SCRAPPED
    assert verdict_of(inspection={"next_on": "2027-03", "result": "fail"}) is V.CYL_SCRAPPED
    assert verdict_of(seal_state="broken") is V.SEAL_BROKEN
    assert verdict_of(seal_state="absent") is V.SEAL_BROKEN


def test_a_licence_is_good_on_its_last_day() -> None:
    filled = datetime(2026, 5, 8, 15, 59, tzinfo=UTC)
    assert verdict_of(last_fill=a_fill(at=filled, licence_valid_to=date(2026, 5, 8))) is V.CYL_OK
    late = filled + timedelta(minutes=1)  # 9 May in Shanghai
    assert verdict_of(last_fill=a_fill(at=late, licence_valid_to=date(2026, 5, 8))) is V.FILL_UNLICENSED


def test_a_fill_must_belong_to_this_seal() -> None:
    assert verdict_of(last_fill=None) is V.NO_FILL_RECORD
    # a_label: bound three days ago; a shift of twelve hours lies between filling and binding at most.
    at = NOW - timedelta(days=3, hours=12)
    assert verdict_of(last_fill=a_fill(at=at)) is V.CYL_OK
    assert verdict_of(last_fill=a_fill(at=at - timedelta(seconds=1))) is V.NO_FILL_RECORD
    assert verdict_of(last_fill=a_fill(seal="6688012345678904")) is V.CYL_OK
    assert verdict_of(last_fill=a_fill(seal="6000000000000000")) is V.NO_FILL_RECORD


def test_a_fill_before_the_seal_was_even_issued_is_not_its_fill() -> None:
    issued = NOW - timedelta(days=1)
    seal = Label(LabelState.ACTIVE, RepeatPolicy.OPEN, issued_at=issued)
    before, after = a_fill(at=issued - timedelta(seconds=1)), a_fill(at=issued)
    assert decide(a_trace(a_cylinder(last_fill=before), seal), FIRST, NOW).verdict is V.NO_FILL_RECORD
    assert decide(a_trace(a_cylinder(last_fill=after), seal), FIRST, NOW).verdict is V.CYL_OK


@pytest.mark.parametrize(
    ("source_at", "verdict"),
    [
        (NOW, V.CYL_OK),
        (NOW - timedelta(hours=24), V.CYL_OK),
        (NOW - timedelta(hours=24, seconds=1), V.CYL_UNCONFIRMED),
        (None, V.CYL_UNCONFIRMED),
        (NOW + timedelta(minutes=5), V.CYL_OK),
        (NOW + timedelta(minutes=6), V.CYL_UNCONFIRMED),
    ],
)
def test_a_source_is_fresh_for_a_day(source_at: datetime | None, verdict: Verdict) -> None:
    assert decide(a_trace(a_cylinder(), source_at=source_at), FIRST, NOW).verdict is verdict


def test_what_is_not_proven_is_not_confirmed_and_says_why() -> None:
    failed = a_trace(a_cylinder(last_fill=a_fill(checks_passed=False)))
    undated = a_trace(a_cylinder(), Label(LabelState.ACTIVE, RepeatPolicy.OPEN), source_at=None)
    assert decide(failed, FIRST, NOW).reasons == ("CHECK_FAILED",)
    assert decide(undated, FIRST, NOW).reasons == ("STALE_DATA", "SEAL_UNDATED")
    assert {decide(t, FIRST, NOW).verdict for t in (failed, undated)} == {V.CYL_UNCONFIRMED}


def test_a_fill_that_is_still_to_come_proves_nothing() -> None:
    assert verdict_of(last_fill=a_fill(at=NOW + timedelta(minutes=5))) is V.CYL_OK  # clocks differ (DOMAIN 2.6)
    assert verdict_of(last_fill=a_fill(at=NOW + timedelta(minutes=6))) is V.CYL_UNCONFIRMED
