"""Files that people send in over the console, and what takes two of them: a recall, the end of labels (T13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from gateway.domain.access import Actor

CHECKING, CHECKED, LOADING, LOADED, FAILED = "checking", "checked", "loading", "loaded", "failed"
OPEN, DONE, DECLINED = "open", "done", "declined"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file, and how far it is; `result` says what came of looking through it, or of taking it in."""

    id: UUID
    type: str
    name: str
    actor: str
    party: str | None
    at: datetime
    state: str
    share: int  # per cent
    seen_at: datetime
    result: Mapping[str, Any] | None
    remarks: bytes | None  # JSON: [row, column, value, reason, weight], …
    kept: bool  # the file itself is still here


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that a second person has to agree to."""

    id: UUID
    kind: str  # recall, void
    wish: Mapping[str, str]
    actor: str
    at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    note: str | None


class Uploads(Protocol):
    """Files and proposals in the books."""

    def add(self, upload: Upload, content: bytes) -> None:
        """Keep a file."""
        ...

    def get(self, id_: UUID) -> Upload | None:
        """Return one."""
        ...

    def content(self, id_: UUID) -> bytes | None:
        """Return the file itself, as long as it is kept."""
        ...

    def listed(self, party: str | None, most: int) -> list[Upload]:
        """Return the newest first, without their remarks; of a party, its own."""
        ...

    def begin(self, id_: UUID, state: str, now: datetime) -> bool:
        """Note that somebody works on a file; False: it is being worked on, or was taken in."""
        ...

    def end(
        self, id_: UUID, state: str, result: Mapping[str, Any], remarks: bytes, now: datetime, *, keep: bool
    ) -> None:
        """Write what came of it; `keep`: the file is needed again."""
        ...

    def propose(self, proposal: Proposal) -> None:
        """Keep one."""
        ...

    def proposal(self, id_: UUID, *, lock: bool = False) -> Proposal | None:
        """Return one; `lock` holds it until the transaction ends."""
        ...

    def proposals(self, most: int) -> list[Proposal]:
        """Return the newest first."""
        ...

    def decide(self, id_: UUID, state: str, actor: str, note: str, now: datetime) -> None:
        """Write how one was decided."""
        ...


def may_see(actor: Actor, upload: Upload) -> bool:
    """Return whether somebody may look at a file: his party's, or for those who see everything any."""
    return actor.everywhere or (actor.party is not None and actor.party == upload.party)
