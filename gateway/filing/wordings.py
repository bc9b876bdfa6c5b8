"""Operators' words as they are kept: versions, the draft, what it was tried on. What is done with them: `drafts`.

One draft a verdict, shared by all who tune words. Its hash is what a trial, a replay and a review are bound to: any
edit makes another hash, and all three are void. The files shipped with the gateway are version 0, live where nothing
else is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

from gateway.domain.proof import Source
from gateway.domain.trace import Record

DRAFT, SUBMITTED, DECLINED, LIVE, SUPERSEDED = "draft", "submitted", "declined", "live", "superseded"


@dataclass(frozen=True, slots=True)
class Wording:
    """One version, or the draft (`version` None), of one verdict's words."""

    id: UUID
    record_type: str
    name: str
    version: int | None
    state: str
    base: int  # the version it was made from
    sms: str
    voice: str
    hash: str
    note: str
    author: str
    editors: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    reviewer: str | None = None
    answer: str | None = None  # why it was declined
    submitted_at: datetime | None = None
    published_at: datetime | None = None

    @property
    def source(self) -> Source:
        """Return what is written."""
        return Source(self.record_type, self.name, self.sms, self.voice)

    @property
    def key(self) -> tuple[str, str]:
        """Return whose words they are."""
        return self.record_type, self.name

    @property
    def subject(self) -> str:
        """Return it as the audit names it."""
        return f"wording/{self.record_type}/{self.name}"


@dataclass(frozen=True, slots=True)
class Trial:
    """What a draft came to, or how far that is; `kind`: trial, replay."""

    record_type: str
    name: str
    kind: str
    hash: str
    state: str  # running, done, failed
    done: int
    total: int
    started_at: datetime
    seen_at: datetime
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Row:
    """One record, as words are tried on it."""

    record_type: str
    key: str
    record: Record
    source_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer that was given, without its asker."""

    inquiry: UUID
    at: datetime
    shown: str  # the asker's number, masked
    record_type: str | None
    verdict: str
    rule: str
    reasons: tuple[str, ...]
    code: str | None
    query_count: int
    first_at: datetime | None
    row: Row | None


class Wordings(Protocol):
    """Words in the database."""

    def counter(self) -> int:
        """Return how often what is live has changed."""
        ...

    def live(self) -> list[Wording]:
        """Return what is live in place of the files."""
        ...

    def drafts(self) -> list[Wording]:
        """Return all drafts."""
        ...

    def draft(self, record_type: str, name: str) -> Wording | None:
        """Return the draft, held until the transaction ends."""
        ...

    def get(self, id_: UUID) -> Wording | None:
        """Return one."""
        ...

    def history(self, record_type: str, name: str) -> list[Wording]:
        """Return what was published, the newest first."""
        ...

    def put(self, wording: Wording) -> None:
        """Write one, new or changed."""
        ...

    def remove(self, id_: UUID) -> None:
        """Forget a draft."""
        ...

    def changed(self, now: datetime) -> None:
        """Have all processes look at what is live."""
        ...

    def trial(self, record_type: str, name: str, kind: str) -> Trial | None:
        """Return the last trial, or replay, of a draft."""
        ...

    def put_trial(self, trial: Trial) -> None:
        """Write how it stands."""
        ...

    def sample(self, record_types: Collection[str], most: int) -> tuple[int, list[str]]:
        """Return how many records there are of these types, and the ids of at most so many, by chance."""
        ...

    def some(self, record_types: Collection[str], most: int) -> list[str]:
        """Return the ids of at most so many records of each type, without looking at all of them."""
        ...

    def rows(self, ids: Collection[str]) -> list[Row]:
        """Return records by their ids."""
        ...

    def asked(self, most: int) -> list[Asked]:
        """Return the last answers, the newest first, trials left out."""
        ...

    def told(self, begins: datetime, ends: datetime) -> set[tuple[str | None, str]]:
        """Return the record types and verdicts of the answers to what came in this time."""
        ...

    def adopted(self, holder: UUID, counter: int, faults: Collection[str], now: datetime) -> None:
        """Note which words a process speaks, and what it could not compile."""
        ...

    def nodes(self, since: datetime) -> list[dict[str, Any]]:
        """Return the processes that live (counter, adopted_at, faults)."""
        ...


def hash_of(sms: str, voice: str) -> str:
    """Return what a draft is known by."""
    return sha256(sms.encode() + b"\0" + voice.encode()).hexdigest()


def tidy(text: str) -> str:
    """Return what was typed as it is kept: its line ends, nothing before and after."""
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip("\n")
