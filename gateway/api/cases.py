"""Evidence of one case, for the police, the market regulators and the fire brigade (R66)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from aiohttp import web

from gateway.api.resource import AnyResource, Call, Nothing, Resource
from gateway.domain.access import Role
from gateway.filing import cases
from gateway.filing.books import Archive
from gateway.filing.cases import Case

ZIP = "application/zip"


class About(msgspec.Struct, frozen=True):
    """A code, lift number, plate or stamp; a record as `type/key`; a ticket's number."""

    subject: Annotated[str, msgspec.Meta(min_length=4, max_length=160)]
    format: Literal["json", "zip"] = "json"


@dataclass(frozen=True, slots=True)
class _Desk:
    archive: Archive
    pack: Callable[[Case], bytes]

    async def show(self, call: Call[About, Nothing]) -> Case | web.StreamResponse:
        subject = call.parameters.subject
        case = await self.archive.act(lambda books: cases.gather(books, call.actor, subject, call.now))
        if call.parameters.format == "json":
            return case
        response = web.Response(body=self.pack(case), content_type=ZIP)
        response.headers["Content-Disposition"] = 'attachment; filename="case.zip"'
        return response


def resources(archive: Archive, pack: Callable[[Case], bytes]) -> tuple[AnyResource, ...]:
    """Return the export of a case."""
    return (
        Resource(
            method="GET",
            path="/api/v1/cases",
            summary="All that is known around a code, a record or a complaint; noted in the audit",
            answer=Case,
            parameters=About,
            roles=frozenset({Role.REGULATOR}),
            view=_Desk(archive, pack).show,
            statuses={404: "Nothing is known of it."},
            media=(ZIP,),
            tag="cases",
        ),
    )
