"""Complaints for whoever handles them, here and in the offices they are handed to (R67, R75)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

import msgspec
from aiohttp import web

from gateway.api.reports import CSV, Csv, spreadsheet
from gateway.api.resource import AnyResource, Call, Nothing, Resource
from gateway.domain.access import Role
from gateway.domain.calendar import SHANGHAI, today
from gateway.domain.ticket import Office, TicketState
from gateway.filing import tickets
from gateway.filing.books import Archive, Books
from gateway.filing.casebook import HandedOver, Ticket
from gateway.filing.tickets import Letters, Reporter, TicketChange

_WHO = frozenset({Role.REGULATOR})
# Days of hand-overs that an export looks back where nobody says: a weekend and a day.
_USUAL_DAYS = 3

Number = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{9}$")]


class Wanted(msgspec.Struct, frozen=True):
    """Which tickets: in a state, overdue only, from after a number."""

    state: TicketState | None = None
    overdue: bool = False
    after: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{9})?$")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


class One(msgspec.Struct, frozen=True):
    """One ticket, by its number."""

    number: Number


class ToOffice(msgspec.Struct, frozen=True):
    """What was handed to an office since a day."""

    office: Office
    since: date | None = None
    format: Literal["json", "csv"] = "json"


class TicketList(msgspec.Struct, frozen=True, kw_only=True):
    """Tickets by number, and after which to go on; null: there are no more."""

    tickets: tuple[Ticket, ...]
    next: str | None


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """What an office takes up."""

    office: Office
    tickets: tuple[HandedOver, ...]


@dataclass(frozen=True, slots=True)
class _Desk:
    archive: Archive
    letters: Letters
    csv: Csv

    async def listed(self, call: Call[Wanted, Nothing]) -> TicketList:
        wanted = call.parameters
        states = () if wanted.state is None else (wanted.state,)
        found = await self.archive.look(
            lambda books: books.tickets.listed(
                states, call.now, overdue=wanted.overdue, after=wanted.after, most=wanted.limit
            )
        )
        return TicketList(tickets=tuple(found), next=found[-1].number if len(found) == wanted.limit else None)

    async def show(self, call: Call[One, Nothing]) -> Ticket:
        number = call.parameters.number
        return await self.archive.look(lambda books: tickets.show(books, call.actor, number, call.now))

    async def reporter(self, call: Call[One, Nothing]) -> Reporter:
        number = call.parameters.number
        return await self.archive.act(lambda books: tickets.reporter(books, call.actor, number, call.now))

    async def handed(self, call: Call[ToOffice, Nothing]) -> Handed | web.StreamResponse:
        wanted = call.parameters
        since = datetime.combine(wanted.since or today(call.now) - timedelta(days=_USUAL_DAYS), time.min, SHANGHAI)
        found = await self.archive.act(lambda books: tickets.handed(books, call.actor, wanted.office, since, call.now))
        if wanted.format == "csv":
            return spreadsheet(self.csv(found), f"tickets-{wanted.office}")
        return Handed(office=wanted.office, tickets=tuple(found))

    def change(self, books: Books, call: Call[One, TicketChange]) -> Ticket:
        return tickets.change(books, call.actor, self.letters, call.parameters.number, call.body, call.now)


def resources(archive: Archive, letters: Letters, csv: Csv) -> tuple[AnyResource, ...]:
    """Return what handles complaints."""
    desk = _Desk(archive, letters, csv)
    return (
        Resource(
            method="GET",
            path="/api/v1/tickets",
            summary="Complaints, reporters masked",
            answer=TicketList,
            parameters=Wanted,
            roles=_WHO,
            view=desk.listed,
            tag="tickets",
        ),
        Resource(
            method="GET",
            path="/api/v1/tickets/{number}",
            summary="One complaint with its steps",
            answer=Ticket,
            parameters=One,
            roles=_WHO,
            view=desk.show,
            tag="tickets",
        ),
        Resource(
            method="GET",
            path="/api/v1/tickets/{number}/reporter",
            summary="The reporter's number in full; noted in the audit",
            answer=Reporter,
            parameters=One,
            roles=_WHO,
            view=desk.reporter,
            tag="tickets",
        ),
        Resource(
            method="POST",
            path="/api/v1/tickets/{number}/state",
            summary="Take a complaint a step on; the call-back of the office it was handed to",
            answer=Ticket,
            parameters=One,
            body=TicketChange,
            roles=_WHO,
            act=desk.change,
            tag="tickets",
        ),
        Resource(
            method="GET",
            path="/api/v1/ticket-exports/{office}",
            summary="What was handed to 12315, 12345 or xinfang, reporters in full; noted in the audit",
            answer=Handed,
            parameters=ToOffice,
            roles=_WHO,
            view=desk.handed,
            media=(CSV,),
            tag="tickets",
        ),
    )
