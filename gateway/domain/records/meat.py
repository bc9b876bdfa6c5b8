"""Meat (DOMAIN 2.2): one trace unit, a box or a lot of packs, and its chain back to the ear tags of its animals."""

from collections.abc import Iterator
from datetime import date

import msgspec

from gateway.domain import masks
from gateway.domain.calendar import local, shifted, short_day
from gateway.domain.inputs import InputKind
from gateway.domain.records.base import Days, Entry, Facts, Fault, Name, Number, RecordType, require
from gateway.domain.records.goods import Batch, batch_entry, batch_facts, batch_key, batch_values, input_faults, judge
from gateway.domain.records.meat_chain import (
    Animal,
    DrugUse,
    Feed,
    Leg,
    Processing,
    Quarantine,
    Retail,
    Slaughter,
    Stamp,
    Vaccination,
)
from gateway.domain.reply import Plain
from gateway.domain.trace import RepeatPolicy
from gateway.domain.verdict import Verdict

# The tag's first digit is the species, by the character its meat is called by (农业部令2006年第67号).
_SPECIES = {"猪": "1", "牛": "2", "羊": "3"}


class Meat(Batch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trace unit; `batch_no` is its own number. A link that is not there yet is a gap, since the chain grows.

    `feeds` and `vet_drugs` None: nothing was declared; empty: declared that there were none. Slaughter inside a
    withdrawal is recorded as the gap it is: were it refused, the drug would be left out and the meat look sound.
    """

    farm: Name | None = None
    farm_id: Number | None = None
    breeder: Name | None = None
    animals: tuple[Animal, ...] = ()
    feeds: tuple[Feed, ...] | None = None
    vaccines: tuple[Vaccination, ...] = ()
    vet_drugs: tuple[DrugUse, ...] | None = None
    animal_quarantine: Quarantine | None = None
    slaughter: Slaughter | None = None
    stamp: Stamp | None = None
    quarantine: Quarantine | None = None
    processing: Processing | None = None
    logistics: tuple[Leg, ...] = ()
    retail: Retail | None = None
    shelf_life_days: Days | None = None

    def __post_init__(self) -> None:
        """Check species and the order of days along the chain."""
        super().__post_init__()
        self._check_species()
        self._check_days()

    def _check_species(self) -> None:
        for at, animal in enumerate(self.animals):
            species = _species(animal.breed or "") or _species(self.product)
            said = "或".join(f"{digit}（{character}）" for digit, character in species.items())
            fits = not species or animal.ear_tag[0] in species
            require(fits, f"animals[{at}].ear_tag", animal.ear_tag, f"耳标首位应为{said}")

    def _check_days(self) -> None:
        births = [animal.born_on for animal in self.animals if animal.born_on is not None]
        for at, vaccine in enumerate(self.vaccines):
            given = vaccine.given_on
            in_order = not births or given >= min(births)
            require(in_order, f"vaccines[{at}].given_on", given, "免疫日期早于出生日期")
        killed = self.made_on
        if killed is None:
            return
        require(not births or killed >= max(births), "slaughter.slaughtered_on", killed, "屠宰日期早于出生日期")
        if self.quarantine is not None:
            issued = self.quarantine.issued_on
            require(issued >= killed, "quarantine.issued_on", issued, f"产品检疫日期早于屠宰日期{killed}")
        if self.processing is not None:
            packed = self.processing.packed_on
            require(packed >= killed, "processing.packed_on", packed, f"包装日期早于屠宰日期{killed}")

    @property
    def made_on(self) -> date | None:
        """Return the day of slaughter."""
        return self.slaughter.slaughtered_on if self.slaughter else None

    @property
    def best_before(self) -> date | None:
        """Return the last good day, counted from packing; None while either is not known."""
        if self.processing is None or self.shelf_life_days is None:
            return None
        return shifted(self.processing.packed_on, self.shelf_life_days)

    @property
    def free_on(self) -> date | None:
        """Return the first day on which all withdrawals are over; None where no drug was given."""
        return max((use.free_on for use in self.vet_drugs or ()), default=None)

    @property
    def inside_withdrawal(self) -> bool:
        """Return whether it was slaughtered before all withdrawals were over."""
        return self.made_on is not None and self.free_on is not None and self.made_on < self.free_on

    @property
    def gaps(self) -> tuple[str, ...]:
        """Name what makes the meat unfit and each link that is missing (R22), in the chain's order."""
        certificates = (self.animal_quarantine, self.quarantine)
        missing = {
            "QUARANTINE_FAILED": any(paper is not None and paper.result == "fail" for paper in certificates),
            "INSIDE_WITHDRAWAL": self.inside_withdrawal,
            "NO_FARM": self.farm is None,
            "NO_EAR_TAG": not self.animals,
            "NO_FEED_RECORD": self.feeds is None,
            "NO_VACCINE_RECORD": not self.vaccines,
            "NO_DRUG_RECORD": self.vet_drugs is None,
            "NO_ANIMAL_QUARANTINE": self.animal_quarantine is None,
            "NO_SLAUGHTER": self.slaughter is None,
            "NO_QUARANTINE": self.quarantine is None,
            "NO_PROCESSING": self.processing is None,
            "NO_LOGISTICS": not self.logistics,
            "NO_RETAIL": self.retail is None,
        }
        return tuple(name for name, lacks in missing.items() if lacks)


def _species(name: str) -> dict[str, str]:
    """Return the species that a breed's or a product's name speaks of, by the digit of their ear tags."""
    return {digit: character for character, digit in _SPECIES.items() if character in name}


def _days(meat: Meat) -> Iterator[tuple[str, date | None]]:
    """Yield every day the record states, by field."""
    for at, animal in enumerate(meat.animals):
        yield f"animals[{at}].born_on", animal.born_on
    for at, feed in enumerate(meat.feeds or ()):
        yield f"feeds[{at}].from_on", feed.from_on
    for at, vaccine in enumerate(meat.vaccines):
        yield f"vaccines[{at}].given_on", vaccine.given_on
    for at, use in enumerate(meat.vet_drugs or ()):
        yield f"vet_drugs[{at}].given_on", use.given_on
    for at, leg in enumerate(meat.logistics):
        yield f"logistics[{at}].departed_at", local(leg.departed_at).date()
        yield f"logistics[{at}].arrived_at", local(leg.arrived_at).date() if leg.arrived_at else None
    yield "animal_quarantine.issued_on", meat.animal_quarantine.issued_on if meat.animal_quarantine else None
    yield "slaughter.slaughtered_on", meat.made_on
    yield "stamp.stamped_on", meat.stamp.stamped_on if meat.stamp else None
    yield "quarantine.issued_on", meat.quarantine.issued_on if meat.quarantine else None
    yield "processing.packed_on", meat.processing.packed_on if meat.processing else None
    yield "retail.arrived_on", meat.retail.arrived_on if meat.retail else None


def _entry(meat: Meat, entry: Entry) -> Iterator[Fault]:
    yield from batch_entry(meat, entry, dict(_days(meat)))
    for at, use in enumerate(meat.vet_drugs or ()):
        yield from input_faults(f"vet_drugs[{at}]", use.name, use.withdrawal_days, InputKind.VET_DRUG, entry)
    if meat.inside_withdrawal and meat.made_on is not None and meat.free_on is not None:
        reason = f"屠宰日期在末次用药的休药期内（应不早于{short_day(meat.free_on, meat.made_on)}）"
        yield Fault("slaughter.slaughtered_on", meat.made_on.isoformat(), reason, "warning")


def _facts(meat: Meat) -> Facts:
    parties = {
        "farm": meat.farm_id,
        "abattoir": meat.slaughter.abattoir_id if meat.slaughter else None,
        "plant": meat.processing.plant_id if meat.processing else None,
        "retailer": meat.retail.shop_id if meat.retail else None,
    }
    named = {role: party for role, party in parties.items() if party is not None}
    return msgspec.structs.replace(batch_facts(meat), parties=named)


def _values(meat: Meat, day: date) -> dict[str, Plain]:
    packing, slaughter, paper = meat.processing, meat.slaughter, meat.quarantine
    return {
        **batch_values(meat),
        "maker": meat.farm,
        "farm": meat.farm,
        "breeder": masks.person(meat.breeder) if meat.breeder else None,
        "breed": meat.animals[0].breed if meat.animals else None,
        "ear_tag": meat.animals[0].ear_tag if len(meat.animals) == 1 else None,
        "vaccinated": bool(meat.vaccines),
        "abattoir": slaughter.abattoir if slaughter else None,
        "slaughtered_on": short_day(slaughter.slaughtered_on, day) if slaughter else None,
        "quarantine_no": masks.certificate(paper.number) if paper and paper.result == "pass" else None,
        "plant": packing.plant if packing else None,
        "cut": packing.cut if packing else None,
        "net_kg": f"{packing.net_kg:g}" if packing else None,
        "produced_on": packing.packed_on.isoformat() if packing else None,
        "shop": meat.retail.shop if meat.retail else None,
    }


MEAT = RecordType(
    name="meat",
    classes=frozenset({5}),
    policy=RepeatPolicy.COVERT,
    model=Meat,
    judge=judge,
    values=_values,
    facts=_facts,
    key=batch_key,
    recordless=Verdict.TRACE_INCOMPLETE,
    entry=_entry,
)
