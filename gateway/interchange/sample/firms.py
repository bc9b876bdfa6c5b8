"""The city's firms, and the phones that are registered for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from gateway.domain.access import Role
from gateway.domain.records.station import Dispenser, Gas, Station
from gateway.domain.trace import Filed, Party, PartyKind, Source
from gateway.interchange.sample.city import Caller, City
from gateway.interchange.sample.ground import Ground, credit_code

_FIRST_SERIAL: Final = 1001
_QUIET: Final = timedelta(hours=72)
_WUHAI: Final = ("150302", "150302", "150303", "150304")
# Of the stations: whose licence ran out some days ago, and whose feed is silent.
LAPSED, SILENT = 3, 4
LAPSED_DAYS: Final = 6


@dataclass(slots=True)
class Firms:
    """All of them, by what they do."""

    ground: Ground
    all: list[Party] = field(default_factory=list)

    def of(self, kind: PartyKind) -> Sequence[Party]:
        """Return those of a kind, in the order they were founded."""
        return [party for party in self.all if party.kind is kind]

    def found(self, kind: PartyKind, name: str, district: str, licence: str | None = None, valid: int = 0) -> Party:
        """Add one; `valid`: the days its licence has left."""
        serial = _FIRST_SERIAL + len(self.all)
        party = Party(
            id=f"{kind.value.replace('_', '-')}-{serial}",
            name=name,
            kind=kind,
            district=district,
            duty_phone=f"{'0473' if district.startswith('1503') else '0478'}-0000{serial % 1000:03}",
            uscc=credit_code(district, serial),
            licence_no=f"{licence}{serial}" if licence else None,
            licence_valid_to=self.ground.day(valid) if licence else None,
            contact=self.ground.person(),
            pilot=serial % 16 == 0,
        )
        self.all.append(party)
        return party


def founded(ground: Ground) -> Firms:
    """Return the firms of the city."""
    firms, words, chance = Firms(ground), ground.words, ground.chance
    for place, name in enumerate(words.stations[:5]):
        left = -LAPSED_DAYS if place == LAPSED else chance.randint(90, 1200)
        district = _WUHAI[place % len(_WUHAI)]
        firms.found(PartyKind.STATION, f"{words.districts[district][:-1]}{name}气站", district, "TS41503", left)
    for name in words.dispensing:
        firms.found(PartyKind.STATION, f"{name}加气站", "150302", "TS41503", chance.randint(90, 1200))
    for name in words.maintainers:
        firms.found(PartyKind.MAINTENANCE, f"{name}电梯公司", "150302", "TS331503", chance.randint(60, 900))
    for number in range(16):
        estate = words.estates[number]
        firms.found(PartyKind.USE_UNIT, f"{estate}物业", chance.choice(_WUHAI))
    firms.found(PartyKind.INSPECTOR, "巴彦淖尔市特检所", "150802")
    firms.found(PartyKind.REGULATOR, "巴彦淖尔市市场监督管理局", "150802")
    _found_makers(firms)
    return firms


def _found_makers(firms: Firms) -> None:
    words, chance = firms.ground.words, firms.ground.chance
    firms.found(PartyKind.FACTORY, f"{words.distilleries[0]}酒业", "150826", "SC1151508260", 600)
    firms.found(PartyKind.FACTORY, f"{words.mills[0]}面业", "150821", "SC1011508210", 480)
    for name in words.farms:
        firms.found(PartyKind.FARM, f"{name}牧场", chance.choice(("150824", "150823")))
    for name in words.coops:
        firms.found(PartyKind.COOP, f"{name}合作社", chance.choice(("150822", "150826", "150821")))
    for name in words.abattoirs:
        firms.found(PartyKind.ABATTOIR, f"{name}屠宰场", "150821")
    for name in words.retailers:
        firms.found(PartyKind.RETAILER, f"{name}超市", chance.choice(("150302", "150802")))


def town(firms: Firms) -> City:
    """Return the firms with their feeds, phones and, for stations, records and plates."""
    stations = firms.of(PartyKind.STATION)
    feeds = [*stations, *firms.of(PartyKind.MAINTENANCE), *firms.of(PartyKind.INSPECTOR)]
    quiet = {stations[SILENT].id, firms.of(PartyKind.MAINTENANCE)[-1].id}
    return City(
        sources=tuple(Source(party.id, _QUIET if party.id in quiet else timedelta(0)) for party in feeds),
        parties=tuple(firms.all),
        records=tuple(_station(firms.ground, party) for party in stations),
        callers=tuple(_callers(firms)),
    )


def _station(ground: Ground, party: Party) -> Filed:
    gases: tuple[Gas, ...] = ("CNG", "LNG") if "加气" in party.name else ("LPG",)
    kind = ground.chance.choice
    measures = [
        Dispenser(
            number=str(number + 1),
            kind="gun" if "CNG" in gases else "scale",
            gas=gases[0],
            verified_to=ground.day(kind((20, 90, 160, 200, 300))),
        )
        for number in range(ground.chance.randint(2, 6))
    ]
    assert party.licence_no and party.licence_valid_to and party.duty_phone  # noqa: S101, PT018 - as founded
    record = Station(
        station_id=party.id,
        name=party.name,
        uscc=party.uscc,
        address=ground.address(party.district),
        district=party.district,
        gases=gases,
        licence_no=party.licence_no,
        licence_valid_to=party.licence_valid_to,
        responsible=party.contact,
        duty_phone=party.duty_phone,
        dispensers=tuple(measures),
    )
    return Filed("station", party.id, record, owner=party.id)


_ROLES: Final = {
    PartyKind.STATION: Role.STATION,
    PartyKind.MAINTENANCE: Role.MAINTENANCE,
    PartyKind.USE_UNIT: Role.USE_UNIT,
    PartyKind.COOP: Role.COOPERATIVE,
    PartyKind.INSPECTOR: Role.INSPECTOR,
    PartyKind.REGULATOR: Role.REGULATOR,
}


def _callers(firms: Firms) -> Iterator[Caller]:
    for party in firms.all:
        role = _ROLES.get(party.kind)
        if role is not None:
            yield Caller(firms.ground.mobile(), party.id, role)
