"""Labels in a ledger: parties, things to label, and the runs issued to them."""

from gateway.domain.access import Actor, Role
from gateway.domain.code import CodeBook
from gateway.domain.labels import Run
from gateway.domain.trace import Filed, Party, PartyKind
from gateway.filing import labels
from gateway.filing.books import Books
from gateway.filing.ledger import Order
from tests.builders.messages import CODES, NOW
from tests.builders.traces import a_cylinder, a_liquor, a_station, a_vehicle

REGULATOR = Actor("user:wang", Role.REGULATOR)
HETAO, RIVAL = Actor("key:hetao", Role.FIRM, "hetao"), Actor("key:rival", Role.FIRM, "rival")
PINGAN = Actor("key:pingan", Role.STATION, "station-pingan")

BATCH, PIECES = "B2026", 40
CYLINDER, ANOTHER_CYLINDER = "WH12345678", "WH87654321"
PLATE = "蒙C12312"


def equip(books: Books) -> None:
    """Make three parties, a batch of `PIECES` bottles of hetao's, two cylinders, a station and a vehicle."""
    for party, kind in (("hetao", "factory"), ("rival", "factory"), ("station-pingan", "station")):
        books.parties.put(Party(party, party, PartyKind(kind), "150802"), NOW)
    bottles = a_liquor(batch_no=BATCH, quantity=PIECES)
    others = (
        Filed("liquor", BATCH, bottles, owner="hetao"),
        Filed("lpg", CYLINDER, a_cylinder(), owner="station-pingan"),
        Filed("lpg", ANOTHER_CYLINDER, a_cylinder(cylinder_no=ANOTHER_CYLINDER), owner="station-pingan"),
        Filed("station", "station-pingan", a_station(), owner="station-pingan"),
        Filed("vehicle", PLATE, a_vehicle(), owner="station-pingan"),
    )
    for filed in others:
        books.records.put(filed, "somebody", NOW)


def issued(books: Books, count: int, *, klass: int = 1, party: str = "hetao", countersigned: bool = False) -> list[str]:
    """Issue so many labels; return their codes."""
    order = Order(klass, 1, count, party, countersigned=countersigned)
    minted = labels.mint(books, REGULATOR, order, lambda room: room // 3, NOW)
    labels.issue(books, REGULATOR, minted, NOW)
    return codes_of(minted.run)


def codes_of(run: Run, book: CodeBook = CODES) -> list[str]:
    return [book.issue(run.klass, run.version, index) for index in range(run.first, run.last + 1)]
