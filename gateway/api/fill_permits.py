"""`POST /api/v1/fill-permits` (R41): may this be filled here and now? Without an answer a controller fails closed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import digest
from typing import Final, Literal

import msgspec

from gateway.api.resource import AnyResource, Call, Nothing, Resource
from gateway.domain.access import Role
from gateway.domain.calendar import local
from gateway.domain.errors import StoreDown
from gateway.domain.permit import Permit
from gateway.domain.records.cylinder import Reason
from gateway.filing.books import Archive
from gateway.filing.permits import Asked, asked, decide
from gateway.filing.things import Name, Written, only_name

MOST_AT_ONCE: Final = 64


class PermitRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the three names of what is to be filled."""

    code: Written | None = None  # of its label; of an LPG cylinder the last fill's seal
    cylinder_no: Written | None = None
    plate: Written | None = None

    def __post_init__(self) -> None:
        """Refuse none, and more than one."""
        only_name(code=self.code, cylinder_no=self.cylinder_no, plate=self.plate)

    @property
    def name(self) -> Name:
        """Return the name in the form of the books."""
        return only_name(code=self.code, cylinder_no=self.cylinder_no, plate=self.plate)


class PermitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The decision, signed for the key that asked.

    `signature` is `t=T,v1=S`: T the time of issue in Unix seconds, S the HMAC-SHA256 in hexadecimal, under the API
    key's own characters, of these lines joined by a line feed (none after the last): `fill-permit`; T; the field that
    was sent (`code`, `cylinder_no` or `plate`); its value as sent, in UTF-8; the decision; the reasons, joined by
    commas; `valid_until` as it stands here, or nothing. A controller compares S in constant time, refuses a T more than
    five minutes off when it asks, and later fills under it only until `valid_until`.
    """

    decision: Literal["allow", "deny"]
    reasons: tuple[Reason, ...]  # all of them, the gravest first
    valid_until: datetime | None  # its last moment; null: denied
    signature: str


@dataclass(slots=True)
class _Waiting:
    asked: Asked
    permit: Permit | None = None
    error: Exception | None = None


class Window:
    """Where stations ask. Those who wait while the books are being looked at are answered together by the next look.

    So a look costs few statements however many ask, and a slow moment is made up for.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._turn = asyncio.Lock()
        self._queue: list[_Waiting] = []

    async def permit(self, asked: Asked) -> Permit:
        """Decide on one snapshot of the books; no writer is waited for. Raises `StoreDown`."""
        mine = _Waiting(asked)
        self._queue.append(mine)
        async with self._turn:
            while mine.permit is None and mine.error is None:
                await self._look()
        if mine.error is not None:
            raise mine.error
        assert mine.permit is not None  # noqa: S101 - the loop ended
        return mine.permit

    async def _look(self) -> None:
        taken = self._queue[:MOST_AT_ONCE]
        del self._queue[:MOST_AT_ONCE]
        try:
            await self._answer(taken)
        except asyncio.CancelledError:  # of one who asked; the others go on
            self._queue[:0] = [one for one in taken if one.permit is None and one.error is None]
            raise

    async def _answer(self, taken: Sequence[_Waiting]) -> None:
        try:
            permits = await self._archive.look(lambda books: decide(books, [one.asked for one in taken]))
        except Exception as err:  # each of them is told so by its own request
            if isinstance(err, StoreDown) or len(taken) == 1:
                for one in taken:
                    one.error = err
                return
            for one in taken:  # a thing that cannot be judged is no other station's trouble
                await self._answer([one])
        else:
            for one, permit in zip(taken, permits, strict=True):
                one.permit = permit

    async def ask(self, call: Call[Nothing, PermitRequest]) -> PermitAnswer:
        """Answer a station's controller."""
        name, now = call.body.name, call.now
        permit = await self.permit(asked(call.actor, name, now))
        until = local(permit.valid_until).replace(microsecond=0) if permit.valid_until else None
        sent: str = getattr(call.body, name.field)
        fields = (name.field, sent, permit.decision, ",".join(permit.reasons), until.isoformat() if until else "")
        return PermitAnswer(
            decision=permit.decision,
            reasons=permit.reasons,
            valid_until=until,
            signature=signature(_key(call), int(now.timestamp()), *fields),
        )


def signature(key: str, issued: int, *fields: str) -> str:
    """Return the signature of a permit, as `PermitAnswer` describes it."""
    text = "\n".join(("fill-permit", str(issued), *fields))
    return f"t={issued},v1={digest(key.encode(), text.encode(), 'sha256').hex()}"


def _key(call: Call[Nothing, PermitRequest]) -> str:
    """Return the key that the frame let in: asker and gateway both know it, and no database does."""
    return call.request.headers["Authorization"].strip().partition(" ")[2].strip()


def resources(archive: Archive) -> tuple[AnyResource, ...]:
    """Return the operation."""
    return (
        Resource(
            method="POST",
            path="/api/v1/fill-permits",
            summary="May this cylinder or vehicle be filled? What is unknown or stale is denied",
            answer=PermitAnswer,
            body=PermitRequest,
            roles=frozenset({Role.STATION, Role.REGULATOR}),
            view=Window(archive).ask,
            tag="filling",
        ),
    )
