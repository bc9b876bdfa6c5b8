"""Fill permits (R41), and the list of what a station that is cut off must not fill.

A deny list is no permit: cut off, a station fills only under an unexpired permit for a thing that is not on the list
(DESIGN 4, Freshness).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from gateway.domain import permit
from gateway.domain.access import Actor, Role
from gateway.domain.calendar import today
from gateway.domain.permit import Permit
from gateway.domain.records.cylinder import Reason
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.station import Station
from gateway.domain.records.vehicle import Vehicle
from gateway.domain.trace import Record
from gateway.filing.books import Books
from gateway.filing.things import Name, lookup
from gateway.ports import Lookup

# Things judged in one transaction: tens of milliseconds, which no question notices.
PAGE: Final = 500


def ask(books: Books, actor: Actor, name: Name, now: datetime) -> Permit:
    """Decide whether the actor's station may fill what bears this name. Reads only; nothing is counted."""
    actor.require_role(Role.STATION, Role.REGULATOR)
    thing, station = lookup(name, books), actor.party or ""
    of_station = Lookup(f"station {station}", "station", record_id=f"station/{station}")
    found = books.traces.find([thing, of_station])
    licensed = found[of_station.key].record
    return permit.permit(found[thing.key], licensed if isinstance(licensed, Station) else None, now)


def judge(books: Books, record_id: str, record: Record, now: datetime) -> None:
    """Put a thing on the deny list, or take it off, as it is today. Called by every act that changes one."""
    if isinstance(record, Cylinder | Vehicle | Station):
        books.denials.put(record_id, _names(record), _reasons(record, today(now)), now)


def judge_page(books: Books, after: str, now: datetime) -> str | None:
    """Judge the things after this id, a page of them; return the last one's id, None: there are no more.

    Due days pass without an event: once a day, after midnight of Asia/Shanghai, everything is judged again, from "".
    """
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
