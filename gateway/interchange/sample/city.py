"""What a city is made of: everything that is written into the store, and what may be asked for in it."""

from dataclasses import dataclass, fields
from itertools import chain

from gateway.domain.access import Role
from gateway.domain.trace import Filed, LabelRange, Party, SingleLabel, Source
from gateway.domain.verdict import Verdict
from gateway.filing.kept import Event


@dataclass(frozen=True, slots=True)
class Example:
    """Something to ask for, and what the first question of it hears.

    `index` (class, key version, index) says which code to ask for; a thing without label is asked for by its key.
    """

    verdict: Verdict
    record_type: str
    record_key: str | None
    index: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """A registered phone. Its PIN, where it has one, is made when it is registered."""

    number: str
    party: str
    role: Role
    pin: bool = False


@dataclass(frozen=True, slots=True)
class City:
    """All there is to write into the store."""

    sources: tuple[Source, ...] = ()
    parties: tuple[Party, ...] = ()
    records: tuple[Filed, ...] = ()
    ranges: tuple[LabelRange, ...] = ()
    singles: tuple[SingleLabel, ...] = ()
    events: tuple[Event, ...] = ()
    callers: tuple[Caller, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    def labels(self) -> int:
        """Return how many labels it has; those bound singly lie in a run of their station's."""
        alone = sum(not any(_holds(run, one) for run in self.ranges) for one in self.singles)
        return alone + sum(run.last - run.first + 1 for run in self.ranges)


def joined(*cities: City) -> City:
    """Return one city that has all of these."""
    return City(*(tuple(chain.from_iterable(getattr(one, part.name) for one in cities)) for part in fields(City)))


def _holds(run: LabelRange, one: SingleLabel) -> bool:
    return (run.klass, run.version) == (one.klass, one.version) and run.first <= one.index <= run.last
