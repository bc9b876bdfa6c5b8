"""Two thousand LPG cylinders: in order, most of them; each has the seal of its last fill, and some of its weeks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final, TypeAlias

from gateway.domain.calendar import local
from gateway.domain.records.cylinder import Inspection
from gateway.domain.records.delivery import CylinderPrivate, Delivery
from gateway.domain.records.lpg import Cylinder, Fill
from gateway.domain.trace import Filed, Label, LabelRange, LabelState, Party, PartyKind, RepeatPolicy, SingleLabel
from gateway.filing.kept import Event
from gateway.interchange.sample.city import City
from gateway.interchange.sample.firms import Firms
from gateway.interchange.sample.ground import Ground

CYLINDERS: Final = 2_000
_SHARES: Final = (34, 28, 20, 14, 4)  # of the stations, in percent
_FIRST_SEAL: Final = 314_159_265_000
_STOCK: Final = 150  # seals a station has left
_SEAL, _VERSION = 6, 1
_ISSUED_DAYS: Final = 120  # ago
_NEW_AFTER: Final = 48  # months until the first inspection, and between two
_LIFE: Final = 96  # months, as stamped

_SEALED_AFTER: Final = timedelta(minutes=25)
# Model, litres, tare and most kilograms of a fill; households have the first most.
_Model: TypeAlias = tuple[str, float, float, float]
_MODELS: Final[tuple[_Model, ...]] = (
    ("YSP35.5", 35.5, 16.5, 14.9),
    ("YSP12", 12.0, 7.0, 4.9),
    ("YSP118", 118.0, 47.0, 49.5),
)
# How the cylinders are, of two thousand.
_STATES: Final = {
    "ok": 1892,
    "due": 50,
    "overdue": 22,
    "over_life": 6,
    "scrapped": 8,
    "failed": 3,
    "seal_broken": 5,
    "seal_absent": 2,
    "no_fill": 8,
    "held": 2,
    "leaking": 2,
}


@dataclass(frozen=True, slots=True)
class _Courier:
    name: str
    staff_no: str
    id_card: str
    phone: str


@dataclass(slots=True)
class _Depot:
    """A station: its people and its seals."""

    party: Party
    couriers: Sequence[_Courier]
    operators: Sequence[tuple[str, str]]  # name and certificate
    seals: Iterator[int]
    first_seal: int
    used: list[SingleLabel] = field(default_factory=list)

    def seal(self, state: LabelState, bound_at: datetime, issued_at: datetime, key: str) -> None:
        label = Label(state, RepeatPolicy.OPEN, issued_at, bound_at)
        self.used.append(SingleLabel(_SEAL, _VERSION, next(self.seals), label, "lpg", key, self.party.id))


@dataclass(slots=True)
class _Yard:
    ground: Ground
    inspector: Party
    issued_at: datetime
    records: list[Filed] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def cylinders(ground: Ground, firms: Firms) -> City:
    """Return the cylinders, the runs of seals their stations were given, and what happened in the last weeks."""
    stations = firms.of(PartyKind.STATION)[: len(_SHARES)]
    depots = [_depot(ground, party, _FIRST_SEAL + 10_000 * place) for place, party in enumerate(stations)]
    yard = _Yard(ground, firms.of(PartyKind.INSPECTOR)[0], ground.at(-_ISSUED_DAYS))
    states, shares = list(_STATES), list(_STATES.values())
    for number in range(CYLINDERS):
        [depot] = ground.chance.choices(depots, _SHARES)
        [state] = ground.chance.choices(states, shares)
        _grow(yard, depot, state, number)
    return City(
        records=tuple(yard.records),
        ranges=tuple(_run(depot, yard.issued_at) for depot in depots),
        singles=tuple(one for depot in depots for one in depot.used),
        events=tuple(yard.events),
    )


def _depot(ground: Ground, party: Party, first: int) -> _Depot:
    couriers = [
        _Courier(ground.person(), f"{n:03}", ground.id_card(party.district), ground.mobile()) for n in range(11, 17)
    ]
    operators = [(ground.person(), f"T61503{ground.chance.randrange(10_000, 99_999)}") for _ in range(4)]
    return _Depot(party, couriers, operators, count(first), first)


def _run(depot: _Depot, issued_at: datetime) -> LabelRange:
    label = Label(LabelState.ISSUED, RepeatPolicy.OPEN, issued_at)
    last = depot.first_seal + len(depot.used) + _STOCK - 1
    return LabelRange(_SEAL, _VERSION, depot.first_seal, last, label, "lpg", None, depot.party.id)


def _grow(yard: _Yard, depot: _Depot, state: str, number: int) -> None:
    ground, station = yard.ground, depot.party.id
    months = _months(ground, state)
    key = f"WH{yard.ground.month(months[0])[2:4]}{20_000 + number * 7:06}"
    [model] = ground.chance.choices(_MODELS, (86, 9, 5))
    fill = _last_filled(yard, depot, state, key, model)
    courier = ground.chance.choice(depot.couriers)
    if state in {"ok", "due"}:
        _delivered(yard, depot, key, courier, fill.at)
    record = _cylinder(yard, depot, state, key, model, months, fill, courier)
    private = _private(ground, courier, depot.party.district, number)
    yard.records.append(Filed("lpg", key, record, station, station, yard.inspector.id, private))


def _last_filled(yard: _Yard, depot: _Depot, state: str, key: str, model: _Model) -> Fill:
    """Fill and seal it, perhaps twice; return the last fill. `no_fill`: its seal is newer than that."""
    ground, chance = yard.ground, yard.ground.chance
    unseen = state == "no_fill"
    at = ground.at(-chance.randint(50, 80) if unseen else -chance.randint(1, 45))
    before = at - timedelta(days=chance.randint(25, 38), hours=1)
    if chance.random() < 0.4 and before > yard.issued_at + timedelta(days=1):
        _filled(yard, depot, key, model, before)
        depot.seal(LabelState.CONSUMED, before + _SEALED_AFTER, yard.issued_at, key)
    fill = _filled(yard, depot, key, model, at, leak=state == "leaking")
    sealed_at = ground.at(-chance.randint(2, 20)) if unseen else at + _SEALED_AFTER
    live = LabelState.SCRAPPED if state == "scrapped" else LabelState.ACTIVE
    depot.seal(live, sealed_at, yard.issued_at, key)
    return fill


def _cylinder(
    yard: _Yard,
    depot: _Depot,
    state: str,
    key: str,
    model: _Model,
    months: tuple[int, int, int],
    fill: Fill,
    courier: _Courier,
) -> Cylinder:
    made, due, scrap = months
    name, litres, tare, most = model
    month, party = yard.ground.month, depot.party
    return Cylinder(
        cylinder_no=key,
        maker="巴彦淖尔钢瓶厂",
        model=name,
        volume_l=litres,
        tare_kg=tare,
        max_fill_kg=most,
        manufactured_on=month(made),
        design_life_years=_LIFE // 12,
        scrap_on=month(scrap),
        state="scrapped" if state == "scrapped" else "in_use",
        inspection=_inspected(yard, state, made, due),
        hold="群众举报偷倒气，待核查" if state == "held" else None,
        owner=party.name,
        owner_station=party.id,
        owner_phone=party.duty_phone or "12315",
        use_category="catering" if name == "YSP118" else "household",
        seal_state="broken" if state == "seal_broken" else "absent" if state == "seal_absent" else "intact",
        last_fill=fill,
        delivery=Delivery(name=courier.name, staff_no=courier.staff_no, selling_unit=party.name),
    )


def _months(ground: Ground, state: str) -> tuple[int, int, int]:
    """Return when it was made, is due for inspection and ends, in months from now."""
    left = {"due": 0, "overdue": -ground.chance.randint(1, 5), "over_life": -ground.chance.randint(1, 8)}
    due = left.get(state, ground.chance.randint(2, 46))
    if state == "over_life":
        return due - _LIFE, due, due
    young = state == "overdue" or ground.chance.random() < 0.45
    made = due - (_NEW_AFTER if young else _LIFE)
    return made, due, made + _LIFE


def _inspected(yard: _Yard, state: str, made: int, due: int) -> Inspection:
    last = due - _NEW_AFTER
    failed = state == "failed"
    body = None if last <= made else yard.inspector.name
    return Inspection(
        next_on=yard.ground.month(due),
        last_on=yard.ground.month(last) if body else None,
        body=yard.inspector.name if failed else body,
        result="fail" if failed else "pass",
    )


def _filled(yard: _Yard, depot: _Depot, key: str, model: _Model, at: datetime, *, leak: bool = False) -> Fill:
    """Return a fill, and put it among the events."""
    chance, party = yard.ground.chance, depot.party
    operator, certificate = chance.choice(depot.operators)
    weight = round(model[3] * chance.uniform(0.95, 0.99), 1)
    residue = round(chance.uniform(0.1, 0.6), 1)
    assert party.licence_no and party.licence_valid_to  # noqa: S101, PT018 - stations have one
    body: dict[str, Any] = {
        "cylinder_no": key,
        "gas": "LPG",
        "weight_kg": weight,
        "scale_id": f"S{chance.randint(1, 4)}",
        "checks_passed": not leak,
        "residue_kg": residue,
    }
    sealed = {"operator": operator, "operator_certificate": certificate}
    yard.events.append(yard.ground.event("fill", f"lpg/{key}", party.id, at, body, sealed))
    return Fill(
        station=party.name,
        station_id=party.id,
        station_phone=party.duty_phone,
        licence_no=party.licence_no,
        licence_valid_to=party.licence_valid_to,
        at=at,
        weight_kg=weight,
        scale_id=body["scale_id"],
        operator=operator,
        operator_certificate=certificate,
        checks_passed=not leak,
        residue_kg=residue,
        residue_treatment="抽残回收",
        residue_on=local(at).date(),
    )


def _delivered(yard: _Yard, depot: _Depot, key: str, courier: _Courier, filled_at: datetime) -> None:
    at = filled_at + timedelta(hours=yard.ground.chance.randint(2, 30))
    if at.date() >= yard.ground.day(0):
        return
    body = {"cylinder_no": key, "staff_no": courier.staff_no}
    sealed = {"courier": courier.name, "courier_phone": courier.phone}
    yard.events.append(yard.ground.event("delivery", f"lpg/{key}", depot.party.id, at, body, sealed))


def _private(ground: Ground, courier: _Courier, district: str, number: int) -> CylinderPrivate:
    return CylinderPrivate(
        courier_id_card=courier.id_card,
        courier_phone=courier.phone,
        customer_id=f"K{number + 1:06}",
        customer_address=ground.address(district),
    )
