"""Records filed and read over the interface; who read what only few may stands in the audit."""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from gateway.api.resource import AnyResource, Call, Nothing, Resource
from gateway.domain.access import Role
from gateway.domain.inputs import Inputs
from gateway.filing import lifts, records
from gateway.filing.books import Archive, Books
from gateway.filing.lifts import Elevator
from gateway.filing.records import FileRecord, FullRecord, RecordFiled, Registered

Type = Literal["meat", "liquor", "flour", "tomato", "melon", "lpg", "vehicle", "station", "lift"]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=140)]


class OfType(msgspec.Struct, frozen=True):
    """Which kind of record."""

    type: Type


class OfKey(msgspec.Struct, frozen=True):
    """Which record."""

    type: Type
    key: _Key


class OfLift(msgspec.Struct, frozen=True):
    """Which lift, by its local number."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class OfPlate(msgspec.Struct, frozen=True):
    """Which vehicle."""

    plate: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True)
class _Records:
    archive: Archive
    shipped: Inputs

    def file(self, books: Books, call: Call[OfType, FileRecord]) -> RecordFiled:
        """Write one."""
        inputs = books.inputs(self.shipped)
        return records.file_record(books, call.actor, call.parameters.type, call.body, inputs, call.now)

    async def full(self, call: Call[OfKey, Nothing]) -> FullRecord:
        """Return one with its private part."""
        asked, actor, now = call.parameters, call.actor, call.now
        return await self.archive.act(lambda books: records.full_record(books, actor, asked.type, asked.key, now))

    async def certificate(self, call: Call[OfPlate, Nothing]) -> Registered:
        """Tell the vehicle office what it needs to know."""
        plate, actor, now = call.parameters.plate, call.actor, call.now
        return await self.archive.act(lambda books: records.certificate(books, actor, plate, now))

    async def lift(self, call: Call[OfLift, Nothing]) -> Elevator:
        """Return a lift to those who answer for it."""
        code, actor, now = call.parameters.code, call.actor, call.now
        return await self.archive.look(lambda books: lifts.show(books, actor, code, now))


def resources(archive: Archive, shipped: Inputs) -> tuple[AnyResource, ...]:
    """Return the operations; `shipped` is the list of farm inputs that comes with the gateway."""
    served = _Records(archive, shipped)
    return (
        Resource(
            method="POST",
            path="/api/v1/records/{type}",
            summary="File a record of one's own, or correct it; what stood there before is kept",
            answer=RecordFiled,
            parameters=OfType,
            body=FileRecord,
            roles=frozenset(role for roles in records.FILERS.values() for role in roles) | {Role.REGULATOR},
            act=served.file,
            statuses={403: "Another party's record.", 409: "A day that goes back, or a name that is another's."},
            most_bytes=300 * 1024,
            tag="records",
        ),
        Resource(
            method="GET",
            path="/api/v1/records/{type}/{key}",
            summary="A whole record with its private part; the audit says who read it",
            answer=FullRecord,
            parameters=OfKey,
            roles=frozenset({Role.REGULATOR}),
            view=served.full,
            statuses={404: "No such record."},
            tag="records",
        ),
        Resource(
            method="GET",
            path="/api/v1/elevators/{code}",
            summary="A lift's state and its last events, for those who answer for it",
            answer=Elevator,
            parameters=OfLift,
            roles=frozenset({Role.MAINTENANCE, Role.USE_UNIT, Role.REGULATOR}),
            view=served.lift,
            statuses={403: "Another party's lift.", 404: "No such lift."},
            tag="records",
        ),
        Resource(
            method="GET",
            path="/api/v1/vehicles/{plate}/certificate",
            summary="Whether a vehicle has its use-registration certificate and tags; the audit says who asked",
            answer=Registered,
            parameters=OfPlate,
            roles=frozenset({Role.OFFICE, Role.REGULATOR}),
            view=served.certificate,
            statuses={404: "No such vehicle."},
            tag="records",
        ),
    )
