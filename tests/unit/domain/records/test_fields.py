"""What each type's fields refuse, at the edge where a record enters."""

from collections.abc import Callable

import msgspec
import pytest

from gateway.domain.records.registry import REGISTRY, of_class
from gateway.domain.trace import Record
from tests.builders.traces import (
    a_cylinder,
    a_fill,
    a_flour,
    a_lift,
    a_liquor,
    a_meat,
    a_melon,
    a_station,
    a_tomato,
    a_vehicle,
    a_vehicle_cylinder,
)

RECALL = {"reason": "瓶盖", "scope": "全部", "phone": "0478-0000000", "announced_on": "2026-04-01"}


@pytest.mark.parametrize(
    "record",
    [
        a_liquor(recall=RECALL),
        a_flour(),
        a_tomato(),
        a_meat(),
        a_melon(),
        a_cylinder(),
        a_vehicle(),
        a_station(),
        a_lift(),
    ],
    ids=lambda r: type(r).__name__,
)
def test_a_record_survives_the_database(record: Record) -> None:
    assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record


REFUSED: list[tuple[Callable[..., msgspec.Struct], dict[str, object], str]] = [
    (a_liquor, {"alcohol_vol": 80}, "alcohol_vol"),
    (a_liquor, {"alcohol_vol": 0}, "alcohol_vol"),
    (a_liquor, {"licence": "SC1151508260001"}, "licence"),
    (a_liquor, {"gtin": "6901234567893"}, "gtin: 6901234567893 商品条码校验位不对"),
    (a_liquor, {"spec_ml": 0}, "spec_ml"),
    (a_liquor, {"product": ""}, "product"),
    (a_liquor, {"product": "瓶" * 61}, "product"),
    (a_liquor, {"produced_on": "2026-06-31"}, "produced_on"),
    (a_liquor, {"recall": {**RECALL, "phone": "现在就打"}}, "phone"),
    (a_liquor, {"recall": {"reason": "瓶盖", "scope": "全部", "announced_on": "2026-04-01"}}, "phone"),
    (
        a_liquor,
        {"recall": {**RECALL, "announced_on": "2026-02-01"}},
        "recall.announced_on: 2026-02-01 召回公告日期早于生产日期",
    ),
    (a_liquor, {"colour": "red"}, "colour"),
    (a_melon, {"planted_on": "2026-05-02"}, "planted_on: 2026-05-02 种植日期应早于采收日期2026-05-02"),
    (
        a_melon,
        {"test_report": {"report_no": "1", "body": "站", "tested_on": "2026-04-24", "result": "pass"}},
        "test_report.tested_on: 2026-04-24 检测日期早于采收前7天（2026-04-25）",
    ),
    (a_melon, {"plot": {"latitude": 107.01, "longitude": 40.33}}, "plot.latitude"),
    (a_flour, {"shelf_life_days": None}, "shelf_life_days"),
    (a_flour, {"net_kg": 0}, "net_kg"),
    (a_flour, {"ash_percent": 7}, "ash_percent"),
    (
        a_flour,
        {"test_report": {"report_no": "1", "body": "厂检", "tested_on": "2026-03-31", "result": "pass"}},
        "test_report.tested_on: 2026-03-31 检验日期早于生产日期",
    ),
    (a_tomato, {"brix": 100}, "brix"),
    (a_cylinder, {"cylinder_no": "wh12345678"}, "cylinder_no"),
    (a_cylinder, {"last_fill": a_fill(weight_kg=15)}, "last_fill.weight_kg: 15.0 超过最大充装量（14.9kg）"),
    (a_cylinder, {"scrap_on": "2022-03"}, "scrap_on: 2022-03 应晚于制造日期（2022-03）"),
    (a_cylinder, {"scrap_on": "2030-02-30"}, "scrap_on: 2030-02-30 不是存在的日期"),
    (a_cylinder, {"inspection": {"next_on": "2027-06-31"}}, "inspection.next_on: 2027-06-31 不是存在的日期"),
    (a_cylinder, {"inspection": {"next_on": "2027-03", "last_on": "2026-02-30"}}, "inspection.last_on: 2026-02-30 不"),
    (
        a_cylinder,
        {"inspection": {"next_on": "2027-03", "last_on": "2027-03"}},
        "inspection.next_on: 2027-03 应晚于上次检验日期（2027-03）",
    ),
    (a_fill, {"at": "2026-05-01T08:00:00"}, "last_fill.at: 2026-05-01 08:00:00 缺少时区"),
    (a_fill, {"weight_kg": 0}, "weight_kg"),
    (a_vehicle, {"plate": "蒙C1231"}, "plate"),
    (a_vehicle, {"plate": "蒙CI2312"}, "plate"),  # the letter I is on no plate
    (a_vehicle, {"plate": "C12312"}, "plate"),
    (a_vehicle, {"plate": "蒙c12312"}, "plate"),
    (a_vehicle, {"cylinders": []}, "cylinders"),
    (
        a_vehicle,
        {"cylinders": [a_vehicle_cylinder(), a_vehicle_cylinder(tag="damaged")]},
        "cylinders.cylinder_no: CN20200001 在同一辆车上重复",
    ),
    (a_vehicle_cylinder, {"scrap_on": "2023-04"}, "scrap_on: 2023-04 应晚于制造日期（2023-04）"),
    (a_vehicle_cylinder, {"type": "CNG-5"}, "type"),
    (a_vehicle_cylinder, {"epc": "30"}, "epc"),
    (a_station, {"gases": []}, "gases"),
    (a_station, {"uscc": "91150302MA0000015X"}, "uscc: 91150302MA0000015X 统一社会信用代码校验不通过"),
    (a_station, {"licence_valid_from": "2027-06-02"}, "licence_valid_to: 2027-06-01 早于许可开始日期（2027-06-02）"),
    (
        a_station,
        {"dispensers": [{"number": "1", "kind": "gun", "verified_to": "2026-05-10"}] * 2},
        "dispensers.number: 1 重复",
    ),
    (a_station, {"district": "1503"}, "district"),
    (a_lift, {"local_no": "1234"}, "local_no"),
    (a_lift, {"next_inspection": "2026-06-31"}, "next_inspection: 2026-06-31 不是存在的日期"),
    (a_lift, {"next_self_test": "2026-02-29"}, "next_self_test: 2026-02-29 不是存在的日期"),
    (
        a_lift,
        {"registration_code": "31101503022018130012"},
        "registration_code: 31101503022018130012 20位注册代码应为",
    ),
    (a_lift, {"registration_code": "1234"}, "registration_code"),
    (a_lift, {"emergency_phone": "0473-0000000&18600000000"}, "emergency_phone"),
    (a_lift, {"state": "broken"}, "state"),
    (a_lift, {"monitor_seen_at": "2026-05-01T08:00:00"}, "monitor_seen_at: 2026-05-01 08:00:00 缺少时区"),
]


def _name(value: object) -> str:
    """Name a case the same in every process; a function's text holds its address."""
    return str(getattr(value, "__name__", value))[:60]


@pytest.mark.parametrize(("build", "fields", "says"), REFUSED, ids=_name)
def test_a_record_that_breaks_a_rule_is_refused_by_field(
    build: Callable[..., msgspec.Struct], fields: dict[str, object], says: str
) -> None:
    with pytest.raises(msgspec.ValidationError) as refusal:
        build(**fields)
    assert says in str(refusal.value)


def test_bounds_that_are_just_right_pass() -> None:
    assert a_melon(test_report={"report_no": "1", "body": "站", "tested_on": "2026-04-25", "result": "pass"}).gaps == ()
    assert a_cylinder(last_fill=a_fill(weight_kg=14.9)).last_fill is not None
    assert a_vehicle(plate="蒙CD12345").plate == "蒙CD12345"  # new energy: six characters
    assert a_lift(registration_code="31101503022018120012", local_no="12345").local_no == "12345"
    assert a_lift(registration_code="3110150302201812A").registration_code == "3110150302201812A"


def test_class_digits_lead_to_their_types() -> None:
    classes = ("liquor", "flour", "tomato", "melon", "meat", "lpg", "vehicle", "station")
    assert {digit: kind.name for digit in range(10) if (kind := of_class(digit))} == dict(enumerate(classes, 1))
    assert set(REGISTRY) == {*classes, "lift"}
