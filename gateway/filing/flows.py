"""How calls went through the hotline's flows: counted by the day, over all processes and restarts."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple, Protocol


class Left(NamedTuple):
    """A step of a flow, and the way by which calls left it."""

    flow: str
    step: str
    exit: str


class FlowBook(Protocol):
    """Counts of the hotline's steps. Days are those of Asia/Shanghai."""

    def add(self, day: date, counts: Mapping[Left, int]) -> None:
        """Add to a day's counts, in one statement."""
        ...

    def counts(self, day: date, flow: str) -> Mapping[tuple[str, str], int]:
        """Return how often each step of a flow was left that day by each way out."""
        ...
