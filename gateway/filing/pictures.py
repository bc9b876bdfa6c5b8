"""What is drawn of questions: when they come, what repeats, what nobody knows, how long replies are.

Trials and test labels are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from gateway.filing.reports import Period, Scope

# So many codes, and so many times what is usual, make a spike: a printing error, or somebody who tries codes.
SPIKE_LEAST: Final = 10
SPIKE_TIMES: Final = 5
# The days before, by which it is told what is usual.
USUAL_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class HourCount:
    """Questions by channel in one hour of the day, of Asia/Shanghai, over all days asked for."""

    hour: int
    channel: str
    questions: int


@dataclass(frozen=True, slots=True)
class Prefix:
    """Codes that begin alike and that nobody knows; `usual`: as many as so many days had before."""

    prefix: str
    codes: int
    usual: float

    @property
    def spike(self) -> bool:
        """Return whether there are many more than usual."""
        return self.codes >= SPIKE_LEAST and self.codes >= SPIKE_TIMES * self.usual


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often others asked again for codes of one batch."""

    record_id: str
    codes: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many answers of a channel took so many segments."""

    channel: str
    segments: int
    answers: int


class Pictures(Protocol):
    """Sums, each made once of the questions of an hour that is over."""

    def sum_up(self, now: datetime) -> int:
        """Count the questions of the first hour that is over and not counted yet; return how many hours that was."""
        ...

    def hours(self, period: Period) -> Sequence[HourCount]:
        """Return when questions come."""
        ...

    def unknown(self, period: Period, most: int) -> Sequence[Prefix]:
        """Return which unknown codes are asked for, the most frequent first."""
        ...

    def repeats(self, scope: Scope, period: Period, most: int) -> Sequence[Repeats]:
        """Return of which batches codes are asked for again, the most frequent first; of a party, its own."""
        ...

    def lengths(self, period: Period) -> Sequence[Lengths]:
        """Return how long replies are."""
        ...
