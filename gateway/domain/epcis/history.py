"""What events tell when they are read in the order in which things happened, whatever the order they came in.

A party may speak of a thing that it made, or that somebody who held it handed to it (T21). What anybody else says of
it is kept and does not count, until the hand-over is told as well: what he makes of it counts as his, of unknown
origin.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.domain.epcis.event import Kind, Part, Told

# Of events at one instant: what begins, what is packed, what is handed over, what is made of it, what ends.
_TURN = {Kind.OBJECT: 0, Kind.AGGREGATION: 1, Kind.TRANSFORMATION: 3}
_HANDING, _ENDING = 2, 4
_THINGS = (Part.EPC, Part.PARENT, Part.CHILD, Part.INPUT, Part.OUTPUT)


@dataclass(slots=True)
class _Stay:
    """How long a thing was in another."""

    parent: str
    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(slots=True)
class History:
    """The events about some things, those that count, in their order. `scope`: the things that are known here."""

    told: Collection[Told]
    scope: Collection[str]
    owners: Mapping[str, str | None] = field(default_factory=dict)  # lots that are on record, and whose they are
    counted: list[Told] = field(default_factory=list)
    makers: dict[str, Told] = field(default_factory=dict)  # thing -> the event that it began with
    strange: dict[str, frozenset[str]] = field(default_factory=dict)  # event -> what in it does not count
    ended: set[str] = field(default_factory=set)  # things that are no more
    _founders: dict[str, str | None] = field(default_factory=dict)  # lot -> whose record it is
    _holders: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _stays: dict[str, list[_Stay]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Read the events in the order in which they happened."""
        self._founders.update(self.owners)
        for told in sorted(self.told, key=_when):
            self.strange[told.event.id] = self._strange(told)
            if self._told_of(told) or told.event.lots:
                self._count(told)

    def of(self, told: Told, *parts: Part) -> tuple[str, ...]:
        """Return the names in these parts of an event that its speaker may speak of."""
        strange = self.strange[told.event.id]
        return tuple(name for name in told.event.of(*parts) if name not in strange)

    def is_about(self, told: Told, lot: str) -> bool:
        """Return whether an event is about a lot that is its speaker's, whenever he founded it."""
        return lot in told.event.lots and (told.trusted or told.party == self._founders.get(lot))

    def theirs(self, told: Told) -> list[str]:
        """Return the things in an event, one of these or another, that are known to be another party's.

        Who was handed a thing may speak of it, and not begin it anew.
        """
        event, makers = told.event, self.makers
        held = [name for name in event.of(*_THINGS) if name in self._holders and not self._holds(told, name)]
        made = [name for name in event.makes if name in makers and makers[name].party != told.party]
        return held if told.trusted else [*held, *made]

    def about(self, names: Collection[str]) -> Iterator[Told]:
        """Yield what counts of these things, or of what they were in at the time."""
        wanted = set(names)
        for told in self.counted:
            named = self._told_of(told) | {lot for lot in told.event.lots if self.is_about(told, lot)}
            if named & wanted or any(named & self._around(name, told.event.at) for name in wanted):
                yield told

    def _strange(self, told: Told) -> frozenset[str]:
        event = told.event
        begun = (*event.makes, *event.of(Part.PARENT))
        used = [name for name in event.uses if name in self.scope and not self._holds(told, name)]
        over = self.ended.intersection(event.of(Part.CHILD, Part.INPUT))
        return (
            frozenset(used) | over | {name for name in begun if name in self._holders and not self._holds(told, name)}
        )

    def _told_of(self, told: Told) -> set[str]:
        return {*told.event.of(*_THINGS)} - self.strange[told.event.id]

    def _count(self, told: Told) -> None:
        event, strange = told.event, self.strange[told.event.id]
        self.counted.append(told)
        for name in event.makes:
            if name not in strange:
                self._holders[name].add(told.party)
                self.ended.discard(name)
                self.makers.setdefault(name, told)
        if event.founds:
            for lot in event.lots:
                self._founders.setdefault(lot, told.party)
        self.ended.update(name for name in event.ends if name not in strange)
        if event.kind is Kind.AGGREGATION:
            self._pack(told)
        if event.to:
            for name in self._with_contents(self.of(told, Part.EPC, Part.PARENT, Part.OUTPUT), event.at):
                self._holders[name].update(event.to)

    def _pack(self, told: Told) -> None:
        event = told.event
        for parent in self.of(told, Part.PARENT):
            self._holders[parent].add(told.party)
            children = self.of(told, Part.CHILD)
            if event.action == "ADD":
                for child in children:
                    self._stays[child].append(_Stay(parent, event.at))
            elif event.action == "DELETE":
                self._unpack(parent, children or list(self._stays), event.at)

    def _unpack(self, parent: str, children: Iterable[str], at: datetime) -> None:
        """End the stay of these children; told without children it is all of them (EPCIS 2.0 §7.4.3)."""
        for child in children:
            for stay in self._stays.get(child, ()):
                if stay.parent == parent and stay.until is None:
                    stay.until = at

    def _holds(self, told: Told, name: str) -> bool:
        return told.trusted or told.party in self._holders.get(name, ())

    def _around(self, name: str, at: datetime) -> set[str]:
        """Return what a thing was in, and what that was in."""
        found: set[str] = set()
        rest = [name]
        while rest:
            new = {stay.parent for stay in self._stays.get(rest.pop(), ()) if stay.holds(at)} - found
            found |= new
            rest += new
        return found

    def _with_contents(self, names: Iterable[str], at: datetime) -> set[str]:
        found = set(names)
        return found | {child for child in self._stays if self._around(child, at) & found}


def _when(told: Told) -> tuple[datetime, int, str]:
    event = told.event
    turn = _TURN[event.kind]
    if event.kind is Kind.OBJECT and not event.makes:
        turn = _ENDING if event.ends else _HANDING
    return event.at, turn, event.id
