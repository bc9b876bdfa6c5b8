"""From events to the record of a lot: its chain as far as the events that count tell it (DOMAIN 2.2, 4.2).

A link that contradicts the others is left out and told, so that the record has a gap there: which of two events is
wrong nobody can know here, and the order in which they came decides nothing. What a lot was made of must be known of
every animal in it; one that lacks a link leaves the lot without it (R22).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from gateway.domain.calendar import local
from gateway.domain.epcis.event import Kind, Part, Said, Told
from gateway.domain.epcis.history import History
from gateway.domain.epcis.names import EAR_TAG, record_of, serial
from gateway.domain.records.meat import Meat
from gateway.domain.records.meat_chain import Animal, Leg, Processing, Quarantine, Retail, Slaughter
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Party, PartyKind, Record

T = TypeVar("T")

# What of a meat's record no event shows by itself; all the rest is its chain, which nobody just writes down.
MEAT_FIELDS: Final = frozenset({"product", "hotline", "quantity", "shelf_life_days", "recall"})
# The day a lot came to be, and who made it, where its record does not say.
_MADE: Final[Mapping[str, tuple[str, str]]] = {
    "melon": ("picked_on", "cooperative"),
    **dict.fromkeys(("liquor", "flour", "tomato"), ("produced_on", "maker")),
}
# CBV 2.0 §7.1: when goods are on their way, and when they are there.
_LEAVING: Final = frozenset({"shipping", "departing", "transporting"})
_ARRIVING: Final = frozenset({"arriving", "receiving", "accepting", "stocking", "retail_selling"})
_NAME: Final = 60  # characters of a name in a record
_NUMBER: Final = 40


@dataclass(frozen=True, slots=True)
class Derived:
    """A lot's record as the events tell it, whose it is, and what they tell that does not fit."""

    record: Record
    owner: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Origin:
    """What a lot was made of. `whole`: every way back ends at an animal that is known."""

    animals: tuple[str, ...]
    carcasses: tuple[str, ...]
    slaughters: tuple[Told, ...]
    whole: bool


def derive(history: History, lot: str, parties: Mapping[str, Party]) -> Derived | None:
    """Return the record of a lot; None: no event that counts founds it. Raises `msgspec.ValidationError`."""
    record_type, number = record_of(lot)
    about = [told for told in history.counted if history.is_about(told, lot)]
    founding = [told for told in about if told.event.founds]
    if not founding:
        return None
    said = [told.event.said.record for told in about if told.event.said.record]
    fields: dict[str, Any] = {name: value for record in said for name, value in record.items()}
    record: Record
    remarks: tuple[str, ...] = ()
    if record_type == "meat":
        record, remarks = _Meat(history, founding, lot, parties).record({**fields, "batch_no": number})
    else:
        record = _goods(record_type, number, founding[0], fields, parties)
    if carton := carton_of(history, lot) if record_type == "liquor" else None:
        record = msgspec.structs.replace(record, carton_code=carton)
    return Derived(record, founding[0].party, remarks)


def carton_of(history: History, lot: str) -> str | None:
    """Return the carton that bottles of a lot were packed into last, and that was not emptied since."""
    cartons: dict[str, None] = {}
    for told in history.counted:
        event = told.event
        if event.kind is Kind.AGGREGATION and history.is_about(told, lot):
            for parent in history.of(told, Part.PARENT):
                cartons.pop(parent, None)
                if event.action == "ADD":
                    cartons[parent] = None
    return serial(list(cartons)[-1])[:_NUMBER] if cartons else None


def _goods(record_type: str, number: str, first: Told, fields: dict[str, Any], parties: Mapping[str, Party]) -> Record:
    made_on, maker = _MADE[record_type]
    given = {made_on: local(first.event.at).date().isoformat(), maker: _firm(parties, first.party)}
    record: Record = msgspec.convert({**given, **fields, "batch_no": number}, REGISTRY[record_type].model)
    return record


def _firm(parties: Mapping[str, Party], party: str) -> str:
    return (parties[party].name if party in parties else party)[:_NAME]


@dataclass(slots=True)
class _Meat:
    """Reads the chain of one lot of meat."""

    history: History
    founding: Sequence[Told]
    lot: str
    parties: Mapping[str, Party]
    remarks: list[str] = field(default_factory=list)

    def record(self, fields: dict[str, Any]) -> tuple[Meat, tuple[str, ...]]:
        """Return the record with every link that fits, and what did not."""
        meat = msgspec.convert(fields, Meat)
        origin, things = self._origin(), {self.lot, *(name for told in self.founding for name in told.event.makes)}
        links = {**self._of_animals(origin), **self._of_slaughter(origin, things), **self._of_product(things)}
        for name, value in links.items():
            if value is None:
                continue
            try:
                meat = msgspec.structs.replace(meat, **{name: value})
            except ValueError as err:
                self.remarks.append(f"与其他事件矛盾，未采用：{err}")
        return meat, tuple(self.remarks)

    def _origin(self) -> _Origin:
        animals: dict[str, None] = {}
        carcasses: dict[str, None] = {}
        slaughters: dict[str, Told] = {}
        rest = [told for told in self.founding if told.event.kind is Kind.TRANSFORMATION]
        seen = {told.event.id for told in rest}
        whole = len(rest) == len(self.founding)
        while rest:
            told = rest.pop()
            inputs = self.history.of(told, Part.INPUT)
            whole = whole and bool(inputs) and len(inputs) == len(told.event.of(Part.INPUT))
            for name in inputs:
                maker = self.history.makers.get(name)
                if maker is None:
                    whole = False
                elif maker.event.kind is Kind.TRANSFORMATION:
                    carcasses[name] = None
                    if maker.event.id not in seen:
                        seen.add(maker.event.id)
                        rest.append(maker)
                else:
                    animals[name] = None
                    slaughters[told.event.id] = told
        return _Origin(tuple(sorted(animals)), tuple(sorted(carcasses)), tuple(slaughters.values()), whole)

    def _of_animals(self, origin: _Origin) -> dict[str, Any]:
        if not origin.whole or not origin.animals:
            return {}
        tagged = [self.history.makers[name] for name in origin.animals]
        farms = sorted({told.party for told in tagged})
        firm = _firm(self.parties, farms[0])
        animals = [_animal(name, told) for name, told in zip(origin.animals, tagged, strict=True)]
        papers = self._each(origin.animals, lambda said: (said.animal_quarantine,) if said.animal_quarantine else None)
        return {
            "farm": firm if len(farms) == 1 else f"{firm[: _NAME - 8]}等{len(farms)}家",
            "farm_id": farms[0],
            "breeder": next((told.event.said.breeder for told in tagged if told.event.said.breeder), None),
            "animals": tuple(animal for animal in animals if animal) if all(animals) else None,
            "feeds": self._each(origin.animals, lambda said: said.feeds),
            "vaccines": self._each(origin.animals, lambda said: said.vaccines),
            "vet_drugs": self._each(origin.animals, lambda said: said.vet_drugs),
            "animal_quarantine": _paper(papers),
        }

    def _of_slaughter(self, origin: _Origin, things: set[str]) -> dict[str, Any]:
        if not origin.whole or not origin.slaughters:
            return {}
        # The first day of several: a withdrawal that was not over then makes the whole lot unfit.
        first = min(origin.slaughters, key=lambda told: (told.event.at, told.event.id))
        numbers = sorted(serial(name)[:_NUMBER] for name in origin.carcasses)
        papers = self._all(things, lambda said: said.quarantine)
        stamps = self._all({*things, *origin.carcasses}, lambda said: said.stamp)
        return {
            "slaughter": Slaughter(
                abattoir=_firm(self.parties, first.party),
                abattoir_id=first.party,
                slaughtered_on=local(first.event.at).date(),
                carcass_nos=tuple(numbers),
            ),
            "stamp": min(stamps, key=lambda stamp: (stamp.stamped_on, stamp.number), default=None),
            "quarantine": _paper(
                papers
                or self._each(origin.carcasses, lambda said: (said.quarantine,) if said.quarantine else None)
                or ()
            ),
        }

    def _of_product(self, things: set[str]) -> dict[str, Any]:
        packed = [told for told in self.founding if told.event.said.processing]
        processing = None
        if packed and (packing := packed[0].event.said.processing):
            processing = Processing(
                plant=_firm(self.parties, packed[0].party),
                plant_id=packed[0].party,
                cut=packing.cut,
                packed_on=local(packed[0].event.at).date(),
                net_kg=packing.net_kg,
                storage_celsius=packing.storage_celsius,
            )
        about = list(self.history.about(things))
        legs = tuple(self._leg(told, about) for told in about if told.event.step in _LEAVING)
        return {"processing": processing, "logistics": legs or None, "retail": self._retail(about)}

    def _leg(self, told: Told, about: Iterable[Told]) -> Leg:
        event, said = told.event, told.event.said.transport
        arrival = next((t.event.at for t in about if t.event.step in _ARRIVING and t.event.at >= event.at), None)
        return Leg(
            carrier=said.carrier if said and said.carrier else _firm(self.parties, told.party),
            vehicle=said.vehicle if said else None,
            origin=_firm(self.parties, told.party),
            destination=_firm(self.parties, event.to[0]) if event.to else None,
            departed_at=event.at,
            arrived_at=arrival,
            lowest_celsius=said.lowest_celsius if said else None,
            highest_celsius=said.highest_celsius if said else None,
        )

    def _retail(self, about: Iterable[Told]) -> Retail | None:
        for told in about:
            party = self.parties.get(told.party)
            if told.event.step in _ARRIVING and party is not None and party.kind is PartyKind.RETAILER:
                arrived_on = local(told.event.at).date()
                return Retail(shop=_firm(self.parties, party.id), shop_id=party.id, arrived_on=arrived_on)
        return None

    def _all(self, names: Iterable[str], part: Callable[[Said], T | None]) -> list[T]:
        """Return what was said of any of these things."""
        found = [part(told.event.said) for told in self.history.about(set(names))]
        return [one for one in found if one is not None]

    def _each(self, names: Sequence[str], part: Callable[[Said], tuple[T, ...] | None]) -> tuple[T, ...] | None:
        """Return what was said of all of these things; None where nothing was said of one of them."""
        found: dict[str, T] = {}
        for name in names:
            said = self._all([name], part)
            if not said:
                return None
            found.update((repr(one), one) for ones in said for one in ones)
        return tuple(found[key] for key in sorted(found)) if names else None


def _animal(name: str, told: Told) -> Animal | None:
    """Return an animal by its tag; None where its number is not told."""
    said, ear_tag = told.event.said.animal, serial(name) if name.startswith(EAR_TAG) else ""
    if said is None:
        return Animal(ear_tag=ear_tag) if ear_tag else None
    return said.as_animal(ear_tag) if ear_tag or said.ear_tag else None


def _paper(papers: Iterable[Quarantine] | None) -> Quarantine | None:
    """Return the certificate that decides: one that failed, else the first."""
    ordered = sorted(papers or (), key=lambda paper: (paper.result != "fail", paper.issued_on, paper.number))
    return ordered[0] if ordered else None
