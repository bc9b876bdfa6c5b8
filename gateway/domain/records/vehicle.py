"""CNG and LNG vehicles (DOMAIN 2.7): asked for by plate or by the tag on the car; may it be filled?"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from gateway.domain import masks
from gateway.domain.calendar import Due, first_day, last_day, local, today
from gateway.domain.code import PLATE_PROVINCE, PLATE_SERIAL
from gateway.domain.records.base import (
    District,
    Entry,
    Facts,
    Fault,
    Name,
    Number,
    PartyId,
    Phone,
    Private,
    RecordType,
    future,
    is_stale,
    require,
    too_late,
    too_long,
)
from gateway.domain.records.cylinder import (
    REASON_WORDS,
    CylinderState,
    Inspection,
    Litres,
    Reason,
    StampNo,
    by_gravity,
    check_life,
    needs_purge,
    unfit,
)
from gateway.domain.reply import Plain
from gateway.domain.trace import Record, RepeatPolicy, Standing, Trace
from gateway.domain.verdict import Decision, Verdict

Fuel = Literal["CNG", "LNG"]


class VehicleCylinder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cylinder as it is mounted now. A scrapped one stands here only while it is still on the vehicle."""

    cylinder_no: StampNo
    type: Literal["CNG-1", "CNG-2", "CNG-3", "CNG-4", "LNG"]  # LNG: welded and insulated
    volume_l: Litres | None = None
    maker: Name
    manufactured_on: Due
    scrap_on: Due  # as stamped or decided, never computed: cycles and lives differ by year and use (DOMAIN 2.7)
    inspection: Inspection
    purged_on: date | None = None  # last purged or evacuated: what a new or newly inspected one needs before its fill
    state: CylinderState = "in_use"
    tag: Literal["intact", "damaged", "absent"] = "intact"
    # SGTIN-96 or GIAI-96 and the chip's own number, in hexadecimal.
    epc: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-F]{24}$")] | None = None
    tid: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-F]{16,24}$")] | None = None

    def __post_init__(self) -> None:
        """Check the order of months."""
        check_life(self.manufactured_on, self.scrap_on)


class Certificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The 《车用气瓶使用登记证》 and the cylinders it lists."""

    number: Number
    issued_by: Name
    issued_on: date
    state: Literal["valid", "cancelled"] = "valid"
    cylinders: Annotated[tuple[StampNo, ...], msgspec.Meta(min_length=1, max_length=12)]


class Retrofit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who fitted the gas system into a vehicle built without it."""

    unit: Name
    licence_no: Number
    licence_valid_to: date
    fitted_on: date


class Refuelling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last fill; `amount` is cubic metres of CNG or kilograms of LNG."""

    station: Name
    station_id: PartyId | None = None
    at: datetime
    amount: Annotated[float, msgspec.Meta(gt=0, le=2000)]
    dispenser_no: Number | None = None
    operator: Name | None = None

    def __post_init__(self) -> None:
        """Refuse a time whose zone would be a guess."""
        require(self.at.tzinfo is not None, "last_fill.at", self.at, "缺少时区")


class VehiclePrivate(Private, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose vehicle it is."""

    owner_name: Name | None = None
    owner_phone: Phone | None = None
    # Whole, or its last eight characters; the letters I, O and Q are not used in it (GB 16735).
    vin: Annotated[str, msgspec.Meta(pattern=r"^([A-HJ-NPR-Z0-9]{9})?[A-HJ-NPR-Z0-9]{8}$")] | None = None


class Vehicle(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One vehicle, keyed by its plate; it may be filled only if every one of its cylinders may."""

    plate: Annotated[str, msgspec.Meta(pattern=f"^{PLATE_PROVINCE}[A-Z]{PLATE_SERIAL}$")]
    category: Literal["taxi", "bus", "private", "truck"]
    fuel: Fuel
    original_fuel: Literal["petrol", "diesel", "CNG", "LNG"]  # what it was built for
    cylinders: Annotated[tuple[VehicleCylinder, ...], msgspec.Meta(min_length=1, max_length=12)]
    certificate: Certificate | None = None
    retrofit: Retrofit | None = None
    hold: Name | None = None  # the regulator forbids to fill it; why
    district: District | None = None
    station_id: PartyId | None = None  # where it is a registered customer
    last_fill: Refuelling | None = None

    def __post_init__(self) -> None:
        """Check that no cylinder is there twice."""
        numbers = [cylinder.cylinder_no for cylinder in self.cylinders]
        twice = next((number for number in numbers if numbers.count(number) > 1), None)
        require(twice is None, "cylinders.cylinder_no", twice, "在同一辆车上重复")

    @property
    def gas(self) -> str:
        """Return what a station must be licensed for to fill it."""
        return self.fuel

    @property
    def filled_on(self) -> date | None:
        """Return the day of the last fill."""
        return local(self.last_fill.at).date() if self.last_fill else None

    @property
    def next_due(self) -> VehicleCylinder:
        """Return the cylinder that is due for inspection first."""
        return min(self.cylinders, key=lambda cylinder: last_day(cylinder.inspection.next_on))

    @property
    def fillable_until(self) -> date:
        """Return the last day on which no inspection and no life is over."""
        dues = (due for one in self.cylinders for due in (one.inspection.next_on, one.scrap_on))
        return min(map(last_day, dues))

    def unfillable(self, day: date) -> tuple[Reason, ...]:
        """Return why it must not be filled on this day, the gravest reason first; the station's part is not in it."""
        return by_gravity(self._faults(day))

    def _faults(self, day: date) -> Iterator[Reason]:
        if self.hold is not None:
            yield Reason.HOLD_BY_REGULATOR
        if not self._built_lawfully:
            yield Reason.ILLEGAL_RETROFIT
        for cylinder in self.cylinders:
            yield from unfit(cylinder.state, cylinder.scrap_on, cylinder.inspection, day)
            if needs_purge(cylinder.inspection, cylinder.purged_on, self.filled_on, day):
                yield Reason.FIRST_FILL_NEEDS_PURGE
            if cylinder.tag != "intact":
                yield Reason.NO_TAG
        certificate = self.certificate
        if certificate is None or certificate.state != "valid" or certificate.issued_on > day:
            yield Reason.NO_CERT
        elif set(certificate.cylinders) != {cylinder.cylinder_no for cylinder in self.cylinders}:
            yield Reason.CERT_MISMATCH

    @property
    def _built_lawfully(self) -> bool:
        """Whether its fuel is the one it was built for, or was fitted by a unit licensed on that day."""
        if any(not cylinder.type.startswith(self.fuel) for cylinder in self.cylinders):
            return False
        if self.retrofit is None:
            return self.original_fuel == self.fuel
        return self.retrofit.fitted_on <= self.retrofit.licence_valid_to


def _judge(vehicle: Vehicle, trace: Trace, _standing: Standing, now: datetime) -> Decision:
    """Apply DOMAIN 2.7 as far as it lies with the vehicle: stale data may forbid and never allow."""
    reasons = vehicle.unfillable(today(now))
    stale = (Reason.STALE_DATA,) if is_stale(trace.source_at, now) else ()
    if reasons:
        return Decision(Verdict.FILL_DENIED, "must not be filled", reasons + stale)
    if stale:
        return Decision(Verdict.CYL_UNCONFIRMED, "source stale", stale)
    return Decision(Verdict.FILL_ALLOWED, "in order")


def _values(vehicle: Vehicle, day: date) -> dict[str, Plain]:
    reason = next(iter(vehicle.unfillable(day)), None)
    due, certificate = vehicle.next_due, vehicle.certificate
    return {
        "plate": masks.plate(vehicle.plate),
        "fuel": vehicle.fuel,
        "next_inspection": due.inspection.next_on,
        "inspection_body": due.inspection.body,
        "certificate_no": masks.certificate(certificate.number) if certificate else None,
        "reason": REASON_WORDS[reason] if reason else None,
        "overdue": reason is Reason.OVERDUE,
    }


def _facts(vehicle: Vehicle) -> Facts:
    scrapped = any(cylinder.state == "scrapped" for cylinder in vehicle.cylinders)
    fill = vehicle.last_fill
    parties = {"station": vehicle.station_id, "filler": fill.station_id if fill else None}
    return Facts(
        "held" if vehicle.hold else "scrapped" if scrapped else "in_use",
        vehicle.district,
        vehicle.category,
        due_on=vehicle.fillable_until,
        served_on=vehicle.filled_on,
        parties={role: party for role, party in parties.items() if party},
        aliases=(
            *(f"cylinder/{cylinder.cylinder_no}" for cylinder in vehicle.cylinders),
            *(f"epc/{cylinder.epc}" for cylinder in vehicle.cylinders if cylinder.epc),
        ),
    )


def _entry(vehicle: Vehicle, entry: Entry) -> Iterator[Fault]:
    days: dict[str, date | None] = {
        "certificate.issued_on": vehicle.certificate.issued_on if vehicle.certificate else None,
        "retrofit.fitted_on": vehicle.retrofit.fitted_on if vehicle.retrofit else None,
        "last_fill.at": vehicle.filled_on,
    }
    for place, cylinder in enumerate(vehicle.cylinders):
        inspected = cylinder.inspection.last_on
        days[f"cylinders[{place}].manufactured_on"] = first_day(cylinder.manufactured_on)
        days[f"cylinders[{place}].inspection.last_on"] = first_day(inspected) if inspected else None
        days[f"cylinders[{place}].purged_on"] = cylinder.purged_on
    yield from future(entry, days)
    for place, cylinder in enumerate(vehicle.cylinders):
        yield from too_late(entry.today, f"cylinders[{place}].inspection.next_on", cylinder.inspection.next_on)
        yield from too_long(f"cylinders[{place}].scrap_on", cylinder.manufactured_on, cylinder.scrap_on)


VEHICLE = RecordType(
    name="vehicle",
    classes=frozenset({7}),
    policy=RepeatPolicy.OPEN,
    model=Vehicle,
    judge=_judge,
    values=_values,
    facts=_facts,
    key=lambda vehicle: vehicle.plate,
    recordless=Verdict.CYL_UNCONFIRMED,
    entry=_entry,
    private=VehiclePrivate,
    by_key=True,
    live=True,
)
