from datetime import date, timedelta

import pytest

from gateway.domain.inputs import Input, InputKind, Inputs
from gateway.domain.judgement import decide
from gateway.domain.records.base import Entry
from gateway.domain.records.melon import MELON, Melon
from gateway.domain.verdict import Verdict
from tests.builders.traces import FIRST, NOW, TODAY, a_melon, a_trace

V = Verdict
PICKED = date(2026, 5, 2)
LIST = Inputs(
    [
        Input(name="甲胺磷", kind=InputKind.PESTICIDE, banned=True),
        Input(name="吡虫啉", kind=InputKind.PESTICIDE, interval_days=7),
    ]
)


def a_spray(**fields: object) -> dict[str, object]:
    return {"name": "吡虫啉", "applied_on": PICKED - timedelta(days=20), "safety_interval_days": 7, **fields}


def faults(melon: Melon, today: date = TODAY) -> list[tuple[str, str, str, str]]:
    found = MELON.entry(melon, Entry(today, LIST))
    return [(fault.field, fault.value, fault.reason, fault.severity) for fault in found if fault.field != "quantity_kg"]


def in_good_order(**fields: object) -> Melon:
    return a_melon(hotline="0478-0000002", **fields)


def test_picking_on_the_first_day_after_the_interval_is_lawful() -> None:
    melon = in_good_order(pesticides=[a_spray(applied_on=PICKED - timedelta(days=7))])
    assert decide(a_trace(melon), FIRST, NOW).verdict is V.TRACE_OK
    assert faults(melon) == []


def test_picking_a_day_early_warns_the_grower_and_is_never_called_whole() -> None:
    early, later = a_spray(applied_on=PICKED - timedelta(days=6)), a_spray(applied_on=PICKED - timedelta(days=4))
    melon = in_good_order(pesticides=[later, early])
    decision = decide(a_trace(melon), FIRST, NOW)
    assert (decision.verdict, decision.reasons) == (V.TRACE_INCOMPLETE, ("INSIDE_INTERVAL",))
    reason = "采收日期在末次用药的安全间隔期内（应不早于05-05）"
    assert faults(melon) == [("picked_on", "2026-05-02", reason, "warning")]


@pytest.mark.parametrize(("year", "first"), [(2026, date(2026, 3, 1)), (2028, date(2028, 2, 29))])
def test_an_interval_over_the_end_of_february_knows_leap_years(year: int, first: date) -> None:
    spray = a_spray(applied_on=date(year, 2, 22))
    tested = {"report_no": "1", "body": "站", "tested_on": date(year, 2, 25), "result": "pass"}
    for picked, gaps in ((first - timedelta(days=1), ("INSIDE_INTERVAL",)), (first, ())):
        assert a_melon(picked_on=picked, pesticides=[spray], test_report=tested).gaps == gaps


@pytest.mark.parametrize("name", ["甲胺磷", "50%甲胺磷乳油", "５０％甲胺磷乳油"])
def test_a_banned_pesticide_keeps_the_record_out_however_it_is_written(name: str) -> None:
    melon = in_good_order(pesticides=[a_spray(), a_spray(name=name)])
    assert faults(melon) == [("pesticides[1].name", name, "甲胺磷是禁用农药", "error")]


def test_fewer_days_than_the_list_s_cannot_be_declared() -> None:
    melon = in_good_order(pesticides=[a_spray(safety_interval_days=6)])
    field = "pesticides[0].safety_interval_days"
    assert faults(melon) == [(field, "6", "少于投入品清单中吡虫啉的7天", "error")]
    assert faults(in_good_order(pesticides=[a_spray(safety_interval_days=8)])) == []
    assert faults(in_good_order(pesticides=[a_spray(name="新药", safety_interval_days=0)])) == []


def test_no_day_may_lie_ahead_on_the_day_of_entry() -> None:
    spray = a_spray(applied_on=PICKED + timedelta(days=1))
    melon = in_good_order(
        planted_on=date(2026, 5, 1),
        pesticides=[spray],
        fertilisers=[{"name": "尿素", "applied_on": PICKED}],
        commitment={"number": "1", "issued_on": PICKED, "basis": "自检合格"},
        recall={"reason": "农残", "scope": "全部", "phone": "0478-0000000", "announced_on": PICKED},
        test_report={"report_no": "1", "body": "站", "tested_on": PICKED, "result": "pass"},
    )
    assert faults(melon, PICKED)[:1] == [("pesticides[0].applied_on", "2026-05-03", "晚于今天（2026-05-02）", "error")]
    ahead = [field for field, _, reason, _ in faults(melon, date(2026, 4, 30)) if reason == "晚于今天（2026-04-30）"]
    assert ahead == [
        "planted_on",
        "picked_on",
        "test_report.tested_on",
        "commitment.issued_on",
        "pesticides[0].applied_on",
        "fertilisers[0].applied_on",
        "recall.announced_on",
    ]


def test_a_commitment_wants_its_mandatory_words() -> None:
    found = [(f.field, f.severity) for f in MELON.entry(a_melon(), Entry(TODAY, LIST))]
    assert found == [("quantity_kg", "warning"), ("hotline", "warning")]
    assert list(MELON.entry(a_melon(commitment=None), Entry(TODAY, LIST))) == []


def test_the_public_sees_a_village_and_a_surname() -> None:
    melon = a_melon(
        plot={"latitude": 40.33456, "longitude": 107.00449},
        grower="王海",
        shipped_to="呼和浩特万惠市场",
        pesticides=[a_spray(dose="30克/亩", operator="李志强")],
    )
    values = MELON.values(melon, TODAY)
    assert (values["plot"], values["grower"]) == ("40.33,107.00", "王**")
    said = " ".join(map(str, values.values()))
    for private in ("王海", "40.334", "万惠", "30克", "李志强", "吡虫啉"):
        assert private not in said
