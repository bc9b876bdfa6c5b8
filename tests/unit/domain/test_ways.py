"""The way of a thing: every link in its place, gaps and faults marked, nobody's name in full."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.domain.judgement import steps
from gateway.domain.records import goods
from gateway.domain.records.cylinder import Inspection
from gateway.domain.records.delivery import Delivery
from gateway.domain.records.meat_chain import DrugUse, Quarantine
from gateway.domain.records.melon import Pesticide
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import LabelState, Record
from gateway.domain.ways import Step, way
from tests.builders.traces import (
    NOW,
    TODAY,
    a_cylinder,
    a_fill,
    a_flour,
    a_label,
    a_lift,
    a_liquor,
    a_meat,
    a_melon,
    a_station,
    a_tomato,
    a_trace,
    a_vehicle,
    a_vehicle_cylinder,
)

ALL = (
    a_liquor(),
    a_flour(),
    a_tomato(),
    a_melon(),
    a_meat(),
    a_cylinder(),
    a_vehicle(),
    a_station(),
    a_lift(),
)


def line(record: Record, day: date = TODAY) -> dict[str, Step]:
    kind = next(kind for kind in REGISTRY.values() if isinstance(record, kind.model))
    return {step.name: step for step in way(kind.name, record, day)}


def test_every_record_type_has_a_way() -> None:
    assert {kind for kind in REGISTRY if not any(isinstance(one, REGISTRY[kind].model) for one in ALL)} == set()
    for record in ALL:
        assert all(step.state in ("done", "due") for step in line(record).values()), record


def test_meat_goes_from_the_farm_to_the_shop() -> None:
    found = line(a_meat())
    assert [(step.title, step.on) for step in found.values()] == [
        ("养殖", "2025-09-01"),
        ("饲料", None),
        ("免疫", None),
        ("用药", None),
        ("产地检疫", "2026-04-30"),
        ("屠宰", "2026-05-01"),
        ("产品检疫", "2026-05-01"),
        ("分割包装", "2026-05-02"),
        ("运输", None),
        ("销售", "2026-05-04"),
    ]
    assert found["quarantine"].text == "检疫证****0101合格"
    assert "冷链" not in found["logistics"].text  # a transport is the firms' own matter


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("farm", "farm"),
        ("feeds", "feed"),
        ("vet_drugs", "vet_drug"),
        ("animal_quarantine", "animal_quarantine"),
        ("slaughter", "slaughter"),
        ("quarantine", "quarantine"),
        ("processing", "processing"),
        ("retail", "retail"),
    ],
)
def test_a_link_that_is_not_there_is_shown_as_missing(field: str, name: str) -> None:
    found = line(a_meat(**{field: None}))
    assert found[name].state == "missing"
    assert [step.name for step in found.values() if step.state == "missing"] == [name]


def test_what_makes_meat_unfit_stands_out() -> None:
    drug = DrugUse(name="土霉素", given_on=date(2026, 4, 20), withdrawal_days=28)
    failed = Quarantine(number="1508020101", issued_on=date(2026, 5, 1), result="fail")
    found = line(a_meat(vet_drugs=(drug,), quarantine=failed))
    assert {step.name for step in found.values() if step.state == "bad"} == {"vet_drug", "quarantine"}
    assert "土霉素" not in str(found)


def test_a_melon_picked_too_early_is_not_called_in_order() -> None:
    use = Pesticide(name="吡虫啉", applied_on=date(2026, 4, 30), safety_interval_days=7)
    found = line(a_melon(pesticides=(use,)))
    assert (found["pesticide"].state, found["pesticide"].text) == ("bad", "末次用药，在安全间隔期内采收")
    in_time = Pesticide(name="吡虫啉", applied_on=date(2026, 4, 1), safety_interval_days=7)
    assert line(a_melon(pesticides=(in_time,)))["pesticide"].text == "末次用药，间隔合格"


def test_a_failed_test_is_bad() -> None:
    report = goods.TestReport(report_no="1", body="检测站", tested_on=date(2026, 5, 1), result="fail")
    assert line(a_melon(test_report=report))["test"] == Step("test", "农残检测", "检测站：不合格", "2026-05-01", "bad")


def test_a_best_before_day_is_good_until_it_is_over() -> None:
    flour = a_flour(produced_on=date(2026, 4, 1), shelf_life_days=30)
    assert line(flour, date(2026, 5, 1))["best_before"].state == "due"
    assert line(flour, date(2026, 5, 2))["best_before"].state == "bad"


def test_a_cylinder_shows_its_fill_and_hides_its_couriers_name() -> None:
    delivery = Delivery(name="张三丰", staff_no="023", selling_unit="平安气站")
    cylinder = a_cylinder(delivery=delivery, inspection=Inspection(last_on="2023-03", next_on="2026-04", body="特检所"))
    found = line(cylinder)
    assert found["delivery"].text == "平安气站，送气员张师傅（工号023）"
    assert (found["inspection"].state, found["next_inspection"].state) == ("done", "bad")
    assert found["fill"].text == "平安气站，14.5kg"


def test_a_fill_without_a_licence_is_bad_on_the_day_of_shanghai() -> None:
    at = datetime(2026, 5, 7, 16, 30, tzinfo=UTC)  # half past midnight of the 8th there
    fill = a_fill(at=at, licence_valid_to=date(2026, 5, 7))
    found = line(a_cylinder(last_fill=fill))
    assert (found["fill"].on, found["fill"].state) == ("2026-05-08", "bad")


def test_a_cylinder_never_filled_or_worn_out_says_so() -> None:
    found = line(a_cylinder(last_fill=None, scrap_on="2026-04"))
    assert (found["fill"].state, found["scrap"].state) == ("missing", "bad")


def test_a_vehicles_certificate_is_masked_and_its_first_due_cylinder_shown() -> None:
    early = a_vehicle_cylinder(cylinder_no="CN20200002", inspection=Inspection(next_on="2026-04", result="fail"))
    vehicle = a_vehicle(cylinders=(a_vehicle_cylinder(), early))
    found = line(vehicle)
    assert found["certificate"].text.endswith("证号****0045")
    assert (found["next_inspection"].on, found["next_inspection"].state) == ("2026-04", "bad")
    assert vehicle.plate not in str(found)


def test_a_lifts_sixteenth_day_is_late() -> None:
    served = TODAY - timedelta(days=15)
    assert line(a_lift(last_maintenance_on=served))["maintenance"].state == "done"
    assert line(a_lift(last_maintenance_on=served), TODAY + timedelta(days=1))["maintenance"].state == "bad"
    assert line(a_lift(last_maintenance_on=None))["maintenance"].state == "missing"


@pytest.mark.parametrize("state", [state for state in LabelState if state is not LabelState.ACTIVE])
def test_nothing_is_shown_behind_a_label_that_is_not_active(state: LabelState) -> None:
    assert steps(a_trace(a_melon(), a_label(state)), TODAY) == ()
    assert steps(a_trace(a_melon()), TODAY) != ()
    assert steps(a_trace(None), NOW.date()) == ()
