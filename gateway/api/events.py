"""The five kinds of events, and the sign of life of a feed that has nothing to report (DOMAIN 1.6, 4.3)."""

from datetime import datetime
from typing import Final

import msgspec

from gateway.api.resource import AnyResource, Call, Nothing, Resource
from gateway.domain.access import Role
from gateway.filing import deliveries, fills, inspections, lifts, registrations
from gateway.filing.books import Books
from gateway.filing.deliveries import DeliveryEvent
from gateway.filing.events import Taken, beat
from gateway.filing.fills import FillEvent
from gateway.filing.inspections import InspectionEvent
from gateway.filing.lifts import ElevatorEvent
from gateway.filing.registrations import RegistrationEvent

# A photograph of 200 kB is a third longer in base64.
_WITH_PHOTO: Final = 300 * 1024
_ANSWERS: Final = {
    403: "Another party's thing, or not this role's to report.",
    404: "No such thing on record.",
    409: "It contradicts what is known: dated back, a seal used before, an event number used for something else.",
}


class Beat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing to report."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """The feed, and when it was heard; what it keeps fresh goes stale after 24 hours."""

    source: str
    heard_at: datetime


def _fill(books: Books, call: Call[Nothing, FillEvent]) -> Taken:
    return fills.fill(books, call.actor, call.body, call.now)


def _deliver(books: Books, call: Call[Nothing, DeliveryEvent]) -> Taken:
    return deliveries.deliver(books, call.actor, call.body, call.now)


def _inspect(books: Books, call: Call[Nothing, InspectionEvent]) -> Taken:
    return inspections.inspect(books, call.actor, call.body, call.now)


def _register(books: Books, call: Call[Nothing, RegistrationEvent]) -> Taken:
    return registrations.register(books, call.actor, call.body, call.now)


def _report(books: Books, call: Call[Nothing, ElevatorEvent]) -> Taken:
    return lifts.report(books, call.actor, call.body, call.now)


def _beat(books: Books, call: Call[Nothing, Beat]) -> Heard:
    return Heard(source=beat(books, call.actor, call.now), heard_at=call.now)


RESOURCES: tuple[AnyResource, ...] = (
    Resource(
        method="POST",
        path="/api/v1/fill-events",
        summary="A cylinder or a vehicle was filled; one that should not have been is recorded and flagged",
        answer=Taken,
        body=FillEvent,
        roles=frozenset({Role.STATION, Role.REGULATOR}),
        act=_fill,
        status=201,
        statuses=_ANSWERS,
        tag="events",
    ),
    Resource(
        method="POST",
        path="/api/v1/delivery-events",
        summary="A cylinder was handed over; photograph, ID card and customer are sealed",
        answer=Taken,
        body=DeliveryEvent,
        roles=frozenset({Role.STATION, Role.FIRM, Role.REGULATOR}),
        act=_deliver,
        status=201,
        statuses=_ANSWERS,
        most_bytes=_WITH_PHOTO,
        tag="events",
    ),
    Resource(
        method="POST",
        path="/api/v1/inspection-events",
        summary="A cylinder, a vehicle or a lift was inspected; nothing is dated back but by the regulator",
        answer=Taken,
        body=InspectionEvent,
        roles=frozenset({Role.INSPECTOR, Role.REGULATOR}),
        act=_inspect,
        status=201,
        statuses=_ANSWERS,
        tag="events",
    ),
    Resource(
        method="POST",
        path="/api/v1/registration-events",
        summary="Equipment was installed, handed over or taken out of use",
        answer=Taken,
        body=RegistrationEvent,
        roles=registrations.ROLES,
        act=_register,
        status=201,
        statuses=_ANSWERS,
        tag="events",
    ),
    Resource(
        method="POST",
        path="/api/v1/elevator-events",
        summary="A lift reports: trapped, fault, restored, stopped, maintenance, heartbeat",
        answer=Taken,
        body=ElevatorEvent,
        roles=frozenset({Role.MAINTENANCE, Role.USE_UNIT, Role.REGULATOR}),
        act=_report,
        status=201,
        statuses=_ANSWERS,
        tag="events",
    ),
    Resource(
        method="POST",
        path="/api/v1/heartbeats",
        summary="The feed is connected, though it has nothing to report",
        answer=Heard,
        body=Beat,
        roles=frozenset(Role),
        act=_beat,
        tag="events",
    ),
)
