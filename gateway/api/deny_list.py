"""`GET /api/v1/deny-list` (R40): what must not be filled, for a station that may lose its line."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec

from gateway.api.resource import AnyResource, Call, Nothing, Resource
from gateway.domain.access import Role
from gateway.domain.errors import Refusal, Why
from gateway.filing.books import Archive, Books
from gateway.filing.denials import Denial

MOST: Final = 1000  # changes in one answer


class Since(msgspec.Struct, frozen=True):
    """The `next` of the answer before; 0: all that is denied."""

    since: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0


class DenyEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A thing by all its names, in place of what was said of it before.

    Not `denied`: take it off the list; that permits nothing.
    """

    seq: int
    thing: str  # what of later entries is the same; a label that ended is one, too
    denied: bool
    reasons: tuple[str, ...]
    code: tuple[str, ...]  # of its live label
    cylinder_no: tuple[str, ...]
    plate: tuple[str, ...]
    station: tuple[str, ...]
    changed_at: datetime


class DenyList(msgspec.Struct, frozen=True, kw_only=True):
    """The changes after `since`; ask again from `next`, at once where there are 1000 of them."""

    entries: tuple[DenyEntry, ...]
    next: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class _Denials:
    archive: Archive

    async def since(self, call: Call[Since, Nothing]) -> DenyList:
        """Return the next page."""
        since = call.parameters.since
        found = await self.archive.look(lambda books: _after(books, since))
        entries = tuple(_entry(one) for one in found)
        return DenyList(entries=entries, next=entries[-1].seq if entries else since, as_of=call.now)


def _after(books: Books, since: int) -> list[Denial]:
    found = books.denials.since(since, MOST)
    if not found and since > books.denials.newest():  # of another list: its changes would be missed
        raise Refusal(Why.CONFLICT, f"since {since} 不是本名单的序号，请清空本地名单，从 0 重新下载", "since")
    return found


def _entry(denial: Denial) -> DenyEntry:
    names = {field: tuple(denial.names.get(field, ())) for field in ("code", "cylinder_no", "plate", "station")}
    return DenyEntry(
        seq=denial.seq,
        thing=denial.record_id,
        denied=denial.denied,
        reasons=tuple(denial.reasons),
        changed_at=denial.changed_at,
        **names,
    )


def resources(archive: Archive) -> tuple[AnyResource, ...]:
    """Return the operation."""
    return (
        Resource(
            method="GET",
            path="/api/v1/deny-list",
            summary="What must not be filled, as changes since a number. A deny list is no permit",
            answer=DenyList,
            parameters=Since,
            roles=frozenset({Role.STATION, Role.REGULATOR}),
            view=_Denials(archive).since,
            statuses={409: "`since` is no number of this list: drop what you have and begin at 0."},
            tag="filling",
        ),
    )
