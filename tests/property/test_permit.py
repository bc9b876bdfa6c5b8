"""A fill is allowed only when nothing at all speaks against it, and no longer than that lasts (DOMAIN 2.7)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.calendar import today
from gateway.domain.judgement import decide
from gateway.domain.permit import PERMIT_LASTS, permit
from gateway.domain.records.cylinder import Reason, by_gravity
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.station import Station
from gateway.domain.records.vehicle import Vehicle
from gateway.domain.trace import LabelState, Standing, Trace
from gateway.domain.verdict import Verdict
from tests.builders.traces import NOW, a_cylinder, a_label, a_station, a_vehicle, a_vehicle_cylinder

R = Reason
Json: TypeAlias = Any
Fault: TypeAlias = Mapping[str, Json]  # dotted path of a field in a case -> its bad value
Case: TypeAlias = dict[str, Json]  # a record's fields, and `station`, `label`, `source_hours`; days counted from today

# Due days from today on: 0 is the last good day.
cases = st.lists(st.integers(0, 400), min_size=7, max_size=7)
# A minute from each midnight, besides any time: that is where a day too many would be given.
nows = st.builds(
    lambda day, minutes: datetime(2026, 1, 1, 16, tzinfo=UTC) + timedelta(days=day, minutes=minutes),
    st.integers(0, 1800),
    st.sampled_from([-1, 0, 1]) | st.integers(0, 1439),
)

STATION_FAULTS: list[Fault] = [
    {"station": None},
    {"station.state": "suspended"},
    {"station.gases": ["LNG"]},
    {"station.licence_valid_to": -1},
    {"station.licence_valid_from": 1, "station.licence_valid_to": 2},
]
STALE: list[Fault] = [
    {"source_hours": None},
    {"source_hours": 24.01},
    {"source_hours": -0.1},  # six minutes ahead of us: a clock not to be believed
]
OF_VEHICLES: Mapping[Reason, list[Fault]] = {
    R.HOLD_BY_REGULATOR: [{"hold": "事故调查"}],
    R.SCRAPPED: [{"one.state": "scrapped"}, {"label": LabelState.SCRAPPED}],
    R.OVER_LIFE: [{"one.scrap_on": -1}],
    R.FAILED: [{"one.inspection.result": "fail"}],
    R.ILLEGAL_RETROFIT: [
        {"original_fuel": "petrol"},
        {"retrofit": {"unit": "改装厂", "licence_no": "GZ1", "licence_valid_to": -301, "fitted_on": -300}},
        {"one.type": "LNG"},
    ],
    R.OVERDUE: [{"one.inspection.next_on": -1}],
    R.FIRST_FILL_NEEDS_PURGE: [
        {"one.purged_on": None},
        {"one.purged_on": None, "one.inspection.last_on": -5, "last_fill": {"station": "气站", "amount": 9}},
    ],
    R.NO_CERT: [{"certificate": None}, {"certificate.state": "cancelled"}, {"certificate.issued_on": 1}],
    R.CERT_MISMATCH: [
        {"certificate.cylinders": ["OTHER-1"]},
        {"certificate.cylinders": ["CYL-0", "CYL-1", "CYL-2", "CYL-3"]},
    ],
    R.NO_TAG: [
        {"one.tag": "damaged"},
        {"one.tag": "absent"},
        *({"label": state} for state in LabelState if state not in {LabelState.ACTIVE, LabelState.SCRAPPED}),
    ],
    R.STATION_UNLICENSED: STATION_FAULTS,
    R.STALE_DATA: STALE,
}
OF_CYLINDERS: Mapping[Reason, list[Fault]] = {
    R.HOLD_BY_REGULATOR: [{"hold": "事故调查"}],
    R.SCRAPPED: [{"state": "scrapped"}, {"label": LabelState.SCRAPPED}],
    R.OVER_LIFE: [{"scrap_on": -1}],
    R.FAILED: [{"inspection.result": "fail"}],
    R.OVERDUE: [{"inspection.next_on": -1}],
    R.FIRST_FILL_NEEDS_PURGE: [{"last_fill": None}, {"inspection.last_on": -3}],
    R.NO_CERT: [{"owner_station": None}],
    R.CERT_MISMATCH: [{"owner_station": "station-limin"}],
    R.NO_TAG: [{"label": state} for state in (LabelState.CANCELLED, LabelState.LOST, LabelState.STOLEN)],
    R.STATION_UNLICENSED: STATION_FAULTS,
    R.STALE_DATA: STALE,
}


def chosen(faults: Mapping[Reason, list[Fault]], sizes: st.SearchStrategy[int]) -> st.SearchStrategy[dict[R, Fault]]:
    some = sizes.flatmap(lambda n: st.lists(st.sampled_from(list(faults)), min_size=n, max_size=n, unique=True))
    return some.flatmap(lambda names: st.fixed_dictionaries({name: st.sampled_from(faults[name]) for name in names}))


def a_case(record: msgspec.Struct) -> Case:
    case: Case = msgspec.to_builtins(record)
    return {**case, "station": msgspec.to_builtins(a_station()), "label": LabelState.ACTIVE, "source_hours": 1.0}


def spoil(case: Case, fault: Fault, one: int) -> None:
    for path, value in fault.items():
        *way, last = path.split(".")
        place = case
        for step in way:
            place = place["cylinders"][one] if step == "one" else place[step]
        place[last] = value


def dated(value: Json, now: datetime) -> Json:
    """Write days counted from today as days, wherever a field of that kind stands."""
    match value:
        case dict():
            return {
                name: (today(now) + timedelta(days=item)).isoformat()
                if isinstance(item, int) and not isinstance(item, bool) and name.endswith(("_on", "_to", "_from"))
                else dated(item, now)
                for name, item in value.items()
            }
        case list() | tuple():
            return [dated(item, now) for item in value]
        case _:
            return value


def made(case: Case, kind: type[Vehicle] | type[Cylinder], now: datetime) -> tuple[Trace, Station | None]:
    fields = dated(case, now)
    station, state, hours = fields.pop("station"), fields.pop("label"), fields.pop("source_hours")
    if fields["last_fill"]:
        filled = now - timedelta(days=6 if kind is Vehicle else 3)
        fields["last_fill"]["at"] = filled.isoformat()
    source_at = None if hours is None else now - timedelta(hours=hours)
    name = "vehicle" if kind is Vehicle else "lpg"
    trace = Trace("x", name, a_label(state), msgspec.convert(fields, kind), source_at)
    return trace, msgspec.convert(station, Station) if station else None


def vehicle_case(cylinders: int, days: list[int]) -> Case:
    numbers = [f"CYL-{i}" for i in range(cylinders)]
    case = a_case(a_vehicle(cylinders=[a_vehicle_cylinder(cylinder_no=number) for number in numbers]))
    case["certificate"]["cylinders"] = numbers
    for one, cylinder in enumerate(case["cylinders"]):
        cylinder["manufactured_on"] = "2020-01"
        cylinder["inspection"]["next_on"], cylinder["scrap_on"] = days[2 * one], days[2 * one + 1]
    case["station"]["licence_valid_to"] = days[-1]
    return case


def cylinder_case(days: list[int]) -> Case:
    case = a_case(a_cylinder(manufactured_on="2020-01"))
    case["inspection"]["next_on"], case["scrap_on"], case["station"]["licence_valid_to"] = days[0], days[1], days[-1]
    return case


def expected(faults: Mapping[Reason, Fault]) -> tuple[Reason, ...]:
    """Return what must be told: a registration that is missing, or a station unknown, cannot mismatch."""
    station_unknown = faults.get(R.STATION_UNLICENSED) == {"station": None}
    told = set(faults)
    if R.NO_CERT in told:
        told.discard(R.CERT_MISMATCH)
    if station_unknown and "owner_station" in faults.get(R.CERT_MISMATCH, {}):
        told.discard(R.CERT_MISMATCH)
    return by_gravity(told)


def compatible(faults: Mapping[Reason, Fault]) -> bool:
    """Return whether no two of them set the same field, or one a field inside another's."""
    paths = [path for fault in faults.values() for path in fault]
    return not any(a != b and b.startswith(f"{a}.") for a in paths for b in paths) and len(set(paths)) == len(paths)


SINGLE = [
    (kind, reason, fault)
    for kind, faults in ((Vehicle, OF_VEHICLES), (Cylinder, OF_CYLINDERS))
    for reason, some in faults.items()
    for fault in some
]


@pytest.mark.parametrize(("kind", "reason", "fault"), SINGLE, ids=lambda value: str(value)[:60])
def test_each_single_fault_denies_by_its_name(
    kind: type[Vehicle] | type[Cylinder], reason: Reason, fault: Fault
) -> None:
    last_good_day = [0] * 7
    case = vehicle_case(3, last_good_day) if kind is Vehicle else cylinder_case(last_good_day)
    assert permit(*made(case, kind, NOW), NOW).decision == "allow"
    spoil(case, fault, 1)
    decided = permit(*made(case, kind, NOW), NOW)
    assert (decided.reasons, decided.valid_until) == ((reason,), None)


@given(nows, cases, st.integers(1, 3), st.integers(0, 2), chosen(OF_VEHICLES, st.integers(0, 3)))
def test_a_vehicle_is_filled_only_when_nothing_speaks_against_it_and_hears_all_that_does(
    now: datetime, days: list[int], count: int, one: int, faults: dict[Reason, Fault]
) -> None:
    assume(compatible(faults))
    case = vehicle_case(count, days)
    for fault in faults.values():
        spoil(case, fault, one % count)
    trace, station = made(case, Vehicle, now)
    decided = permit(trace, station, now)
    assert decided.reasons == expected(faults)
    assert (decided.decision == "allow") == (not faults) == (decided.valid_until is not None)


@given(nows, cases, chosen(OF_CYLINDERS, st.integers(0, 3)), st.sampled_from([None, "active", "consumed"]))
def test_an_lpg_cylinder_likewise_whether_asked_for_by_its_stamp_or_its_old_seal(
    now: datetime, days: list[int], faults: dict[Reason, Fault], seal: str | None
) -> None:
    assume(compatible(faults))
    case = cylinder_case(days)
    case["label"] = LabelState(seal) if seal else LabelState.ACTIVE
    for fault in faults.values():
        spoil(case, fault, 0)
    trace, station = made(case, Cylinder, now)
    if seal is None and case["label"] is LabelState.ACTIVE:
        trace = Trace(trace.code, trace.record_type, None, trace.record, trace.source_at)
    decided = permit(trace, station, now)
    assert decided.reasons == expected(faults)
    assert (decided.decision == "allow") == (not faults) == (decided.valid_until is not None)


@given(nows, cases, st.floats(0, 24), st.booleans())
def test_a_permit_lasts_while_all_stays_good_and_not_a_second_longer(
    now: datetime, days: list[int], hours: float, lpg: bool
) -> None:
    case = cylinder_case(days) if lpg else vehicle_case(3, days)
    case["source_hours"] = hours
    trace, station = made(case, Cylinder if lpg else Vehicle, now)
    until = permit(trace, station, now).valid_until
    assert until is not None
    assert now <= until <= now + PERMIT_LASTS
    assert permit(trace, station, until).decision == "allow"
    assert until == now + PERMIT_LASTS or permit(trace, station, until + timedelta(seconds=1)).decision == "deny"


@given(nows, cases, st.integers(0, 2), chosen(OF_VEHICLES, st.integers(0, 2)))
def test_the_public_is_never_told_otherwise_than_a_station(
    now: datetime, days: list[int], one: int, faults: dict[Reason, Fault]
) -> None:
    """What a message allows, a licensed station's controller allows as well; and what it denies it denies."""
    faults.pop(R.STATION_UNLICENSED, None)
    assume(compatible(faults))
    case = vehicle_case(3, days)
    for fault in faults.values():
        spoil(case, fault, one)
    trace, station = made(case, Vehicle, now)
    said, decided = decide(trace, Standing(1, now), now), permit(trace, station, now)
    assert (said.verdict is Verdict.FILL_ALLOWED) == (decided.decision == "allow")
    if said.verdict is Verdict.FILL_DENIED:
        assert said.reasons == decided.reasons


@given(nows, st.sampled_from([None, "open", "suspended", "expired"]), st.sampled_from([None, *LabelState]))
def test_what_nobody_knows_is_denied(now: datetime, station: str | None, state: LabelState | None) -> None:
    at = a_station(licence_valid_to=today(now) - timedelta(days=1 if station == "expired" else 0))
    at = msgspec.structs.replace(at, state="suspended" if station == "suspended" else "open")
    trace = Trace("x", "lpg", a_label(state) if state else None)
    decided = permit(trace, at if station else None, now)
    wrong = (R.UNKNOWN,) if station == "open" else (R.UNKNOWN, R.STATION_UNLICENSED)
    assert (decided.reasons, decided.valid_until) == (wrong, None)
