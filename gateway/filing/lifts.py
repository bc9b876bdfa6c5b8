"""What lifts report, and what those who answer for one may see (R43, DOMAIN 2.9)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, Literal

import msgspec

from gateway.domain import judgement
from gateway.domain.access import Actor, Role
from gateway.domain.calendar import today
from gateway.domain.errors import Refusal, Why
from gateway.domain.records.base import Name as Text
from gateway.domain.records.base import Number, lies_ahead
from gateway.domain.records.lift import Lift
from gateway.domain.trace import Standing
from gateway.filing.books import Books
from gateway.filing.events import (
    Moment,
    Sent,
    Taken,
    again,
    altered,
    event,
    newest,
    refiled,
    reporter,
    settle,
    sign_of_life,
)
from gateway.filing.kept import Event, Kept
from gateway.filing.things import Name, Written, find, plain
from gateway.ports import Lookup

Kind = Literal["trapped", "fault", "restored", "stopped", "maintenance", "heartbeat"]

_STATES: Final[Mapping[str, str]] = {
    "trapped": "trapped",
    "fault": "fault",
    "restored": "normal",
    "stopped": "stopped",
}
# Reports that somebody must be told of at once.
_ALARMS: Final = frozenset({"trapped", "fault"})
_RECENT = 20  # events shown


class ElevatorEvent(Sent, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One report of one lift, by its monitor or by those who look after it."""

    lift: Written  # its local number
    kind: Kind
    monitor_id: Number | None = None
    last_seen: Moment | None = None  # heartbeat: when its monitor was heard; none: now
    maintainer: Text | None = None  # maintenance: who did it
    note: Text | None = None


def report(books: Books, actor: Actor, sent: ElevatorEvent, now: datetime) -> Taken:
    """Take in a report of one of the actor's lifts.

    `trapped` and `fault` begin an alert or join the one that is open, by a clock that is ahead (`CLOCK_AHEAD`) and
    when they come late, too; only `restored` ends them, and a trapped person is not freed by a fault. A lift that
    somebody else stopped stays stopped (`STILL_STOPPED`). What is older than the state known is kept and changes
    nothing. Raises `Refusal`: another party's lift, a scrapped one.
    """
    actor.require_role(Role.MAINTENANCE, Role.USE_UNIT, Role.REGULATOR)
    party = reporter(actor, sent)
    thing = find(Name("lift", plain(sent.lift)), books, "lift")
    actor.require(thing.concerned, "该电梯")
    lift = _lift(thing)
    if lift.state == "scrapped":
        raise Refusal(Why.CONFLICT, "该电梯已报废", "lift")
    new = event(sent.kind, thing, party, sent, now, ("maintainer",), urgent=sent.kind in _ALARMS)
    if sent.kind == "heartbeat":
        return _seen(books, actor, thing, sent, new)
    if taken := again(books, new):
        return taken
    if sent.kind == "maintenance":
        return _maintained(books, actor, thing, sent, new)
    return _changed(books, actor, thing, sent, new)


def _lift(thing: Kept) -> Lift:
    assert isinstance(thing.record, Lift)  # noqa: S101 - the only model of its type
    return thing.record


def _changed(books: Books, actor: Actor, thing: Kept, sent: ElevatorEvent, new: Event) -> Taken:
    now, lift = new.received_at, _lift(thing)
    alarm = sent.kind in _ALARMS and newest(books, new, "restored")  # who was trapped before a fault still is
    flags: tuple[str, ...] = ("CLOCK_AHEAD",) if lies_ahead(sent.at, now) else ()
    if not newest(books, new, *_STATES) or (lift.since is not None and new.at < lift.since):
        return settle(books, actor, new, now, alarm=alarm, applied=False, flags=flags)
    state = _state(lift, sent, actor, new)
    if state is None:
        flags += ("STILL_STOPPED",)
    elif state != lift.state:
        changed = altered(lift, state=state, since=new.at, state_source=new.party)
        books.records.put(refiled(thing, changed), actor.name, now)
    if sent.kind == "restored":
        books.alerts.restored(thing.id, now)
    return settle(books, actor, new, now, alarm=alarm, applied=True, flags=flags)


def _state(lift: Lift, sent: ElevatorEvent, actor: Actor, new: Event) -> str | None:
    """Return the state that a lift is in after the newest report; None: it stays stopped.

    Whoever stopped it had a reason; that its doors open again is none against it.
    """
    if lift.state == "stopped" and sent.kind != "stopped":
        restarted = sent.kind == "restored" and (actor.everywhere or lift.state_source == new.party)
        return "normal" if restarted else None
    return "trapped" if (lift.state, sent.kind) == ("trapped", "fault") else _STATES[sent.kind]


def _maintained(books: Books, actor: Actor, thing: Kept, sent: ElevatorEvent, new: Event) -> Taken:
    lift, day = _lift(thing), today(new.at)
    latest = lift.last_maintenance_on is None or lift.last_maintenance_on <= day
    if latest:
        changed = altered(lift, last_maintenance_on=day, maintainer=sent.maintainer or lift.maintainer)
        books.records.put(refiled(thing, changed), actor.name, new.received_at)
    return settle(books, actor, new, new.received_at, applied=latest)


def _seen(books: Books, actor: Actor, thing: Kept, sent: ElevatorEvent, new: Event) -> Taken:
    """Take a sign of life of its monitor: no event is kept of it and no version of the record."""
    lift, at = _lift(thing), sent.last_seen or sent.at
    if lies_ahead(at, new.received_at):
        raise Refusal(Why.INVALID, f"时间 {at.isoformat()} 晚于当前时间，请核对设备时钟", "last_seen")
    latest = lift.monitor_seen_at is None or lift.monitor_seen_at < at
    if latest:
        changed = altered(lift, monitor_seen_at=at, monitor_id=sent.monitor_id or lift.monitor_id)
        books.records.refresh(refiled(thing, changed), new.received_at)
    sign_of_life(books, actor, new.received_at)
    return Taken(event=new.id, record=thing.id, applied=latest)


class Happened(msgspec.Struct, frozen=True):
    """One of the last things that happened to it."""

    kind: str
    at: datetime
    party: str | None


class Elevator(msgspec.Struct, frozen=True, kw_only=True):
    """A lift as those who answer for it may see it; persons are left out."""

    code: str
    address: str
    use_unit: str
    maintenance_unit: str
    emergency_phone: str
    state: str
    since: datetime | None
    verdict: str
    reasons: tuple[str, ...]
    last_maintenance_on: date | None
    next_inspection: str
    next_self_test: str | None
    monitor_seen_at: datetime | None
    data_as_of: datetime | None
    events: tuple[Happened, ...]


def show(books: Books, actor: Actor, code: str, now: datetime) -> Elevator:
    """Return one of the actor's lifts. Raises `Refusal`: another party's, or none."""
    thing = find(Name("lift", plain(code)), books, "lift", lock=False)
    actor.require(thing.concerned, "该电梯")
    lift = _lift(thing)
    trace = books.traces.find([Lookup(thing.key, "lift", record_id=thing.id)])[thing.key]
    decision = judgement.decide(trace, Standing(0, None), now)
    return Elevator(
        code=lift.local_no,
        address=lift.address,
        use_unit=lift.use_unit,
        maintenance_unit=lift.maintenance_unit,
        emergency_phone=lift.emergency_phone,
        state=lift.state,
        since=lift.since,
        verdict=decision.verdict,
        reasons=decision.reasons,
        last_maintenance_on=lift.last_maintenance_on,
        next_inspection=lift.next_inspection,
        next_self_test=lift.next_self_test,
        monitor_seen_at=lift.monitor_seen_at,
        data_as_of=trace.source_at,
        events=tuple(Happened(one.kind, one.at, one.party) for one in books.events.of(thing.id, limit=_RECENT)),
    )
