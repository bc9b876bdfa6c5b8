"""EPCIS events over HTTP: the EPCIS 2.0 JSON subset of DOMAIN 4.2, two operations of it and the capture job."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from gateway.api.resource import JSON, AnyResource, Call, Nothing, Resource
from gateway.domain.epcis.event import Event
from gateway.domain.errors import Refusal, Why
from gateway.domain.inputs import Inputs
from gateway.filing.books import Archive
from gateway.filing.chronicle import Job, Result, Wanted
from gateway.filing.epcis import PAGE, ROLES, Document, Unread, capture, job_of, own

MOST_BYTES = 5 * 1024 * 1024  # of a document (DOMAIN 4.4)
LD_JSON = "application/ld+json"
_MOST = 1_000  # events in one answer

_SUBSET = (
    "EPCIS 2.0 JSON subset: ObjectEvent, AggregationEvent and TransformationEvent; EPC URN, GS1 Digital Link or "
    "urn:fangxin100 identifiers; no remote contexts."
)


class OfJob(msgspec.Struct, frozen=True):
    """Which capture."""

    id: UUID


class Asked(msgspec.Struct, frozen=True, rename={"epc": "MATCH_epc", "step": "EQ_bizStep", "since": "GE_eventTime"}):
    """Which events; a term that is left out does not matter."""

    epc: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None
    step: Annotated[str, msgspec.Meta(pattern="^[a-z_]{1,64}$")] | None = None
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    per_page: Annotated[int, msgspec.Meta(ge=1, le=_MOST)] = msgspec.field(name="perPage", default=100)


class _Events(msgspec.Struct, frozen=True, rename="camel"):
    event_list: tuple[msgspec.Raw, ...]


class _Body(msgspec.Struct, frozen=True, rename="camel"):
    results_body: _Events


class _Results(msgspec.Struct, frozen=True, rename="camel"):
    query_results: _Body


class Found(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The events, the newest first, each as it was sent and with its prefixes; none that was declared in error."""

    context: tuple[str, ...] = msgspec.field(
        name="@context", default=("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",)
    )
    type: Literal["EPCISQueryDocument"] = "EPCISQueryDocument"
    schema_version: Literal["2.0"] = "2.0"
    creation_date: datetime
    epcis_body: _Results


@dataclass(frozen=True, slots=True)
class Epcis:
    """Serves them; `read` and `canonical` know how documents and identifiers are written."""

    archive: Archive
    read: Callable[[Document], list[Event | Unread]]
    canonical: Callable[[str], str]
    shipped: Inputs
    mint: Callable[[], UUID]

    async def capture(self, call: Call[Nothing, Document]) -> Job:
        """Take in a document page by page. What a lost connection cuts off is sent again: events are known by id."""
        actor, now = call.actor, call.now
        events = await asyncio.to_thread(self.read, call.body)
        job = Job(id=self.mint(), party=actor.party, created_at=now)
        await self.archive.act(lambda books: books.chronicle.keep(job))
        results: list[Result] = []
        for first in range(0, len(events), PAGE):
            page = events[first : first + PAGE]
            results += await self.archive.act(
                lambda books, page=page, first=first: capture(  # type: ignore[misc]  # bound early, for the loop
                    books, actor, page, books.inputs(self.shipped), job.id, now, first
                )
            )
        done = job.with_(results, now)
        await self.archive.act(lambda books: books.chronicle.keep(done))
        return done

    async def job(self, call: Call[OfJob, Nothing]) -> Job:
        """Return how a capture stands."""
        actor, id_ = call.actor, call.parameters.id
        return await self.archive.look(lambda books: job_of(books, actor, id_))

    async def events(self, call: Call[Asked, Nothing]) -> Found:
        """Return events."""
        asked = call.parameters
        wanted = Wanted(self._name(asked.epc), asked.step, asked.since, most=asked.per_page)
        scoped = own(call.actor, wanted)
        told = await self.archive.look(lambda books: books.chronicle.find(scoped))
        body = _Results(_Body(_Events(tuple(one.event.sent for one in told))))
        return Found(creation_date=call.now, epcis_body=body)

    def _name(self, written: str | None) -> str | None:
        try:
            return None if written is None else self.canonical(written)
        except ValueError as err:
            raise Refusal(Why.INVALID, str(err), "MATCH_epc") from err


def resources(epcis: Epcis) -> tuple[AnyResource, ...]:
    """Return the resources."""
    common: dict[str, Any] = {"roles": frozenset(ROLES), "tag": "epcis"}
    return (
        Resource(
            method="POST",
            path="/api/v1/epcis/capture",
            summary=f"Take in a document of events, each by itself. {_SUBSET}",
            answer=Job,
            body=Document,
            view=epcis.capture,
            status=202,
            location=lambda job: f"/api/v1/epcis/capture/{job.id}",
            most_bytes=MOST_BYTES,
            accepts=(JSON, LD_JSON),
            **common,
        ),
        Resource(
            method="GET",
            path="/api/v1/epcis/capture/{id}",
            summary="How a capture stands, event by event",
            answer=Job,
            parameters=OfJob,
            view=epcis.job,
            **common,
        ),
        Resource(
            method="GET",
            path="/api/v1/epcis/events",
            summary=f"Events by the thing they name, their business step and their time. {_SUBSET}",
            answer=Found,
            parameters=Asked,
            view=epcis.events,
            **common,
        ),
    )
