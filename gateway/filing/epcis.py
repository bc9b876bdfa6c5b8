"""EPCIS 2.0 JSON, the subset of DOMAIN 4.2: events shape the records of goods, and bind labels (R20, R21, R22).

Each event stands for itself: one that is refused leaves the others as they are. The same event again is a duplicate;
one declared to be in error is taken back, and the records are made anew of those that remain. A record says the same
in whatever order its events came.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from gateway.domain.access import Actor, Role
from gateway.domain.calendar import local
from gateway.domain.epcis.event import Event, Part, Told
from gateway.domain.epcis.history import History
from gateway.domain.epcis.names import LABEL, lot, record_of
from gateway.domain.errors import Refusal, Why
from gateway.domain.inputs import InputKind, Inputs
from gateway.domain.records.base import Entry, lies_ahead
from gateway.domain.records.goods import input_faults
from gateway.filing.books import Books
from gateway.filing.chronicle import Held, Job, Result, Wanted
from gateway.filing.events import party_of, sign_of_life
from gateway.filing.lots import Cause, affected, near, rebuild, undo_bindings

_UNHEEDED: Final = "事件中的 recalled 不产生召回：请在 fx:record 中写明 recall，或用档案接口报送"
ROLES: Final = (Role.FIRM, Role.COOPERATIVE, Role.REGULATOR)
MOST_EVENTS: Final = 10_000  # in one document
# Events in one transaction: a tenth of a second, in which questions wait.
PAGE: Final = 20


class EventList(msgspec.Struct, frozen=True, rename="camel"):
    """The body of a document."""

    event_list: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_EVENTS)]


class Document(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An EPCIS document in JSON. Its events are read one by one, so that each has an answer of its own."""

    context: Any = msgspec.field(name="@context")
    type: Literal["EPCISDocument"]
    schema_version: Annotated[str, msgspec.Meta(pattern=r"^2\.0(\.[0-9]{1,2})?$")]
    creation_date: Annotated[datetime, msgspec.Meta(tz=True)]
    epcis_body: EventList


class Unread(msgspec.Struct, frozen=True):
    """An event that is none, or none of the subset: where, and why."""

    event_id: str | None
    field: str
    reason: str


def capture(
    books: Books,
    actor: Actor,
    read: Sequence[Event | Unread],
    inputs: Inputs,
    job: UUID,
    now: datetime,
    first: int = 0,
) -> list[Result]:
    """Take in events one by one; return what became of each. `first`: the first one's place in its document."""
    actor.require_role(*ROLES)
    books.labels.take_turns()  # before any record is held, or two captures would wait for each other
    results = []
    for index, event in enumerate(read, first):
        if isinstance(event, Unread):
            results.append(_rejected(index, event.event_id, event.field, event.reason))
        else:
            results.append(_attempt(books, actor, event, inputs, job, now, index))
    sign_of_life(books, actor, now)
    return results


def _attempt(books: Books, actor: Actor, event: Event, inputs: Inputs, job: UUID, now: datetime, index: int) -> Result:
    try:
        taken = books.attempt(lambda: _take(books, actor, event, inputs, job, now))
    except Refusal as err:
        return _rejected(index, event.id, err.field, str(err))
    return msgspec.structs.replace(taken, index=index)


def _rejected(index: int, event_id: str | None, field: str, reason: str) -> Result:
    return Result(index=index, event_id=event_id, outcome="rejected", field=field, reason=reason)


def _take(books: Books, actor: Actor, event: Event, inputs: Inputs, job: UUID, now: datetime) -> Result:
    if lies_ahead(event.at, now):
        raise Refusal(Why.INVALID, f"时间 {event.at.isoformat()} 晚于当前时间，请核对设备时钟", "eventTime")
    party = _speaker(books, actor, event)
    held = books.chronicle.get(event.id)
    if held is not None:
        return _again(books, actor, event, held, inputs, now)
    told = Told(_with_lots_of_labels(books, event), party, actor.everywhere)
    if event.taken_back:
        books.chronicle.add(told, job, now)
        return _settled(
            Cause(books, actor, told, inputs, now, ["所撤销的事件尚未收到；收到后也不计入"], taken_back=True)
        )
    _check_said(event, inputs)
    _require_own_lots(books, actor, told)
    books.chronicle.add(told, job, now)
    cause = Cause(books, actor, told, inputs, now, _standing(books, told))
    return _settled(cause, affected(books, told.event))


def _again(books: Books, actor: Actor, event: Event, held: Held, inputs: Inputs, now: datetime) -> Result:
    """Take an event that is there: said again it changes nothing, taken back it is as if it had never been."""
    if held.told.event.digest != event.digest:
        raise Refusal(Why.CONFLICT, "此 eventID 已用于另一事件，内容不同；更正请先声明原事件有误", "eventID")
    actor.require((held.told.party,), "该事件")
    if not event.taken_back or held.voided:
        remarks = ("该事件已声明有误，不计入",) if held.voided else ()
        return Result(index=0, event_id=event.id, outcome="duplicate", remarks=remarks)
    lots = affected(books, held.told.event)
    books.chronicle.void(event.id, now)
    undo_bindings(books, actor, held.told, now)
    return _settled(Cause(books, actor, held.told, inputs, now, taken_back=True), lots)


def _settled(cause: Cause, lots: Sequence[str] = ()) -> Result:
    """Make the records anew that an event concerns; note it in the audit."""
    records = [record for lot in lots if (record := rebuild(cause, lot))]
    action = "epcis.void" if cause.taken_back else "epcis.event"
    id_, party = cause.told.event.id, cause.told.party
    cause.books.audit.note(cause.now, cause.actor.name, action, id_[:160], party=party, records=records)
    remarks = tuple(dict.fromkeys(cause.remarks))
    return Result(index=0, event_id=id_, outcome="accepted", remarks=remarks, records=tuple(records))


def _speaker(books: Books, actor: Actor, event: Event) -> str:
    party = event.said.party or actor.party
    if party is None:
        raise Refusal(Why.INVALID, "请写明办理单位", "fx:party")
    actor.require((party,), "所报单位")
    return party_of(books, party, "fx:party").id if event.said.party else party


def _with_lots_of_labels(books: Books, event: Event) -> Event:
    """Return an event that packs labelled goods with the lots that they are of: a carton is told by its bottles."""
    if event.lots or not event.labels or Part.CHILD not in event.names:
        return event
    lots = set()
    for code in event.labels:
        label = books.labels.one(code)
        if label is None or not label.record_id:
            raise Refusal(Why.UNKNOWN, f"标签 {code[:4]}****{code[-4:]} 尚未绑定批次", "childEPCs")
        lots.add(lot(*label.record_id.split("/", 1)))
    return msgspec.structs.replace(event, names={**event.names, Part.LOT: tuple(sorted(lots))})


def _check_said(event: Event, inputs: Inputs) -> None:
    """Refuse what is told of days after the event, and drugs that must not be used (R70)."""
    day, said = local(event.at).date(), event.said
    days: dict[str, date | None] = {
        **{f"feeds[{at}].from_on": one.from_on for at, one in enumerate(said.feeds or ())},
        **{f"vaccines[{at}].given_on": one.given_on for at, one in enumerate(said.vaccines or ())},
        **{f"vet_drugs[{at}].given_on": one.given_on for at, one in enumerate(said.vet_drugs or ())},
        "animal_quarantine.issued_on": said.animal_quarantine.issued_on if said.animal_quarantine else None,
        "quarantine.issued_on": said.quarantine.issued_on if said.quarantine else None,
        "stamp.stamped_on": said.stamp.stamped_on if said.stamp else None,
        "animal.born_on": said.animal.born_on if said.animal else None,
    }
    for field, told in days.items():
        if told is not None and told > day:
            raise Refusal(Why.INVALID, f"{told} 晚于事件日期 {day}", f"fx:{field}")
    for at, use in enumerate(said.vet_drugs or ()):
        entry = Entry(day, inputs)
        for fault in input_faults(f"vet_drugs[{at}]", use.name, use.withdrawal_days, InputKind.VET_DRUG, entry):
            raise Refusal(Why.INVALID, f"{fault.value} {fault.reason}", f"fx:{fault.field}")


def _require_own_lots(books: Books, actor: Actor, told: Told) -> None:
    """Refuse another party's lot, and one whose record was filed: events do not write over it."""
    event = told.event
    for name in event.lots:
        record_type, number = record_of(name)
        kept = books.records.get(record_type, number)
        if kept is None:
            continue
        actor.require((kept.owner,), f"批次 {number} ")
        of_events = any(one.event.founds for one in books.chronicle.of([name], voided=True))
        if event.said.record is not None and not of_events:
            raise Refusal(Why.CONFLICT, f"批次 {number} 已有档案，更正请用档案接口", "fx:lot")


def _standing(books: Books, told: Told) -> list[str]:
    """Return why an event does not count yet. Raises `Refusal` for what is known to be another party's (T21)."""
    event = told.event
    names = {*event.uses, *event.makes, *event.of(Part.PARENT), *event.lots}
    history = near(books, names)
    # Without the event itself: dated back, it would make its speaker the first who had the thing.
    before = History([one for one in history.told if one.event.id != event.id], history.scope)
    if theirs := before.theirs(told):
        raise Refusal(Why.FORBIDDEN, f"{_shown(theirs[0])} 不属于本单位，也没有移交给本单位，无权申报", "epcList")
    remarks = [_UNHEEDED] if event.disposition == "recalled" and not event.said.record else []
    strange = history.strange[event.id]
    if ended := sorted(strange & history.ended):
        remarks.append(f"{_shown(ended[0])} 等 {len(ended)} 个标识在此之前已注销或销毁，不计入")
    if unknown := sorted(strange - history.ended):
        remarks.append(f"{_shown(unknown[0])} 等 {len(unknown)} 个标识此前没有登记，登记后才计入")
    return remarks


def _shown(name: str) -> str:
    return name if not name.startswith(LABEL) else f"…{name[-4:]}"


def own(actor: Actor, wanted: Wanted) -> Wanted:
    """Return what of it the actor may see: what it said itself, the regulator everything (T21)."""
    return wanted if actor.everywhere else replace(wanted, party=actor.party or "")


def job_of(books: Books, actor: Actor, id_: UUID) -> Job:
    """Return how a capture stands. Raises `Refusal` for one that is not known, and for another party's."""
    job = books.chronicle.job(id_)
    if job is None:
        raise Refusal(Why.UNKNOWN, "没有这个任务，请核对编号", "id")
    actor.require((job.party,), "该任务")
    return job
