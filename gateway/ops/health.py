"""What can be said of the service's health."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Health:
    """What can be said of the service now; `lines` by account, as plain values, and `redis` where there is one.

    Redis is of use, and of no need: without it all is answered.
    """

    answering: bool
    lines: Mapping[str, Mapping[str, Any]]
    open_replies: int
    redis: Mapping[str, Any] | None = None

    @property
    def ready(self) -> bool:
        """Return whether questions can come in and be answered."""
        return self.answering and (not self.lines or any(line["ready"] for line in self.lines.values()))
