from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.judgement import counts, decide
from gateway.domain.trace import LabelState, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Verdict
from tests.builders.traces import FIRST, NOW, UNCOUNTED, a_label, a_liquor, a_melon, a_trace

RECALL = {"reason": "瓶盖", "scope": "全部", "phone": "0478-0000000", "announced_on": "2026-04-01"}
V = Verdict


@pytest.mark.parametrize(
    ("standing", "verdict"),
    [
        (Standing(1, NOW), V.GENUINE_FIRST),
        (Standing(1, NOW, own=True), V.GENUINE_FIRST),
        (Standing(2, NOW, own=True), V.SELF_REPEAT),
        (Standing(2, NOW), V.REPEAT_WARN),
        (Standing(900, None), V.REPEAT_WARN),
        (Standing(0, None), V.GENUINE_FIRST),  # a question that is not counted hears what a counted one would
        (Standing(0, NOW), V.REPEAT_WARN),
        (Standing(0, NOW, own=True), V.SELF_REPEAT),
    ],
)
def test_a_covert_code_is_judged_by_its_standing(standing: Standing, verdict: Verdict) -> None:
    assert decide(a_trace(a_liquor()), standing, NOW).verdict is verdict


def test_an_open_code_never_warns_of_a_repeat() -> None:
    for count in (0, 1, 2, 5_000):
        assert decide(a_trace(a_melon()), Standing(count, NOW), NOW).verdict is V.TRACE_OK


def test_the_policy_is_the_batch_s_and_not_the_type_s() -> None:
    open_liquor = a_trace(a_liquor(), a_label(policy=RepeatPolicy.OPEN))
    covert_melon = a_trace(a_melon(), a_label(policy=RepeatPolicy.COVERT))
    assert decide(open_liquor, Standing(9, NOW), NOW).verdict is V.TRACE_OK
    assert decide(covert_melon, Standing(9, NOW), NOW).verdict is V.REPEAT_WARN


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (LabelState.MINTED, V.NOT_ACTIVATED),
        (LabelState.ISSUED, V.NOT_ACTIVATED),
        (LabelState.CANCELLED, V.LABEL_VOID),
        (LabelState.LOST, V.LABEL_VOID),
        (LabelState.STOLEN, V.LABEL_VOID),
        (LabelState.SCRAPPED, V.LABEL_VOID),
        (LabelState.CONSUMED, V.LABEL_VOID),
    ],
)
def test_a_label_that_is_not_active_ends_it_and_is_not_counted(state: LabelState, verdict: Verdict) -> None:
    trace = a_trace(a_liquor(recall=RECALL), a_label(state, RepeatPolicy.COVERT))
    assert decide(trace, UNCOUNTED, NOW).verdict is verdict
    assert not counts(trace)


def test_a_code_never_issued_is_unknown_and_not_counted() -> None:
    trace = Trace("1688012345678904", "liquor")
    assert decide(trace, UNCOUNTED, NOW).verdict is V.UNKNOWN
    assert not counts(trace)


def test_what_is_issued_and_active_counts_also_when_recalled() -> None:
    assert counts(a_trace(a_liquor()))
    assert counts(a_trace(a_melon()))
    assert counts(a_trace(a_liquor(recall=RECALL)))


def test_safety_outranks_the_repeat() -> None:
    recalled = a_trace(a_liquor(recall=RECALL, shelf_life_days=1))
    expired = a_trace(a_liquor(shelf_life_days=1))
    for standing in (FIRST, Standing(2, NOW, own=True), Standing(7, NOW)):
        assert decide(recalled, standing, NOW).verdict is V.RECALLED
        assert decide(expired, standing, NOW).verdict is V.EXPIRED


def test_the_best_before_day_itself_is_good_until_midnight_in_shanghai() -> None:
    # Produced 2026-03-01, 70 days: best before 2026-05-10, whose last second is 15:59:59Z.
    trace = a_trace(a_liquor(produced_on=date(2026, 3, 1), shelf_life_days=70))
    assert decide(trace, FIRST, datetime(2026, 5, 10, 15, 59, 59, tzinfo=UTC)).verdict is V.GENUINE_FIRST
    assert decide(trace, FIRST, datetime(2026, 5, 10, 16, 0, tzinfo=UTC)).verdict is V.EXPIRED


def test_without_shelf_life_nothing_expires() -> None:
    assert decide(a_trace(a_liquor()), FIRST, datetime(2099, 1, 1, tzinfo=UTC)).verdict is V.GENUINE_FIRST


@pytest.mark.parametrize(
    ("fields", "gap"),
    [
        ({"test_report": None}, "NO_TEST_REPORT"),
        ({"pesticides": None}, "NO_PESTICIDE_RECORD"),
        ({"commitment": None}, "NO_COMMITMENT"),
        ({"test_report": {"report_no": "1", "body": "站", "tested_on": "2026-05-01", "result": "fail"}}, "TEST_FAILED"),
    ],
)
def test_a_missing_link_is_incomplete_and_never_counterfeit(fields: dict[str, object], gap: str) -> None:
    decision = decide(a_trace(a_melon(**fields)), FIRST, NOW)
    assert decision.verdict is V.TRACE_INCOMPLETE
    assert decision.reasons == (gap,)


def test_an_active_label_without_its_record_is_never_called_genuine() -> None:
    for name in ("liquor", "melon"):
        trace = Trace("1688012345678904", name, a_label(policy=RepeatPolicy.COVERT))
        assert decide(trace, FIRST, NOW).verdict is V.TRACE_INCOMPLETE


def test_a_record_of_another_type_is_as_good_as_none() -> None:
    trace = Trace("1688012345678904", "liquor", a_label(policy=RepeatPolicy.COVERT), a_melon())
    assert decide(trace, FIRST, NOW).verdict is V.TRACE_INCOMPLETE


def test_a_melon_that_is_still_to_be_picked_is_not_traced() -> None:
    melon = a_melon()
    for day, verdict in ((melon.picked_on, V.TRACE_OK), (melon.picked_on - timedelta(days=1), V.TRACE_INCOMPLETE)):
        now = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        assert decide(a_trace(melon), FIRST, now).verdict is verdict
