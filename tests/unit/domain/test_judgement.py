from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.judgement import clause, counts, decide
from gateway.domain.trace import Label, LabelState, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict
from tests.builders.traces import CODE, FIRST, NOW, UNCOUNTED, a_cylinder, a_fill, a_label, a_lift, a_liquor, a_trace

V = Verdict


def values_of(trace: Trace, standing: Standing = FIRST, now: datetime = NOW) -> dict[str, object]:
    return dict(clause(trace, standing, decide(trace, standing, now), now).values)


def test_what_no_type_knows_is_unknown_and_never_counted() -> None:
    for trace in (Trace(CODE, None), Trace("7" + CODE[1:], "vehicle"), Trace("蒙C12312", "vehicle")):
        assert decide(trace, UNCOUNTED, NOW).verdict is V.UNKNOWN
        assert not counts(trace)


@pytest.mark.parametrize("state", LabelState)
def test_a_label_of_a_class_without_type_is_never_called_genuine(state: LabelState) -> None:
    verdict = decide(Trace("0" + CODE[1:], "feed", a_label(state)), FIRST, NOW).verdict
    unused = {LabelState.MINTED: V.NOT_ACTIVATED, LabelState.ISSUED: V.NOT_ACTIVATED}
    assert verdict is ({LabelState.ACTIVE: V.TRACE_INCOMPLETE} | unused).get(state, V.LABEL_VOID)


def test_keys_are_shown_as_the_public_may_see_them() -> None:
    assert values_of(Trace(CODE, None))["code"] == "1688****8904"
    assert values_of(Trace("蒙C12312", "vehicle"))["code"] == "蒙C***12"
    assert values_of(a_trace(None))["code"] == "012345"


def test_a_clause_goes_to_its_verdict_s_words_in_its_type_s_folder() -> None:
    said = clause(a_trace(a_liquor()), FIRST, Decision(V.GENUINE_FIRST, "first query"), NOW)
    assert (said.record_type, said.name) == ("liquor", "GENUINE_FIRST")


def test_names_and_numbers_of_people_and_cylinders_leave_masked() -> None:
    fill = a_fill(operator="李志强", operator_certificate="T6150300231")
    trace = a_trace(a_cylinder(last_fill=fill, delivery={"name": "张建国", "staff_no": "023"}))
    told = values_of(trace)
    assert told["cylinder_no"] == "****5678"
    assert told["courier"] == "张师傅"
    everything = " ".join(map(str, told.values()))
    for secret in ("张建国", "李志强", "T6150300231", "WH12345678"):
        assert secret not in everything


def test_only_a_genuine_answer_returns_the_countersign() -> None:
    label = Label(LabelState.ACTIVE, RepeatPolicy.COVERT, NOW, NOW, countersign="骏马")
    trace = a_trace(a_liquor(), label)
    assert values_of(trace)["countersign"] == "骏马"
    assert values_of(trace, Standing(2, NOW, own=True))["countersign"] == "骏马"
    assert values_of(trace, Standing(2, NOW))["countersign"] is None
    used = a_trace(a_cylinder(), Label(LabelState.CONSUMED, RepeatPolicy.OPEN, NOW, NOW, countersign="骏马"))
    assert values_of(used)["countersign"] is None


def test_the_first_query_is_told_in_local_time() -> None:
    standing = Standing(3, datetime(2026, 4, 30, 18, 20, tzinfo=UTC))
    told = values_of(a_trace(a_liquor()), standing)
    assert (told["count"], told["first_at"], told["first_at_short"]) == (3, "2026-05-01 02:20", "05-01 02:20")
    assert values_of(a_trace(a_liquor()), UNCOUNTED)["first_at"] is None


def test_data_as_of_is_told_when_the_source_is_older_than_a_day() -> None:
    old = NOW - timedelta(hours=25)
    assert values_of(a_trace(a_lift(), source_at=old))["data_as_of"] == "05-09 11:00"
    assert values_of(a_trace(a_lift(), source_at=NOW))["data_as_of"] is None
    never = values_of(a_trace(a_lift(), source_at=None))
    assert (never["data_as_of"], never["stale"]) == (None, True)
    assert values_of(a_trace(a_liquor(), source_at=old))["stale"] is False  # a bottle's record does not age
