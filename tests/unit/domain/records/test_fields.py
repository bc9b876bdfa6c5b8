"""What each type's fields refuse, at the edge where a record enters."""

from collections.abc import Callable
from datetime import date

import msgspec
import pytest

from gateway.domain.records.melon import Pesticide
from gateway.domain.records.registry import REGISTRY, of_class
from gateway.domain.trace import Record
from tests.builders.traces import a_cylinder, a_fill, a_lift, a_liquor, a_melon

RECALL = {"reason": "瓶盖", "scope": "全部", "phone": "0478-0000000", "announced_on": "2026-04-01"}


@pytest.mark.parametrize(
    "record", [a_liquor(recall=RECALL), a_melon(), a_cylinder(), a_lift()], ids=lambda r: type(r).__name__
)
def test_a_record_survives_the_database(record: Record) -> None:
    assert msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record


REFUSED: list[tuple[Callable[..., msgspec.Struct], dict[str, object], str]] = [
    (a_liquor, {"alcohol_vol": 80}, "alcohol_vol"),
    (a_liquor, {"alcohol_vol": 0}, "alcohol_vol"),
    (a_liquor, {"licence": "SC1151508260001"}, "licence"),
    (a_liquor, {"gtin": "6901234567893"}, "gtin: 6901234567893 has a wrong check digit"),
    (a_liquor, {"spec_ml": 0}, "spec_ml"),
    (a_liquor, {"product": ""}, "product"),
    (a_liquor, {"product": "瓶" * 61}, "product"),
    (a_liquor, {"produced_on": "2026-06-31"}, "produced_on"),
    (a_liquor, {"recall": {**RECALL, "phone": "现在就打"}}, "phone"),
    (a_liquor, {"recall": {"reason": "瓶盖", "scope": "全部", "announced_on": "2026-04-01"}}, "phone"),
    (a_liquor, {"recall": {**RECALL, "announced_on": "2026-02-01"}}, "lies before produced_on"),
    (a_liquor, {"colour": "red"}, "colour"),
    (a_melon, {"planted_on": "2026-05-02"}, "planted_on: 2026-05-02 is not before picked_on"),
    (
        a_melon,
        {"pesticides": [{"name": "吡虫啉", "applied_on": "2026-04-26", "safety_interval_days": 7}]},
        "picked_on: 2026-05-02 lies inside the safety interval of 吡虫啉, over on 2026-05-03",
    ),
    (
        a_melon,
        {"pesticides": [{"name": "甲胺磷", "applied_on": "2026-01-01", "safety_interval_days": 7}]},
        "甲胺磷 is a prohibited pesticide",
    ),
    (
        a_melon,
        {"test_report": {"report_no": "1", "body": "站", "tested_on": "2026-04-24", "result": "pass"}},
        "over 7 days before picked_on",
    ),
    (a_cylinder, {"cylinder_no": "wh12345678"}, "cylinder_no"),
    (a_cylinder, {"last_fill": a_fill(weight_kg=15)}, "last_fill.weight_kg: 15.0 exceeds max_fill_kg 14.9"),
    (a_cylinder, {"scrap_on": "2022-03"}, "scrap_on: 2022-03 is not after manufactured_on"),
    (a_cylinder, {"scrap_on": "2030-02-30"}, "no such day"),
    (a_cylinder, {"inspection": {"next_on": "2027-06-31"}}, "2027-06-31: no such day, that month has 30"),
    (a_cylinder, {"inspection": {"next_on": "2027-03", "last_on": "2027-03"}}, "is not after last_on"),
    (a_fill, {"at": "2026-05-01T08:00:00"}, "has no time zone"),
    (a_fill, {"weight_kg": 0}, "weight_kg"),
    (a_lift, {"local_no": "1234"}, "local_no"),
    (a_lift, {"next_inspection": "2026-06-31"}, "no such day"),
    (a_lift, {"registration_code": "31101503022018130012"}, "registration_code: 31101503022018130012 is not class"),
    (a_lift, {"registration_code": "1234"}, "registration_code"),
    (a_lift, {"emergency_phone": "0473-0000000&18600000000"}, "emergency_phone"),
    (a_lift, {"state": "broken"}, "state"),
]


@pytest.mark.parametrize(("build", "fields", "says"), REFUSED, ids=lambda value: str(value)[:60])
def test_a_record_that_breaks_a_rule_is_refused_by_field(
    build: Callable[..., msgspec.Struct], fields: dict[str, object], says: str
) -> None:
    with pytest.raises(msgspec.ValidationError) as refusal:
        build(**fields)
    assert says in str(refusal.value)


def test_bounds_that_are_just_right_pass() -> None:
    spray = Pesticide(name="吡虫啉", applied_on=date(2026, 4, 25), safety_interval_days=7)
    assert a_melon(pesticides=(spray,)).pesticides == (spray,)
    assert a_melon(test_report={"report_no": "1", "body": "站", "tested_on": "2026-04-25", "result": "pass"}).gaps == ()
    assert a_cylinder(last_fill=a_fill(weight_kg=14.9)).last_fill is not None
    assert a_lift(registration_code="31101503022018120012", local_no="12345").local_no == "12345"
    assert a_lift(registration_code="3110150302201812A").registration_code == "3110150302201812A"


def test_class_digits_lead_to_their_types() -> None:
    assert {digit: kind.name for digit in range(10) if (kind := of_class(digit))} == {1: "liquor", 4: "melon", 6: "lpg"}
    assert set(REGISTRY) == {"liquor", "melon", "lpg", "lift"}
