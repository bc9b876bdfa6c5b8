"""What the deny list needs from the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.domain.trace import Record


@dataclass(frozen=True, slots=True)
class Denial:
    """A thing that must not be filled, or may be again; `seq` orders the changes."""

    seq: int
    record_id: str  # or "label/<code>", of a thing's label that ended
    denied: bool
    names: Mapping[str, Sequence[str]]  # "code", "cylinder_no", "plate", "station": what it is asked for by
    reasons: Sequence[str]
    changed_at: datetime


class Denials(Protocol):
    """What a station that is cut off must not fill, kept as changes."""

    def put(self, record_id: str, names: Mapping[str, Sequence[str]], reasons: Sequence[str], now: datetime) -> None:
        """Deny a thing for these reasons; none: it is denied no longer. What changes nothing is not written.

        `names` lack its live label, which is added.
        """
        ...

    def since(self, seq: int, most: int) -> list[Denial]:
        """Return the changes after `seq` in their order, each thing once. Later ones never get a lower number."""
        ...

    def newest(self) -> int:
        """Return the number of the last change; 0: nothing was ever denied."""
        ...

    def judged(self, after: str, most: int) -> list[tuple[str, Record, bool]]:
        """Return the things that a deny list may name, by their ids, from after this one, and whether they stand there.

        A thing that was taken off stands there, too.
        """
        ...

    def imported(self) -> tuple[int, datetime | None]:
        """Return how many files with such things came in, and the last one's time: what they say is not judged."""
        ...
