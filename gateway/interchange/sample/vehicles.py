"""A hundred and fifty gas vehicles, their tags and their fills."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal

from gateway.domain.calendar import local
from gateway.domain.records.cylinder import Inspection
from gateway.domain.records.vehicle import (
    Certificate,
    Refuelling,
    Retrofit,
    Vehicle,
    VehicleCylinder,
    VehiclePrivate,
)
from gateway.domain.trace import Filed, Label, LabelState, Party, PartyKind, RepeatPolicy, SingleLabel
from gateway.filing.kept import Event
from gateway.interchange.sample.city import City
from gateway.interchange.sample.firms import Firms
from gateway.interchange.sample.gas import CYLINDERS
from gateway.interchange.sample.ground import Ground

VEHICLES: Final = 150
_FIRST_TAG: Final = 271_801_000_000
_TAG, _VERSION = 7, 1
_VIN: Final = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"  # no I, O, Q (GB 16735)

_Category = Literal["taxi", "bus", "private", "truck"]
# How many cylinders each has, and how many litres one holds.
_MOUNTED: Final[dict[_Category, tuple[int, float]]] = {
    "taxi": (1, 65),
    "bus": (6, 80),
    "private": (1, 60),
    "truck": (1, 450),
}
# How the vehicles are, of a hundred and fifty.
_STATES: Final = {
    "ok": 132,
    "overdue": 6,
    "no_certificate": 3,
    "mismatch": 1,
    "held": 1,
    "tag_damaged": 2,
    "rebuilt": 2,
    "unpurged": 2,
    "failed": 1,
}


def vehicles(ground: Ground, firms: Firms) -> City:
    """Return the vehicles, their tags and their last fills."""
    stations = [party for party in firms.of(PartyKind.STATION) if "加气" in party.name]
    inspector = firms.of(PartyKind.INSPECTOR)[0]
    records, tags, events = [], [], []
    for number in range(VEHICLES):
        [state] = ground.chance.choices(list(_STATES), list(_STATES.values()))
        station = ground.chance.choice(stations)
        vehicle = _vehicle(ground, state, number, station, inspector)
        owner = VehiclePrivate(
            owner_name=ground.person(), owner_phone=ground.mobile(), vin="".join(ground.chance.choices(_VIN, k=8))
        )
        records.append(Filed("vehicle", vehicle.plate, vehicle, station.id, station.id, inspector.id, owner))
        if state != "no_certificate":
            tags.append(_tag(ground, number, vehicle.plate, station))
        if vehicle.last_fill is not None:
            events.append(_fill_event(ground, vehicle, vehicle.last_fill, station))
    return City(records=tuple(records), singles=tuple(tags), events=tuple(events))


def _vehicle(ground: Ground, state: str, number: int, station: Party, inspector: Party) -> Vehicle:
    chance = ground.chance
    [category] = chance.choices(list(_MOUNTED), (60, 15, 22, 3))
    pieces, litres = _MOUNTED[category]
    due = -chance.randint(1, 4) if state == "overdue" else chance.randint(1, 23)
    made = due - chance.choice((36, 72))
    unpurged = state == "unpurged"
    mounted = tuple(
        VehicleCylinder(
            cylinder_no=f"CN{CYLINDERS + number * 8 + place:06}",
            type="LNG" if category == "truck" else "CNG-2",
            volume_l=litres,
            maker="巴彦淖尔钢瓶厂",
            manufactured_on=ground.month(made),
            scrap_on=ground.month(made + 180),
            inspection=_inspection(ground, state, made, due, inspector),
            purged_on=None if unpurged else ground.day(-30 * (36 - due)),
            tag="damaged" if state == "tag_damaged" else "intact",
            epc=f"{0x30F4_0000_0000_0000_0000_0000 + number * 8 + place:024X}",
        )
        for place in range(pieces)
    )
    retrofitted = category == "private" and state != "rebuilt"
    return Vehicle(
        plate=f"蒙C{chance.choice(ground.words.plate_letters)}{1000 + number * 59 % 9000}",
        category=category,
        fuel="LNG" if category == "truck" else "CNG",
        original_fuel="petrol" if retrofitted or state == "rebuilt" else "LNG" if category == "truck" else "CNG",
        cylinders=mounted,
        certificate=_certificate(ground, state, number, mounted),
        retrofit=_retrofit(ground, made) if retrofitted else None,
        hold="涉嫌非法改装，待核查" if state == "held" else None,
        district=station.district,
        station_id=station.id,
        last_fill=None if unpurged else _refuelled(ground, station, category),
    )


def _inspection(ground: Ground, state: str, made: int, due: int, inspector: Party) -> Inspection:
    last = due - 36
    return Inspection(
        next_on=ground.month(due),
        last_on=ground.month(last) if last > made else None,
        body=inspector.name,
        result="fail" if state == "failed" else "pass",
    )


def _certificate(ground: Ground, state: str, number: int, mounted: tuple[VehicleCylinder, ...]) -> Certificate | None:
    if state == "no_certificate":
        return None
    listed = tuple(one.cylinder_no for one in mounted)
    return Certificate(
        number=f"蒙C{2020_0000 + number}",
        issued_by="乌海市市场监督管理局",
        issued_on=ground.day(-ground.chance.randint(200, 900)),
        cylinders=("CN999999",) if state == "mismatch" else listed,
    )


def _retrofit(ground: Ground, made: int) -> Retrofit:
    fitted = ground.day(made * 30 + 20)
    return Retrofit(
        unit="通达汽车改装厂", licence_no="TS3215030005", licence_valid_to=ground.day(300), fitted_on=fitted
    )


def _refuelled(ground: Ground, station: Party, category: _Category) -> Refuelling:
    chance = ground.chance
    amount = chance.uniform(60, 110) if category in {"bus", "truck"} else chance.uniform(8, 14)
    return Refuelling(
        station=station.name,
        station_id=station.id,
        at=ground.at(-chance.randint(1, 4), 6, 22),
        amount=round(amount, 1),
        dispenser_no=str(chance.randint(1, 3)),
        operator=ground.person(),
    )


def _tag(ground: Ground, number: int, plate: str, station: Party) -> SingleLabel:
    issued_at: datetime = ground.at(-ground.chance.randint(150, 400))
    label = Label(LabelState.ACTIVE, RepeatPolicy.OPEN, issued_at, issued_at + timedelta(days=3))
    return SingleLabel(_TAG, _VERSION, _FIRST_TAG + number, label, "vehicle", plate, station.id)


def _fill_event(ground: Ground, vehicle: Vehicle, fill: Refuelling, station: Party) -> Event:
    body: dict[str, Any] = {"plate": vehicle.plate, "gas": vehicle.fuel, "amount": fill.amount}
    body |= {"dispenser_no": fill.dispenser_no, "day": local(fill.at).date().isoformat()}
    sealed = {"operator": fill.operator}
    return ground.event("fill", f"vehicle/{vehicle.plate}", station.id, fill.at, body, sealed)
