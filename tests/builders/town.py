"""A town with its equipment in the books: who may act there, and on what. A test names only what it makes different."""

from datetime import timedelta

from gateway.domain.access import Actor, Role
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Filed, Party, PartyKind, Record
from gateway.filing import labels
from gateway.filing.books import Books
from gateway.filing.fills import FillEvent
from gateway.filing.kept import Kept
from gateway.filing.ledger import Order
from tests.builders.messages import CODES, NOW
from tests.builders.traces import a_cylinder, a_lift, a_station, a_vehicle, changed

PINGAN = Actor("key:pingan", Role.STATION, "station-pingan")
LIMIN = Actor("key:limin", Role.STATION, "station-limin")
INSPECTOR = Actor("key:inspector", Role.INSPECTOR, "inspector-wuhai")
ANTAI = Actor("key:antai", Role.MAINTENANCE, "maintenance-antai")
OTHER_UNIT = Actor("key:other", Role.MAINTENANCE, "maintenance-other")
BINHE = Actor("key:binhe", Role.USE_UNIT, "use-unit-binhe")
FIRM = Actor("key:hetao", Role.FIRM, "factory-hetao")
COOPERATIVE = Actor("key:dengkou", Role.COOPERATIVE, "coop-dengkou")
OFFICE = Actor("key:office", Role.OFFICE, "office-wuhai")
REGULATOR = Actor("key:regulator", Role.REGULATOR, "regulator-wuhai")

CYLINDER, PLATE, LIFT = "WH12345678", "蒙C12312", "012345"
SEALS = 20  # issued to each of the two stations

_PARTIES = {
    "station-pingan": PartyKind.STATION,
    "station-limin": PartyKind.STATION,
    "inspector-wuhai": PartyKind.INSPECTOR,
    "maintenance-antai": PartyKind.MAINTENANCE,
    "maintenance-other": PartyKind.MAINTENANCE,
    "use-unit-binhe": PartyKind.USE_UNIT,
    "factory-hetao": PartyKind.FACTORY,
    "coop-dengkou": PartyKind.COOP,
    "retailer-xinhua": PartyKind.RETAILER,
    "regulator-wuhai": PartyKind.REGULATOR,
}
_FIRST = {"station-pingan": 5000, "station-limin": 5000 + SEALS}  # one run follows the other


def seal(number: int, station: str = "station-pingan") -> str:
    """Return the code of one of the seals that a station was given."""
    return CODES.issue(6, 1, _FIRST[station] + number)


def build(books: Books) -> None:
    """Write parties, two stations with seals, a cylinder, a vehicle and a lift, all of them fresh and in order."""
    for party, kind in _PARTIES.items():
        books.parties.put(Party(party, f"{party}公司", kind, "150302", duty_phone="0473-1111111"), NOW)
        books.records.heard(party, NOW)
    for station in ("station-pingan", "station-limin"):
        put(books, "station", a_station(station_id=station))
        books.labels.take_turns()
        minted = labels.mint(books, REGULATOR, Order(6, 1, SEALS, station), lambda _, s=station: _FIRST[s], NOW)  # type: ignore[misc]
        labels.issue(books, REGULATOR, minted, NOW)
    put(books, "lpg", a_cylinder(), owner="station-pingan", source="station-pingan")
    put(books, "vehicle", a_vehicle(), owner="regulator-wuhai", source="regulator-wuhai")
    lift = a_lift(use_unit_id="use-unit-binhe", maintenance_unit_id="maintenance-antai")
    put(books, "lift", lift, owner="maintenance-antai", source="maintenance-antai")


def put(books: Books, record_type: str, record: Record, *, owner: str | None = None, source: str | None = None) -> None:
    """Write a record under its key."""
    filed = Filed(record_type, REGISTRY[record_type].key(record), record, source, owner)
    books.records.put(filed, "builder", NOW)


def alter(books: Books, record_type: str, key: str, **fields: object) -> None:
    """Give a thing other fields."""
    thing = kept(books, record_type, key)
    filed = Filed(record_type, key, changed(thing.record, **fields), thing.source, thing.owner, thing.inspector)
    books.records.put(filed, "builder", NOW)


def kept(books: Books, record_type: str = "lpg", key: str = CYLINDER) -> Kept:
    """Return a record that must be there."""
    found = books.records.get(record_type, key)
    assert found is not None
    return found


def a_fill_event(number: int = 0, **fields: object) -> FillEvent:
    """Return a fill of the cylinder an hour ago, under the station's seal of this number."""
    made = FillEvent(
        at=NOW - timedelta(hours=1),
        cylinder_no=CYLINDER,
        gas="LPG",
        weight_kg=14.5,
        operator="张三丰",
        operator_certificate="CZ15030001",
        seal=seal(number),
    )
    return changed(made, **fields)
