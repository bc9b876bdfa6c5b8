"""Fills (R31, R36, R39, R42): people, vehicle, gas and cylinder in one event."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from gateway.domain import permit
from gateway.domain.access import Actor, Role
from gateway.domain.calendar import today
from gateway.domain.errors import Refusal, Why
from gateway.domain.records.base import Name as Text
from gateway.domain.records.base import Number
from gateway.domain.records.cylinder import Reason
from gateway.domain.records.lpg import Cylinder, Fill, Kilograms
from gateway.domain.records.station import Station
from gateway.domain.records.vehicle import Refuelling, Vehicle
from gateway.domain.trace import Record, Trace
from gateway.filing import permits
from gateway.filing.binding import bind_one, use_up
from gateway.filing.books import Books
from gateway.filing.events import Sent, Taken, again, altered, event, happened, refiled, reporter, settle
from gateway.filing.kept import Kept
from gateway.filing.things import Written, find, only_name, plain

# What lies with where a cylinder is registered, and says nothing against its fill.
_OF_THE_PAPERS = frozenset({Reason.NO_CERT, Reason.CERT_MISMATCH})
_SEALED = ("operator", "operator_certificate", "carrier_plate")


class FillEvent(Sent, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fill of one cylinder, or of one vehicle."""

    code: Written | None = None  # the label it bears: the seal taken off, the vehicle's tag
    cylinder_no: Written | None = None
    plate: Written | None = None
    gas: Literal["LPG", "CNG", "LNG"]
    weight_kg: Annotated[float, msgspec.Meta(gt=0, le=1000)] | None = None  # LPG
    amount: Annotated[float, msgspec.Meta(gt=0, le=2000)] | None = None  # CNG in m³, LNG in kg
    operator: Text
    operator_certificate: Number
    scale_id: Number | None = None
    dispenser_no: Number | None = None
    seal: Written | None = None  # LPG: the code of the new seal; none: it is put on and bound later
    seal_no: Number | None = None  # what is stamped on the seal itself
    checks_passed: bool = True  # before and after, and the leak test
    residue_kg: Kilograms | None = None
    residue_treatment: Text | None = None
    carrier_plate: Written | None = None  # the truck that takes the cylinders away

    def __post_init__(self) -> None:
        """Ask for one name of the thing, and for the quantity of its gas."""
        only_name(code=self.code, cylinder_no=self.cylinder_no, plate=self.plate)
        needed, given = ("weight_kg", self.weight_kg) if self.gas == "LPG" else ("amount", self.amount)
        if given is None:
            raise ValueError(f"{needed}: 未填 请填写充装量")


def fill(books: Books, actor: Actor, sent: FillEvent, now: datetime) -> Taken:
    """Take in a fill; bind the new seal and consume the last one in the same transaction.

    A fill that should not have been is recorded all the same, and flagged: `FILL_UNLICENSED` where the station had no
    licence for it then, `FILL_DENIED` where the thing must not be filled, `SEAL_UNBOUND` where its seal proves nothing,
    `SEAL_MISSING` where it has none: until one is bound, nobody is told that it may be used. One older than the last
    fill known changes nothing else. Raises `Refusal`: a weight above the maximum, a seal that is not this station's or
    was used, a thing or a station that is not on record.
    """
    actor.require_role(Role.STATION, Role.REGULATOR)
    station = _station(books, reporter(actor, sent))
    thing = find(only_name(code=sent.code, cylinder_no=sent.cylinder_no, plate=sent.plate), books, "lpg", "vehicle")
    new = event("fill", thing, station.station_id, sent, now, _SEALED)
    if taken := again(books, new):
        return taken
    sent = happened(sent, new)
    before = thing.record
    # Its own freshness is no matter here: what counts is whether the fill was right when it was done.
    known = Trace(thing.key, thing.record_type, None, before, source_at=sent.at)
    reasons = permit.permit(known, station, sent.at).reasons
    after = _filled(before, station, sent, reasons)
    flags, last = _flags(reasons), _last_fill(before)
    latest = last is None or last <= sent.at
    if latest:
        books.records.put(refiled(thing, after), actor.name, now)
        if isinstance(after, Cylinder):
            flags += _sealed(books, actor, replace(thing, record=after), sent.seal, now)
        permits.judge(books, thing.id, after, now)
    return settle(books, actor, new, now, applied=latest, flags=flags, reasons=reasons)


def _sealed(books: Books, actor: Actor, thing: Kept, seal: str | None, now: datetime) -> tuple[str, ...]:
    """Bind the new seal of a cylinder; return a flag where there is none, or it cannot be bound to that cylinder.

    A fill of another's cylinder, or a scrapped one, is on record under a seal that proves nothing, and the last seal
    says that the fill is not its own.
    """
    assert isinstance(thing.record, Cylinder)  # noqa: S101 - only they have seals
    if seal is None:
        use_up(books, actor, thing, now)
        return ("SEAL_MISSING",)
    if thing.record.state == "scrapped" or not actor.reaches((thing.owner, thing.record.owner_station)):
        return ("SEAL_UNBOUND",)
    try:
        bind_one(books, actor, plain(seal), thing, now)
    except Refusal as err:
        raise Refusal(err.why, str(err), "seal") from err
    return ()


def _station(books: Books, party: str) -> Station:
    kept = books.records.get("station", party)
    if kept is None or not isinstance(kept.record, Station):
        raise Refusal(Why.UNKNOWN, f"充装站 {party} 尚未登记，请先由监管部门登记充装许可", "party")
    return kept.record


def _last_fill(thing: Record) -> datetime | None:
    last = thing.last_fill if isinstance(thing, Cylinder | Vehicle) else None
    return last.at if last else None


def _flags(reasons: Collection[Reason]) -> tuple[str, ...]:
    """Tell apart what lies with the station and what lies with the thing."""
    unlicensed = Reason.STATION_UNLICENSED in reasons
    denied = set(reasons) - {Reason.STATION_UNLICENSED}
    return (*(["FILL_UNLICENSED"] if unlicensed else []), *(["FILL_DENIED"] if denied else []))


def _filled(thing: Record, station: Station, sent: FillEvent, denied: tuple[Reason, ...]) -> Record:
    match thing:
        case Cylinder():
            return _cylinder(thing, station, sent, denied)
        case Vehicle():
            return _vehicle(thing, station, sent)
        case _:
            raise TypeError(type(thing))


def _cylinder(cylinder: Cylinder, station: Station, sent: FillEvent, denied: tuple[Reason, ...]) -> Cylinder:
    if sent.gas != "LPG":
        raise Refusal(Why.INVALID, f"液化石油气瓶不能充装{sent.gas}", "gas")
    fill = Fill(
        station=station.name,
        station_id=station.station_id,
        station_phone=station.duty_phone,
        licence_no=station.licence_no,
        licence_valid_to=station.licence_valid_to,
        denied=tuple(reason for reason in denied if reason not in _OF_THE_PAPERS),
        at=sent.at,
        weight_kg=sent.weight_kg or 0,
        scale_id=sent.scale_id,
        seal=sent.seal and plain(sent.seal),
        operator=sent.operator,
        operator_certificate=sent.operator_certificate,
        checks_passed=sent.checks_passed,
        residue_kg=sent.residue_kg,
        residue_treatment=sent.residue_treatment,
        residue_on=today(sent.at) if sent.residue_kg is not None else None,
    )
    fields = {"last_fill.weight_kg": "weight_kg"}
    return altered(cylinder, fields, last_fill=fill, seal_no=sent.seal_no or cylinder.seal_no, seal_state="intact")


def _vehicle(vehicle: Vehicle, station: Station, sent: FillEvent) -> Vehicle:
    if sent.gas != vehicle.fuel:
        raise Refusal(Why.INVALID, f"该车登记的燃料是{vehicle.fuel}，不是{sent.gas}", "gas")
    fill = Refuelling(
        station=station.name,
        station_id=station.station_id,
        at=sent.at,
        amount=sent.amount or 0,
        dispenser_no=sent.dispenser_no,
        operator=sent.operator,
    )
    return altered(vehicle, last_fill=fill)
