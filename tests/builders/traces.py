"""Records, labels and traces in good order; a test names only what it makes different."""

from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import msgspec

from gateway.domain.records.lift import Lift
from gateway.domain.records.liquor import Liquor
from gateway.domain.records.lpg import Cylinder, Fill, Inspection
from gateway.domain.records.melon import Commitment, Melon, TestReport
from gateway.domain.trace import Label, LabelState, Record, RepeatPolicy, Standing, Trace

S = TypeVar("S", bound=msgspec.Struct)

NOW = datetime(2026, 5, 10, 4, 0, tzinfo=UTC)  # noon of 10 May in Asia/Shanghai
TODAY = date(2026, 5, 10)
CODE = "1688012345678904"
FIRST, UNCOUNTED = Standing(1, NOW), Standing(0, None)


def changed(record: S, **fields: object) -> S:
    """Return the record with other fields, checked as it would be when it enters."""
    return msgspec.convert({**msgspec.to_builtins(record), **msgspec.to_builtins(fields)}, type(record))


def a_liquor(**fields: object) -> Liquor:
    made = Liquor(
        product="河套王",
        batch_no="A0312",
        maker="河套酒业",
        spec_ml=500,
        alcohol_vol=52.0,
        produced_on=date(2026, 3, 1),
    )
    return changed(made, **fields)


def a_melon(**fields: object) -> Melon:
    made = Melon(
        product="华莱士瓜",
        batch_no="HLS-01",
        origin="磴口县巴彦高勒镇",
        cooperative="三盛蜜瓜合作社",
        picked_on=date(2026, 5, 2),
        pesticides=(),
        test_report=TestReport(report_no="DK-1", body="检测站", tested_on=date(2026, 5, 1), result="pass"),
        commitment=Commitment(number="CN-1", issued_on=date(2026, 5, 2), basis="自检合格"),
    )
    return changed(made, **fields)


def a_fill(**fields: object) -> Fill:
    made = Fill(
        station="平安气站",
        licence_no="TS4",
        licence_valid_to=date(2027, 1, 1),
        at=NOW - timedelta(days=3),
        weight_kg=14.5,
    )
    return changed(made, **fields)


def a_cylinder(**fields: object) -> Cylinder:
    made = Cylinder(
        cylinder_no="WH12345678",
        maker="钢瓶厂",
        model="YSP35.5",
        max_fill_kg=14.9,
        manufactured_on="2022-03",
        scrap_on="2030-03",
        inspection=Inspection(next_on="2027-03"),
        owner="平安气站",
        owner_phone="0473-0000000",
        last_fill=a_fill(),
    )
    return changed(made, **fields)


def a_lift(**fields: object) -> Lift:
    made = Lift(
        local_no="012345",
        address="滨河小区3号楼1单元",
        use_unit="物业",
        maintenance_unit="安泰电梯",
        emergency_phone="0473-0000000",
        last_maintenance_on=date(2026, 5, 1),
        next_inspection="2026-11",
    )
    return changed(made, **fields)


def a_label(state: LabelState = LabelState.ACTIVE, policy: RepeatPolicy = RepeatPolicy.OPEN) -> Label:
    return Label(state, policy, issued_at=NOW - timedelta(days=30), bound_at=NOW - timedelta(days=3))


def a_trace(record: Record | None, label: Label | None = None, *, source_at: datetime | None = NOW) -> Trace:
    """Return what is found for a record's code; a lift's own number and no label for a lift."""
    match record:
        case Liquor():
            covert = a_label(policy=RepeatPolicy.COVERT)
            return Trace(CODE, "liquor", label or covert, record, source_at)
        case Melon():
            return Trace("4" + CODE[1:], "melon", label or a_label(), record, source_at)
        case Cylinder():
            return Trace("6" + CODE[1:], "lpg", label or a_label(), record, source_at)
        case _:
            return Trace("012345", "lift", label, record, source_at)
