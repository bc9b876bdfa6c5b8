"""What callers may ask for next, as the job needs it that has its words spoken ahead of them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol


class Prospects(Protocol):
    """Records by their ids, `<type>/<key>`."""

    def after(self, record_id: str, record_type: str, most: int) -> list[str]:
        """Return the records of a type in the order of their ids, from after this one; from "" on, the first."""
        ...

    def changed(self, since: datetime, most: int) -> list[str]:
        """Return the records that events came in for since then, each once, the newest first."""
        ...

    def codes(self, record_ids: Collection[str]) -> Mapping[str, str]:
        """Return the codes of those that carry a live label of their own."""
        ...

    def imported(self) -> int:
        """Return how many files came in so far."""
        ...
