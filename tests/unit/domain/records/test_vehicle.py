from datetime import date, timedelta

import msgspec
import pytest

from gateway.domain.inputs import Inputs
from gateway.domain.judgement import clause, counts, decide
from gateway.domain.records.base import Entry
from gateway.domain.records.vehicle import VEHICLE, Vehicle, VehiclePrivate
from gateway.domain.trace import LabelState, Trace
from gateway.domain.verdict import Verdict
from tests.builders.traces import (
    FIRST,
    NOW,
    TODAY,
    UNCOUNTED,
    a_label,
    a_trace,
    a_vehicle,
    a_vehicle_cylinder,
)

V = Verdict
RETROFIT = {"unit": "改装厂", "licence_no": "GZ1", "licence_valid_to": "2025-01-01", "fitted_on": "2025-01-01"}


def reasons_of(**fields: object) -> tuple[str, ...]:
    return decide(a_trace(a_vehicle(**fields)), FIRST, NOW).reasons


def by_plate(vehicle: Vehicle | None) -> Trace:
    return Trace("蒙C12312", "vehicle", None, vehicle, NOW)


@pytest.mark.parametrize(
    ("state", "verdict", "counted"),
    [
        (LabelState.ACTIVE, V.FILL_ALLOWED, True),
        (LabelState.MINTED, V.NOT_ACTIVATED, False),
        (LabelState.ISSUED, V.NOT_ACTIVATED, False),
        (LabelState.CONSUMED, V.LABEL_VOID, False),
        (LabelState.CANCELLED, V.LABEL_VOID, False),
        (LabelState.LOST, V.LABEL_VOID, False),
        (LabelState.STOLEN, V.LABEL_VOID, False),
        (LabelState.SCRAPPED, V.LABEL_VOID, False),
    ],
)
def test_the_tag_s_state_comes_first(state: LabelState, verdict: Verdict, counted: bool) -> None:
    trace = a_trace(a_vehicle(), a_label(state))
    assert decide(trace, UNCOUNTED, NOW).verdict is verdict
    assert counts(trace) is counted


def test_a_plate_leads_to_the_vehicle_without_its_tag_and_is_not_counted() -> None:
    assert decide(by_plate(a_vehicle()), UNCOUNTED, NOW).verdict is V.FILL_ALLOWED
    assert decide(by_plate(a_vehicle(certificate=None)), UNCOUNTED, NOW).verdict is V.FILL_DENIED
    assert not counts(by_plate(a_vehicle()))


def test_a_vehicle_nobody_knows_is_unknown_and_a_tag_without_vehicle_cannot_be_confirmed() -> None:
    assert decide(by_plate(None), UNCOUNTED, NOW).verdict is V.UNKNOWN
    assert decide(Trace("7688012345678904", "vehicle"), UNCOUNTED, NOW).verdict is V.UNKNOWN
    assert decide(Trace("7688012345678904", "vehicle", a_label()), FIRST, NOW).verdict is V.CYL_UNCONFIRMED


def test_stale_data_may_forbid_and_never_allow() -> None:
    for source_at in (None, NOW - timedelta(hours=24, seconds=1)):
        good, bad = a_trace(a_vehicle(), source_at=source_at), a_trace(a_vehicle(hold="查"), source_at=source_at)
        assert decide(good, FIRST, NOW).verdict is V.CYL_UNCONFIRMED
        assert decide(bad, FIRST, NOW).verdict is V.FILL_DENIED
        assert decide(bad, FIRST, NOW).reasons == ("HOLD_BY_REGULATOR", "STALE_DATA")


def test_one_bad_cylinder_is_enough_and_each_reason_is_told_once() -> None:
    bad = {"inspection": {"next_on": "2026-04", "result": "fail"}, "tag": "absent", "purged_on": None}
    cylinders = [a_vehicle_cylinder(cylinder_no=f"CN-{i}", **(bad if i else {})) for i in range(3)]
    certificate = {"number": "1", "issued_by": "局", "issued_on": "2023-06-01", "cylinders": ["CN-0", "CN-1", "CN-2"]}
    assert reasons_of(cylinders=cylinders, certificate=certificate) == (
        "FAILED",
        "OVERDUE",
        "FIRST_FILL_NEEDS_PURGE",
        "NO_TAG",
    )


def test_the_certificate_lists_what_is_mounted_no_more_and_no_less() -> None:
    certificate = {"number": "1", "issued_by": "局", "issued_on": "2023-06-01"}
    assert reasons_of(certificate={**certificate, "cylinders": ["CN20200001", "CN20200002"]}) == ("CERT_MISMATCH",)
    assert reasons_of(certificate={**certificate, "cylinders": ["CN20200002"]}) == ("CERT_MISMATCH",)
    assert reasons_of(certificate={**certificate, "cylinders": ["CN20200001"], "state": "cancelled"}) == ("NO_CERT",)
    assert reasons_of(certificate={**certificate, "cylinders": ["CN20200001"], "issued_on": TODAY}) == ()


def test_another_fuel_than_it_was_built_for_needs_somebody_licensed_on_that_day() -> None:
    assert reasons_of(original_fuel="petrol") == ("ILLEGAL_RETROFIT",)
    assert reasons_of(original_fuel="petrol", retrofit=RETROFIT) == ()
    assert reasons_of(original_fuel="LNG") == ("ILLEGAL_RETROFIT",)  # CNG for LNG is a change of fuel, too
    assert reasons_of(retrofit={**RETROFIT, "fitted_on": "2025-01-02"}) == ("ILLEGAL_RETROFIT",)
    assert reasons_of(cylinders=[a_vehicle_cylinder(type="LNG")]) == ("ILLEGAL_RETROFIT",)


def test_whose_it_is_and_its_numbers_leave_masked_or_not_at_all() -> None:
    trace = a_trace(a_vehicle(station_id="station-pingan"))
    told = dict(clause(trace, FIRST, decide(trace, FIRST, NOW), NOW).values)
    assert (told["plate"], told["certificate_no"]) == ("蒙C***12", "****0045")
    everything = " ".join(map(str, told.values()))
    for secret in ("蒙C12312", "蒙C20230045", "CN20200001", "station-pingan"):
        assert secret not in everything


def test_the_public_hears_of_the_first_reason_only() -> None:
    trace = a_trace(a_vehicle(certificate=None, hold="查", cylinders=[a_vehicle_cylinder(scrap_on="2026-04")]))
    told = clause(trace, FIRST, decide(trace, FIRST, NOW), NOW).values
    assert (told["reason"], told["overdue"]) == ("监管部门责令停充", False)


def test_what_lists_ask_of_it() -> None:
    cylinders = [
        a_vehicle_cylinder(epc="30" + "0" * 22),
        a_vehicle_cylinder(cylinder_no="CN-2", inspection={"next_on": "2027-03"}, scrap_on="2027-02-10"),
    ]
    fill = {"station": "平安气站", "station_id": "station-pingan", "at": NOW - timedelta(days=3), "amount": 20}
    facts = VEHICLE.facts(a_vehicle(cylinders=cylinders, last_fill=fill, district="150302", station_id="station-limin"))
    assert facts.due_on == date(2027, 2, 10)
    assert facts.aliases == ("cylinder/CN20200001", "cylinder/CN-2", "epc/30" + "0" * 22)
    assert (facts.status, facts.district, facts.category) == ("in_use", "150302", "taxi")
    assert facts.parties == {"station": "station-limin", "filler": "station-pingan"}
    assert facts.served_on == TODAY - timedelta(days=3)


def test_days_to_come_are_found_on_the_day_of_entry() -> None:
    vehicle = a_vehicle(
        cylinders=[
            a_vehicle_cylinder(),
            a_vehicle_cylinder(
                cylinder_no="CN-2", manufactured_on="2026-06", inspection={"next_on": "2029-05", "last_on": "2026-05"}
            ),
        ],
        retrofit={**RETROFIT, "licence_valid_to": "2027-01-01", "fitted_on": "2026-05-11"},
    )
    faults = list(VEHICLE.entry(vehicle, Entry(TODAY, Inputs())))
    assert [fault.field for fault in faults] == ["retrofit.fitted_on", "cylinders[1].manufactured_on"]
    assert list(VEHICLE.entry(vehicle, Entry(date(2026, 6, 1), Inputs()))) == []


@pytest.mark.parametrize("vin", ["LSVAA4182E2123456", "E2123456", None])
def test_a_vin_is_taken_whole_or_by_its_end(vin: str | None) -> None:
    private = msgspec.convert({"owner_name": "张建国", "owner_phone": "13800000001", "vin": vin}, VehiclePrivate)
    assert "张建国" not in repr(private)
    assert private.vin == vin


@pytest.mark.parametrize("vin", ["LSVAA4182E212345", "OSVAA4182E2123456", "e2123456"])
def test_a_vin_with_other_letters_or_length_is_refused(vin: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="vin"):
        msgspec.convert({"vin": vin}, VehiclePrivate)
