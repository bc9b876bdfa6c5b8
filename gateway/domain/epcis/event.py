"""An EPCIS event as the gateway reads it: typed, every name in its one form."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from gateway.domain.epcis.names import LABEL, LOT, record_of
from gateway.domain.records.base import Name, PartyId
from gateway.domain.records.meat_chain import (
    Animal,
    Celsius,
    DrugUse,
    Feed,
    Quarantine,
    Stamp,
    Vaccination,
)

GoodsType: TypeAlias = Literal["meat", "melon", "liquor", "flour", "tomato"]


class Kind(StrEnum):
    """The event types that are taken; the values are the standard's."""

    OBJECT = "ObjectEvent"
    AGGREGATION = "AggregationEvent"
    TRANSFORMATION = "TransformationEvent"


class Part(StrEnum):
    """How an event names a thing."""

    EPC = "epc"
    PARENT = "parent"
    CHILD = "child"
    INPUT = "input"
    OUTPUT = "output"
    LOT = "lot"  # the record of goods that it is about


class TaggedAnimal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of an animal when it gets its tag; `ear_tag` where its EPC is not its ear tag's number."""

    ear_tag: Annotated[str, msgspec.Meta(pattern=r"^[123][0-9]{14}$")] | None = None
    epc: Annotated[str, msgspec.Meta(pattern=r"^(30|34)[0-9A-F]{22}$")] | None = None
    tid: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-F]{16,48}$")] | None = None
    breed: Name | None = None
    sex: Literal["male", "female", "castrated"] | None = None
    born_on: date | None = None

    def as_animal(self, ear_tag: str) -> Animal:
        """Return it as the record has it. Raises `msgspec.ValidationError` for a day that no calendar has."""
        said = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}
        return msgspec.convert({**said, "ear_tag": self.ear_tag or ear_tag}, Animal)


class Packing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What cutting says beside its place and day."""

    cut: Name | None = None
    net_kg: Annotated[float, msgspec.Meta(gt=0, le=2000)]  # of one unit
    storage_celsius: Celsius | None = None


class Transport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What shipping says beside its time and who is meant to receive it."""

    carrier: Name | None = None  # none: the sender himself
    vehicle: Name | None = None
    lowest_celsius: Celsius | None = None
    highest_celsius: Celsius | None = None


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Our extension fields (`fx:…`), at the event or in its ILMD, named as the records name them.

    What is not said is None: an empty list says that there was none.
    """

    party: PartyId | None = None  # who did it, where the regulator enters it for somebody
    type: GoodsType | None = None  # of the lot
    lot: Annotated[str, msgspec.Meta(min_length=1, max_length=60)] | None = None  # its number
    record: dict[str, Any] | None = None  # what of the lot's record no event can show
    animal: TaggedAnimal | None = None
    breeder: Name | None = None
    feeds: tuple[Feed, ...] | None = None
    vaccines: tuple[Vaccination, ...] | None = None
    vet_drugs: tuple[DrugUse, ...] | None = None
    animal_quarantine: Quarantine | None = None
    quarantine: Quarantine | None = None
    stamp: Stamp | None = None
    processing: Packing | None = None
    transport: Transport | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event, as it is kept."""

    id: str
    kind: Kind
    at: datetime
    digest: str  # its canonical hash: two events with one id are the same event only if this is
    action: Literal["ADD", "OBSERVE", "DELETE"] | None = None  # a transformation has none
    step: str | None = None  # CBV's word for the business step
    disposition: str | None = None  # CBV's word for the state that the things are in from then on
    names: dict[Part, tuple[str, ...]]
    to: tuple[str, ...] = ()  # parties it is handed to
    said: Said = Said()
    taken_back: bool = False  # it declares the event of this id to be in error
    sent: msgspec.Raw = msgspec.Raw(b"{}")  # as it was sent

    def of(self, *parts: Part) -> tuple[str, ...]:
        """Return the names that stand in these parts, labels left out."""
        return tuple(name for part in parts for name in self.names.get(part, ()) if not name.startswith(LABEL))

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the codes of the labels it names as things or as children."""
        named = (*self.names.get(Part.EPC, ()), *self.names.get(Part.CHILD, ()))
        return tuple(name.removeprefix(LABEL) for name in named if name.startswith(LABEL))

    @property
    def lots(self) -> tuple[str, ...]:
        """Return the lots it is about."""
        return self.names.get(Part.LOT, ())

    @property
    def makes(self) -> tuple[str, ...]:
        """Return what begins with it."""
        match self.kind:
            case Kind.TRANSFORMATION:
                return self.of(Part.OUTPUT)
            case Kind.OBJECT if self.action == "ADD":
                return self.of(Part.EPC)
            case _:
                return ()

    @property
    def uses(self) -> tuple[str, ...]:
        """Return what must be there before: whoever speaks of it must hold it."""
        begun = set(self.makes)
        return tuple(name for name in self.of(Part.EPC, Part.CHILD, Part.INPUT) if name not in begun)

    @property
    def ends(self) -> tuple[str, ...]:
        """Return what is no more after it: nothing is made of that, or packed with it (EPCIS 2.0 §7.4.2, DELETE)."""
        over = self.action == "DELETE" or self.disposition == "destroyed"
        return self.of(Part.EPC) if self.kind is Kind.OBJECT and over and not self.makes else ()

    @property
    def founds(self) -> bool:
        """Return whether a lot's record begins with it, or grows by what is made here."""
        return bool(self.lots) and self.said.record is not None and bool(self.makes)

    @property
    def binds(self) -> bool:
        """Return whether it puts labels on a lot."""
        return self.kind is Kind.OBJECT and self.action == "ADD" and bool(self.labels) and bool(self.lots)


class Told(msgspec.Struct, frozen=True):
    """An event and who said so; `trusted`: an office, which may speak of what is anybody's."""

    event: Event
    party: str
    trusted: bool = False


def goods_of(lots: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return type and number of each lot."""
    return [record_of(lot) for lot in lots if lot.startswith(LOT)]
