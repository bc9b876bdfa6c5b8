"""Fill permits (R41), and the list of what a station that is cut off must not fill.

A deny list is no permit: cut off, a station fills only under an unexpired permit for a thing that is not on the list
(DESIGN 4, Freshness).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from gateway.domain import permit
from gateway.domain.access import Actor, Role
from gateway.domain.calendar import today
from gateway.domain.code import klass
from gateway.domain.permit import Permit
from gateway.domain.records.cylinder import Reason
from gateway.domain.records.lpg import LPG, Cylinder
from gateway.domain.records.station import Station
from gateway.domain.records.vehicle import VEHICLE, Vehicle
from gateway.domain.trace import LabelState, Record, Trace
from gateway.filing.books import Books
from gateway.filing.ledger import OneLabel
from gateway.filing.things import Name, lookups
from gateway.ports import Lookup

# Things judged in one transaction: tens of milliseconds, which no question notices.
PAGE: Final = 500
_FILLED: Final = LPG.classes | VEHICLE.classes  # of labels


@dataclass(frozen=True, slots=True)
class Asked:
    """A thing, the party that wants to fill it, and when it asked."""

    name: Name
    station: str
    at: datetime


def asked(actor: Actor, name: Name, now: datetime) -> Asked:
    """Return the question of a station. Raises `Refusal` for another role."""
    actor.require_role(Role.STATION, Role.REGULATOR)
    return Asked(name, actor.party or "", now)


def decide(books: Books, questions: Sequence[Asked]) -> list[Permit]:
    """Decide who may fill what, in the order asked, with a handful of statements. Reads only; nothing is counted."""
    things = lookups([one.name for one in questions], books)
    of_station = {one.station: f"station/{one.station}" for one in questions}
    stations = [Lookup(id_, "station", record_id=id_) for id_ in of_station.values()]
    found = books.traces.find({one.key: one for one in (*things, *stations)}.values())
    return [
        permit.permit(found[thing.key], _station(found[of_station[one.station]]), one.at)
        for one, thing in zip(questions, things, strict=True)
    ]


def _station(trace: Trace) -> Station | None:
    return trace.record if isinstance(trace.record, Station) else None


def judge(books: Books, record_id: str, record: Record, now: datetime) -> None:
    """Put a thing on the deny list, or take it off, as it is today. Called by every act that changes one."""
    if isinstance(record, Cylinder | Vehicle | Station):
        books.denials.put(record_id, _names(record), _reasons(record, today(now)), now)


def judge_label(books: Books, label: OneLabel, state: LabelState, now: datetime) -> None:
    """Put the code of a thing's label that ended on the deny list: nobody fills by a permit that was given for it.

    A seal that a fill used up proves nothing against its cylinder.
    """
    if label.record_id is not None and klass(label.code) in _FILLED and state is not LabelState.CONSUMED:
        reason = Reason.SCRAPPED if state is LabelState.SCRAPPED else Reason.NO_TAG
        books.denials.put(f"label/{label.code}", {"code": [label.code]}, [reason], now)


def judge_page(books: Books, after: str, now: datetime) -> str | None:
    """Judge the things after this id, a page of them; return the last one's id, None: there are no more.

    Due days pass without an event: once a day, after midnight of Asia/Shanghai, everything is judged again, from "".
    """
    books.labels.take_turns()  # what an act judges meanwhile must not be overwritten by what was read before it
    page = books.denials.judged(after, PAGE)
    for record_id, record, listed in page:
        if listed or _reasons(record, today(now)):
            judge(books, record_id, record, now)
    return page[-1][0] if len(page) == PAGE else None


def _names(thing: Cylinder | Vehicle | Station) -> Mapping[str, Sequence[str]]:
    match thing:
        case Cylinder():
            return {"cylinder_no": [thing.cylinder_no]}
        case Vehicle():
            return {"plate": [thing.plate], "cylinder_no": [one.cylinder_no for one in thing.cylinders]}
        case Station():
            return {"station": [thing.station_id]}


def _reasons(thing: Record, day: date) -> Sequence[Reason]:
    match thing:
        case Cylinder() | Vehicle():
            return thing.unfillable(day)
        case Station():
            return () if thing.state == "open" and thing.licensed(day) else (Reason.STATION_UNLICENSED,)
        case _:
            return ()
