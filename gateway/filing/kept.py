"""What the books hold of a thing: its record as it stands, and what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.domain.trace import Record


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it stands in the books."""

    record_type: str
    key: str
    record: Record
    owner: str | None
    parties: Mapping[str, str]  # role -> party id
    version: int
    updated_at: datetime
    source: str | None = None
    inspector: str | None = None

    @property
    def id(self) -> str:
        """Return `<type>/<key>`."""
        return f"{self.record_type}/{self.key}"

    @property
    def concerned(self) -> tuple[str | None, ...]:
        """Return the parties who may act on it."""
        return (self.owner, *self.parties.values())


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a thing, as it is kept; `sealed` holds what only the regulator may read."""

    id: UUID
    kind: str
    record_id: str
    party: str | None
    at: datetime
    received_at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] | None = None
