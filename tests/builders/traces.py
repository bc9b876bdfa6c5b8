"""Records, labels and traces in good order; a test names only what it makes different."""

from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import msgspec

from gateway.domain.records.cylinder import Inspection
from gateway.domain.records.flour import Flour
from gateway.domain.records.goods import TestReport
from gateway.domain.records.lift import Lift
from gateway.domain.records.liquor import Liquor
from gateway.domain.records.lpg import Cylinder, Fill
from gateway.domain.records.meat import Meat
from gateway.domain.records.meat_chain import (
    Animal,
    Leg,
    Processing,
    Quarantine,
    Retail,
    Slaughter,
    Vaccination,
)
from gateway.domain.records.melon import Commitment, Melon
from gateway.domain.records.station import Station
from gateway.domain.records.tomato import TomatoPaste
from gateway.domain.records.vehicle import Certificate, Vehicle, VehicleCylinder
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


def a_flour(**fields: object) -> Flour:
    made = Flour(
        product="恒丰雪花粉",
        batch_no="HF-0401",
        maker="恒丰食品",
        net_kg=5.0,
        produced_on=date(2026, 4, 1),
        shelf_life_days=180,
        test_report=TestReport(report_no="HF-1", body="厂检", tested_on=date(2026, 4, 2), result="pass"),
    )
    return changed(made, **fields)


def a_tomato(**fields: object) -> TomatoPaste:
    made = TomatoPaste(
        product="番茄酱",
        batch_no="TM-0901",
        maker="河套番茄制品厂",
        net_kg=0.85,
        produced_on=date(2025, 9, 1),
        shelf_life_days=730,
        brix=28.5,
    )
    return changed(made, **fields)


def a_meat(**fields: object) -> Meat:
    """Return a lot whose chain is whole: one sheep, slaughtered on 1 May, no drugs."""
    made = Meat(
        product="巴美羊肉",
        batch_no="BM-0501",
        farm="乌拉特中旗草原牧场",
        animals=(Animal(ear_tag="315082400000001", breed="巴美肉羊", born_on=date(2025, 9, 1)),),
        feeds=(),
        vaccines=(Vaccination(disease="口蹄疫", vaccine="O型灭活疫苗", given_on=date(2025, 11, 1)),),
        vet_drugs=(),
        animal_quarantine=Quarantine(number="1508240001", issued_on=date(2026, 4, 30)),
        slaughter=Slaughter(abattoir="临河清真屠宰场", slaughtered_on=date(2026, 5, 1)),
        quarantine=Quarantine(number="1508020101", issued_on=date(2026, 5, 1)),
        processing=Processing(plant="临河分割厂", cut="后腿", packed_on=date(2026, 5, 2), net_kg=1.0),
        logistics=(Leg(carrier="冷链物流", departed_at=NOW - timedelta(days=7)),),
        retail=Retail(shop="新华超市", arrived_on=date(2026, 5, 4)),
        shelf_life_days=30,
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
        owner_station="station-pingan",
        owner_phone="0473-0000000",
        last_fill=a_fill(),
    )
    return changed(made, **fields)


def a_vehicle_cylinder(**fields: object) -> VehicleCylinder:
    made = VehicleCylinder(
        cylinder_no="CN20200001",
        type="CNG-1",
        maker="钢瓶厂",
        manufactured_on="2023-04",
        scrap_on="2038-04",
        inspection=Inspection(next_on="2027-04", body="乌海市特检所"),
        purged_on=date(2023, 5, 1),
    )
    return changed(made, **fields)


def a_vehicle(**fields: object) -> Vehicle:
    made = Vehicle(
        plate="蒙C12312",
        category="taxi",
        fuel="CNG",
        original_fuel="CNG",
        cylinders=(a_vehicle_cylinder(),),
        certificate=Certificate(
            number="蒙C20230045", issued_by="乌海市市场监管局", issued_on=date(2023, 6, 1), cylinders=("CN20200001",)
        ),
    )
    return changed(made, **fields)


def a_station(**fields: object) -> Station:
    made = Station(
        station_id="station-pingan",
        name="平安气站",
        address="海勃湾区滨河路1号",
        district="150302",
        gases=("LPG", "CNG"),
        licence_no="TS415030012",
        licence_valid_to=date(2027, 6, 1),
        duty_phone="0473-0000000",
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
        case Flour():
            return Trace("2" + CODE[1:], "flour", label or a_label(policy=RepeatPolicy.COVERT), record, source_at)
        case TomatoPaste():
            return Trace("3" + CODE[1:], "tomato", label or a_label(policy=RepeatPolicy.COVERT), record, source_at)
        case Meat():
            return Trace("5" + CODE[1:], "meat", label or a_label(), record, source_at)
        case Melon():
            return Trace("4" + CODE[1:], "melon", label or a_label(), record, source_at)
        case Cylinder():
            return Trace("6" + CODE[1:], "lpg", label or a_label(), record, source_at)
        case Vehicle():
            return Trace("7" + CODE[1:], "vehicle", label or a_label(), record, source_at)
        case Station():
            return Trace("8" + CODE[1:], "station", label or a_label(), record)
        case _:
            return Trace("012345", "lift", label, record, source_at)
