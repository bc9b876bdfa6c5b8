"""Inspections of cylinders, vehicles and lifts (DOMAIN 2.6, 2.7, 2.9): the result, and when the next one is due."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from gateway.domain.access import Actor, Role
from gateway.domain.calendar import Due, first_day, last_day, today
from gateway.domain.errors import Refusal, Why
from gateway.domain.records.base import Name as Text
from gateway.domain.records.base import Number, too_late
from gateway.domain.records.cylinder import Inspection
from gateway.domain.records.lift import Lift
from gateway.domain.records.lpg import Cylinder
from gateway.domain.records.vehicle import Vehicle, VehicleCylinder
from gateway.domain.trace import Record
from gateway.filing import permits
from gateway.filing.books import Books
from gateway.filing.events import Sent, Taken, again, altered, event, happened, party_of, refiled, reporter, settle
from gateway.filing.kept import Kept
from gateway.filing.things import Name, Written, find, only_name, plain

_FIELDS = {"inspection.next_on": "next_on", "next_inspection": "next_on", "next_self_test": "next_self_test"}


class InspectionEvent(Sent, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One inspection of one thing; a vehicle named by plate or tag is inspected with all its cylinders."""

    code: Written | None = None
    cylinder_no: Written | None = None
    plate: Written | None = None
    lift: Written | None = None
    result: Literal["pass", "fail"]
    next_on: Due | None = None  # when the next one is due, as printed; a pass has one
    next_self_test: Due | None = None  # lifts
    scrap: bool = False  # not to be used again
    scrap_on: Due | None = None  # a cylinder's life as decided now
    purged: bool = False  # purged or evacuated, so that it may be filled at once
    report_no: Number | None = None
    inspector_name: Text | None = None

    def __post_init__(self) -> None:
        """Ask for one name of the thing, and of a pass when the next inspection is due."""
        only_name(code=self.code, cylinder_no=self.cylinder_no, plate=self.plate, lift=self.lift)
        if self.result == "pass" and not self.scrap and self.next_on is None:
            raise ValueError("next_on: 未填 检验合格须填写下次检验日期")


def inspect(books: Books, actor: Actor, sent: InspectionEvent, now: datetime) -> Taken:
    """Take in an inspection. Only an inspection body reports one, or the regulator, who alone may correct backwards.

    Raises `Refusal` for one dated before the last one known, and for a due date earlier than the one known (T13).
    """
    actor.require_role(Role.INSPECTOR, Role.REGULATOR)
    body = party_of(books, reporter(actor, sent))
    name = only_name(code=sent.code, cylinder_no=sent.cylinder_no, plate=sent.plate, lift=sent.lift)
    thing = find(name, books, "lpg", "vehicle", "lift")
    part = name.value if _is_one_of_several(thing, name) else ""
    new = event("inspection", thing, body.id, sent, now, ("inspector_name",), part=part)
    if taken := again(books, new):
        return taken
    sent = happened(sent, new)
    if not actor.everywhere:
        _require_forwards(books, thing, name, sent)
    _require_near(sent, today(now))
    changed = _inspected(thing.record, name, sent, body.name)
    inspector = thing.inspector
    if actor.role is Role.INSPECTOR and body.id != thing.source:
        inspector = body.id  # from now on its feed must be alive, too
    books.records.put(refiled(thing, changed, inspector=inspector), actor.name, now)
    permits.judge(books, thing.id, changed, now)
    return settle(books, actor, new, now, applied=True)


def _require_forwards(books: Books, thing: Kept, name: Name, sent: InspectionEvent) -> None:
    """Refuse what would let a thing seem inspected at a time when nobody said so."""
    day, known = today(sent.at), _known(thing.record, name)
    last = max(
        [*_reported(books, thing, name), *(first_day(one.last_on) for one in known if one.last_on)], default=None
    )
    if last is not None and day < last:
        raise Refusal(Why.CONFLICT, f"检验日期 {day} 早于已登记的 {last}，不能倒填；更正请联系监管部门", "at")
    due = max((last_day(one.next_on) for one in known), default=None)
    if sent.next_on is not None and due is not None and _due(sent) < due and sent.result == "pass":
        text = f"下次检验日期 {sent.next_on} 早于已登记的 {due}，不能提前；更正请联系监管部门"
        raise Refusal(Why.CONFLICT, text, "next_on")


def _require_near(sent: InspectionEvent, day: date) -> None:
    """Refuse a next inspection that is later than any can be."""
    for fault in (*too_late(day, "next_on", sent.next_on), *too_late(day, "next_self_test", sent.next_self_test)):
        raise Refusal(Why.INVALID, f"{fault.value} {fault.reason}", fault.field)


def _is_one_of_several(thing: Kept, name: Name) -> bool:
    return isinstance(thing.record, Vehicle) and name.field == "cylinder_no"


def _reported(books: Books, thing: Kept, name: Name) -> list[date]:
    """Return the days of the inspections on record; of one cylinder of a vehicle, of that one and of all together."""
    each = _is_one_of_several(thing, name)
    return [
        today(one.at)
        for one in books.events.of(thing.id, "inspection")
        if not each or plain(one.body.get("cylinder_no") or name.value) == name.value
    ]


def _due(sent: InspectionEvent) -> date:
    try:
        return last_day(sent.next_on or "")
    except ValueError as err:
        raise Refusal(Why.INVALID, f"{sent.next_on} 不是存在的日期，请核对", "next_on") from err


def _known(thing: Record, name: Name) -> list[Inspection]:
    match thing:
        case Cylinder():
            return [thing.inspection]
        case Vehicle():
            return [one.inspection for one in thing.cylinders if _meant(one, name)]
        case Lift():
            return [Inspection(next_on=thing.next_inspection)]
        case _:
            return []


def _meant(cylinder: VehicleCylinder, name: Name) -> bool:
    return name.field != "cylinder_no" or cylinder.cylinder_no == name.value


def _inspected(thing: Record, name: Name, sent: InspectionEvent, body: str) -> Record:
    match thing:
        case Cylinder():
            return altered(thing, _FIELDS, **_cylinder(thing, sent, body))
        case Vehicle():
            done = tuple(
                altered(one, _FIELDS, **_cylinder(one, sent, body)) if _meant(one, name) else one
                for one in thing.cylinders
            )
            return altered(thing, cylinders=done)
        case Lift():
            return altered(thing, _FIELDS, **_lift(thing, sent, body))
        case _:
            raise TypeError(type(thing))


def _cylinder(cylinder: Cylinder | VehicleCylinder, sent: InspectionEvent, body: str) -> Mapping[str, Any]:
    before, changes = cylinder.inspection, dict[str, Any]()
    if sent.next_on is None:  # it failed: there is no next one, and the dates known stay
        changes["inspection"] = msgspec.structs.replace(before, result=sent.result, body=body)
    else:
        changes["inspection"] = altered(
            before, _FIELDS, next_on=sent.next_on, last_on=today(sent.at).isoformat(), body=body, result=sent.result
        )
    if sent.scrap:
        changes["state"] = "scrapped"
    if sent.scrap_on is not None:
        changes["scrap_on"] = sent.scrap_on
    if sent.purged:
        changes["purged_on"] = today(sent.at)
    return changes


def _lift(lift: Lift, sent: InspectionEvent, body: str) -> Mapping[str, Any]:
    changes: dict[str, Any] = {"inspection_body": body}
    if sent.next_on is not None:
        changes["next_inspection"] = sent.next_on
    if sent.next_self_test is not None:
        changes["next_self_test"] = sent.next_self_test
    if sent.scrap or lift.state == "scrapped":  # for good
        state = "scrapped"
    elif sent.result == "fail":
        state = "stopped"
    else:  # a lift that this body had stopped runs again
        state = "normal" if lift.state == "stopped" and lift.state_source == body else lift.state
    return changes if state == lift.state else changes | {"state": state, "since": sent.at, "state_source": body}
