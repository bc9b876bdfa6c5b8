"""What a citizen reads of cylinders, vehicles, filling stations and lifts: each verdict, word for word."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from gateway.domain.records.cylinder import REASON_WORDS, Reason
from gateway.domain.trace import Label, LabelState, Record, RepeatPolicy, Trace
from gateway.domain.verdict import Verdict
from tests.builders.city import ROOT, answer, first_answer, shipped_renderer
from tests.builders.traces import (
    FIRST,
    NOW,
    UNCOUNTED,
    a_cylinder,
    a_fill,
    a_label,
    a_lift,
    a_station,
    a_trace,
    a_vehicle,
    a_vehicle_cylinder,
)

V = Verdict
RENDERER = shipped_renderer()
TWO_DAYS = timedelta(days=2)
COURIER = {"name": "张建国", "staff_no": "023"}
VOID, ISSUED = LabelState.LOST, LabelState.ISSUED
OVERDUE = a_vehicle_cylinder(inspection={"next_on": "2026-03", "body": "乌海市特检所"})
PURGED = a_vehicle_cylinder(purged_on=None)
OTHER = {"number": "1", "issued_by": "局", "issued_on": "2023-06-01", "cylinders": ["CN-9"]}

VEHICLE = Trace("7688012345678904", "vehicle")
STATION = Trace("8688012345678904", "station")
ACTIVE = a_label()

TEXTS: list[tuple[Trace, str]] = [
    (a_trace(a_vehicle()), "蒙C***12：可充装。登记证有效，下次检验2027-04，标签正常。"),
    (
        a_trace(a_vehicle(cylinders=[OVERDUE])),
        "蒙C***12：禁止充装。原因：检验过期(2026-03)。请到乌海市特检所检验。咨询举报12315。",
    ),
    (
        a_trace(a_vehicle(hold="事故调查", cylinders=[OVERDUE])),
        "蒙C***12：禁止充装。原因：监管部门责令停充。咨询举报12315。",
    ),
    (
        a_trace(a_vehicle(cylinders=[a_vehicle_cylinder(state="scrapped")])),
        "蒙C***12：禁止充装。原因：气瓶已报废。咨询举报12315。",
    ),
    (
        a_trace(a_vehicle(cylinders=[a_vehicle_cylinder(scrap_on="2026-04")])),
        "蒙C***12：禁止充装。原因：超过使用年限。咨询举报12315。",
    ),
    (
        a_trace(a_vehicle(cylinders=[a_vehicle_cylinder(inspection={"next_on": "2027-04", "result": "fail"})])),
        "蒙C***12：禁止充装。原因：检验不合格。咨询举报12315。",
    ),
    (a_trace(a_vehicle(original_fuel="petrol")), "蒙C***12：禁止充装。原因：非法改装。咨询举报12315。"),
    (a_trace(a_vehicle(cylinders=[PURGED])), "蒙C***12：禁止充装。原因：首次充装前未置换。咨询举报12315。"),
    (
        a_trace(a_vehicle(certificate=None), source_at=NOW - TWO_DAYS),
        "蒙C***12：禁止充装。原因：无有效使用登记。咨询举报12315。数据截至05-08 12:00。",
    ),
    (a_trace(a_vehicle(certificate=OTHER)), "蒙C***12：禁止充装。原因：与使用登记不符。咨询举报12315。"),
    (
        a_trace(a_vehicle(cylinders=[a_vehicle_cylinder(tag="absent")])),
        "蒙C***12：禁止充装。原因：无有效电子标签。咨询举报12315。",
    ),
    (
        a_trace(a_vehicle(), source_at=NOW - TWO_DAYS),
        "蒙C***12：暂无法确认能否充装（数据截至05-08 12:00），请勿充装，咨询举报12315。",
    ),
    (
        Trace("7688012345678904", "vehicle", ACTIVE),
        "暂无法确认能否充装，请勿充装，咨询举报12315。",
    ),
    (a_trace(a_vehicle(), a_label(VOID)), "该车用气瓶标签已作废/挂失，禁止充装，举报12315。"),
    (a_trace(a_vehicle(), a_label(ISSUED)), "该车用气瓶标签尚未启用，无法确认使用登记，禁止充装，举报12315。"),
    (
        Trace("蒙C12312", "vehicle"),
        "查无此车瓶蒙C***12，无法确认，请核对车牌或标签编码后重发。咨询举报12315。",
    ),
    (a_trace(a_station()), "平安气站：充装许可有效至2027-06-01，可充装LPG、CNG。电话0473-0000000。"),
    (
        a_trace(a_station(dispensers=[{"number": "2", "kind": "gun", "verified_to": "2026-05-09"}])),
        "平安气站：充装许可有效至2027-06-01，可充装LPG、CNG。1台计量器具检定过期。电话0473-0000000。",
    ),
    (
        a_trace(a_station(licence_valid_to="2026-03-01")),
        "警告：平安气站充装许可已过期(至2026-03-01)，请勿充装，举报12315。",
    ),
    (
        a_trace(a_station(licence_valid_from="2026-06-01")),
        "警告：平安气站充装许可自2026-06-01起才生效，请勿充装，举报12315。",
    ),
    (
        a_trace(a_station(state="suspended", suspended_for="消防整改")),
        "警告：平安气站已被责令暂停充装（消防整改），请勿充装，举报12315。",
    ),
    (
        Trace("8688012345678904", "station", ACTIVE),
        "该充装站标牌已登记，但暂无站点信息，无法确认，请勿凭此充装。咨询举报12315。",
    ),
    (a_trace(a_station(), a_label(VOID)), "该充装站标牌已作废/挂失，请勿凭此充装，举报12315。"),
    (a_trace(a_station(), a_label(ISSUED)), "该充装站标牌尚未启用，无法确认，请勿凭此充装，举报12315。"),
    (STATION, "查无此站编码8688****8904，无法确认，请核对后重发。咨询举报12315。"),
    (
        a_trace(a_cylinder(delivery=COURIER)),
        "瓶号****5678：平安气站05-07充装14.5kg，下次检验2027-03，送气员张师傅(工号023)。可用。",
    ),
    (
        a_trace(a_cylinder(inspection={"next_on": "2026-03"})),
        "警告：瓶号****5678超期未检(应检2026-03)，请勿使用，联系平安气站0473-0000000或12315。",
    ),
    (
        a_trace(a_cylinder(hold="事故调查")),
        "瓶号****5678：暂无法确认是否安全，使用前请联系平安气站0473-0000000或12315。",
    ),
    (
        a_trace(a_lift()),
        "电梯012345 滨河小区3号楼1单元：末次维保05-01，检验有效至2026-11，正常。应急0473-0000000。",
    ),
    (
        a_trace(a_lift(monitor_seen_at=NOW - TWO_DAYS)),
        "电梯012345 滨河小区3号楼1单元：暂无法确认状况，请留意轿厢内检验标志。故障/被困请打0473-0000000。",
    ),
]


@pytest.mark.parametrize(("trace", "text"), TEXTS, ids=[text[:30] for _, text in TEXTS])
def test_each_verdict_is_one_short_message(trace: Trace, text: str) -> None:
    reply = RENDERER.reply([first_answer(trace, NOW)[1]])
    assert reply.text == f"【放心100】{text}"
    assert len(reply.segments) == 1
    assert len(reply.text) <= 70


def test_the_table_shows_every_verdict_on_vehicles_and_stations_and_every_reason_of_a_vehicle_s_own() -> None:
    shown = {(trace.record_type, first_answer(trace, NOW)[0]) for trace, _ in TEXTS}
    label = {V.UNKNOWN, V.LABEL_VOID, V.NOT_ACTIVATED}
    vehicles = label | {V.FILL_ALLOWED, V.FILL_DENIED, V.CYL_UNCONFIRMED}
    stations = label | {V.STATION_OK, V.LICENCE_EXPIRED, V.SUSPENDED, V.TRACE_INCOMPLETE}
    assert shown >= {("vehicle", verdict) for verdict in vehicles} | {("station", verdict) for verdict in stations}
    elsewhere = {Reason.UNKNOWN, Reason.STATION_UNLICENSED, Reason.STALE_DATA}
    for reason in set(Reason) - elsewhere:
        assert any(f"原因：{REASON_WORDS[reason]}" in text for _, text in TEXTS), reason


def test_nothing_but_a_permit_says_that_it_may_be_filled_and_nobody_in_danger_hears_it() -> None:
    for trace, text in TEXTS:
        verdict, said = first_answer(trace, NOW)
        assert ("可充装" in text) == (verdict in {V.FILL_ALLOWED, V.STATION_OK})
        in_danger = RENDERER.reply([replace(said, values={**said.values, "danger": True})])
        assert not any(well in in_danger.text for well in ("可充装", "可用", "正常"))
        assert len(in_danger.segments) == 1


LONG = "很" * 60
BARE_AND_LONG: list[Record] = [
    a_vehicle(),
    a_vehicle(plate="蒙CD12345", hold=LONG, cylinders=[a_vehicle_cylinder(inspection={"next_on": "2026-03"})]),
    a_vehicle(cylinders=[a_vehicle_cylinder(inspection={"next_on": "2026-03", "body": LONG})]),
    a_station(name=LONG, state="suspended", suspended_for=LONG),
    a_station(name=LONG, state="suspended"),
    a_station(name=LONG, licence_valid_to="2026-03-01"),
    a_station(name=LONG, gases=["LPG", "CNG", "LNG"]),
    a_cylinder(hold=LONG, last_fill=a_fill(station=LONG, operator=LONG)),
    a_lift(address=LONG, monitor_seen_at=NOW - TWO_DAYS),
]


def test_words_are_found_for_the_barest_record_and_the_longest_names_and_the_guide_names_every_value() -> None:
    guide = (ROOT / "sms_templates" / "README.md").read_text(encoding="utf-8")
    labels = [Label(state, RepeatPolicy.OPEN, issued_at=NOW) for state in LabelState]
    for record, label, source_at in product(BARE_AND_LONG, labels, (NOW, NOW - TWO_DAYS, None)):
        trace = a_trace(record, label, source_at=source_at)
        _, said = answer(trace, UNCOUNTED, NOW)
        reply = RENDERER.reply([said])
        assert "".join(reply.segments) == reply.text
        assert all(f"`{name}`" in guide for name in said.values)


@pytest.mark.parametrize("record", [a_vehicle(), a_station(), a_cylinder()], ids=lambda r: type(r).__name__)
def test_the_word_printed_on_the_label_comes_back_when_all_is_well(record: Record) -> None:
    label = replace(a_label(), countersign="骆驼")
    reply = RENDERER.reply([answer(a_trace(record, label), FIRST, NOW)[1]])
    assert "验证字：骆驼" in reply.text
