"""Flour and tomato paste; what they share with liquor is tested in test_goods.py."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.inputs import Inputs
from gateway.domain.judgement import decide
from gateway.domain.records.base import Entry
from gateway.domain.records.flour import FLOUR
from gateway.domain.records.liquor import LIQUOR
from gateway.domain.records.packaged import Foodstuff, Packaged
from gateway.domain.records.registry import REGISTRY
from gateway.domain.records.tomato import TOMATO
from gateway.domain.trace import RepeatPolicy, Standing
from gateway.domain.verdict import Verdict
from tests.builders.traces import FIRST, NOW, TODAY, a_flour, a_label, a_liquor, a_tomato, a_trace

V = Verdict
FAILED = {"report_no": "1", "body": "市检", "tested_on": "2026-04-05", "result": "fail"}
BUILDERS = [a_flour, a_tomato]


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize(
    ("standing", "verdict"),
    [
        (Standing(1, NOW), V.GENUINE_FIRST),
        (Standing(2, NOW, own=True), V.SELF_REPEAT),
        (Standing(2, NOW), V.REPEAT_WARN),
    ],
)
def test_they_are_covert_goods(build: Callable[..., Foodstuff], standing: Standing, verdict: Verdict) -> None:
    assert decide(a_trace(build()), standing, NOW).verdict is verdict


@pytest.mark.parametrize("build", BUILDERS)
def test_what_failed_its_test_is_not_called_genuine(build: Callable[..., Foodstuff]) -> None:
    failed = build(test_report=FAILED)
    for standing in (FIRST, Standing(2, NOW, own=True), Standing(2, NOW)):
        decision = decide(a_trace(failed), standing, NOW)
        assert (decision.verdict, decision.reasons) == (V.TRACE_INCOMPLETE, ("TEST_FAILED",))
    assert decide(a_trace(failed, a_label()), FIRST, NOW).verdict is V.TRACE_INCOMPLETE


def test_without_a_test_report_flour_is_still_the_maker_s() -> None:
    assert decide(a_trace(a_flour(test_report=None)), FIRST, NOW).verdict is V.GENUINE_FIRST
    assert decide(a_trace(a_flour(test_report=None), a_label()), FIRST, NOW).verdict is V.TRACE_OK


def test_a_shelf_life_over_a_leap_day() -> None:
    flour = a_flour(produced_on=date(2027, 9, 2), shelf_life_days=180, test_report=None)
    assert flour.best_before == date(2028, 2, 29)
    for at, verdict in (
        (datetime(2028, 2, 29, 15, 59, 59, tzinfo=UTC), V.GENUINE_FIRST),
        (datetime(2028, 2, 29, 16, 0, tzinfo=UTC), V.EXPIRED),
    ):
        assert decide(a_trace(flour), FIRST, at).verdict is verdict


def test_what_is_made_tomorrow_is_not_called_genuine_today() -> None:
    ahead = a_liquor(produced_on=TODAY + timedelta(days=1))
    for policy in RepeatPolicy:
        assert decide(a_trace(ahead, a_label(policy=policy)), FIRST, NOW).verdict is V.TRACE_INCOMPLETE
    assert decide(a_trace(a_liquor(produced_on=TODAY)), FIRST, NOW).verdict is V.GENUINE_FIRST


@pytest.mark.parametrize("name", ["liquor", "flour", "tomato"])
def test_no_day_may_lie_ahead_on_the_day_of_entry(name: str) -> None:
    recall = {"reason": "霉变", "scope": "全部", "phone": "0478-0000000", "announced_on": TODAY}
    build = {"liquor": a_liquor, "flour": a_flour, "tomato": a_tomato}[name]
    made: Packaged = build(produced_on=TODAY, recall=recall, **({} if name == "liquor" else {"test_report": None}))
    kind = REGISTRY[name]
    assert list(kind.entry(made, Entry(TODAY, Inputs()))) == []
    eve = TODAY - timedelta(days=1)
    found = [(f.field, f.value, f.reason, f.severity) for f in kind.entry(made, Entry(eve, Inputs()))]
    reason = "晚于今天（2026-05-09）"
    assert found == [
        ("produced_on", "2026-05-10", reason, "error"),
        ("recall.announced_on", "2026-05-10", reason, "error"),
    ]


def test_a_test_dated_ahead_is_told() -> None:
    found = FLOUR.entry(a_flour(), Entry(date(2026, 4, 1), Inputs()))
    assert [fault.field for fault in found] == ["test_report.tested_on"]


def test_lots_and_distributors_are_not_for_the_public() -> None:
    flour = a_flour(distributor="巴彦粮贸", raw_material_lots=("XM-7731",))
    liquor = a_liquor(distributor="乌海酒水", region="乌海市", carton_code="CARTON-9")
    said = [*FLOUR.values(flour, TODAY).values(), *LIQUOR.values(liquor, TODAY).values()]
    for secret in ("巴彦粮贸", "XM-7731", "乌海酒水", "乌海市", "CARTON-9"):
        assert secret not in said


def test_weights_are_said_as_people_write_them() -> None:
    assert FLOUR.values(a_flour(), TODAY)["net_kg"] == "5"
    assert TOMATO.values(a_tomato(), TODAY)["net_kg"] == "0.85"


def test_a_carton_leads_to_its_batch() -> None:
    assert LIQUOR.facts(a_liquor(carton_code="CARTON-9")).aliases == ("carton/CARTON-9",)
    assert LIQUOR.facts(a_liquor()).aliases == ()
