"""The lots that events are about: which of them an event concerns, and their records made anew of all that count."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from gateway.domain.access import Actor, Role
from gateway.domain.calendar import today
from gateway.domain.code import masked
from gateway.domain.epcis.event import Event, Kind, Part, Told
from gateway.domain.epcis.history import History
from gateway.domain.epcis.lot import Derived, carton_of, derive
from gateway.domain.epcis.names import record_of
from gateway.domain.errors import Refusal, Why
from gateway.domain.inputs import Inputs
from gateway.domain.labels import Act, Run
from gateway.domain.records.base import Entry
from gateway.domain.records.goods import ends_recall
from gateway.domain.records.liquor import Liquor
from gateway.domain.records.meat import Meat
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Filed, LabelState
from gateway.filing import binding, labels
from gateway.filing.books import Books
from gateway.filing.events import refiled, refusal
from gateway.filing.kept import Kept

# Things that one lot may hang together with: a day's slaughter has some hundreds.
MOST_THINGS: Final = 20_000
_TAKEN_BACK: Final = "绑定声明有误，已撤销"
_MISSING: Final = re.compile(r"missing required field `(\w+)`")

_ANY: Final = (Part.EPC, Part.PARENT, Part.CHILD, Part.INPUT, Part.OUTPUT)


@dataclass(slots=True)
class Cause:
    """An event because of which records are made anew; `remarks` gathers what does not fit."""

    books: Books
    actor: Actor
    told: Told
    inputs: Inputs
    now: datetime
    remarks: list[str] = field(default_factory=list)
    taken_back: bool = False


def affected(books: Books, event: Event) -> list[str]:
    """Return the lots that an event may be part of the chain of: those made of its things, and what it holds."""
    lots = set(event.lots)

    def onward(found: Event, names: set[str]) -> set[str]:
        if not names.isdisjoint((*found.makes, *found.lots)):
            lots.update(found.lots)
        made = () if names.isdisjoint(found.of(Part.INPUT)) else found.makes
        packed = () if names.isdisjoint(found.of(Part.PARENT)) else found.of(Part.CHILD)
        return {*made, *packed}

    _spread(books, {*event.of(*_ANY), *event.lots}, onward)
    return sorted(lots)


def near(books: Books, names: Collection[str]) -> History:
    """Return the history of these things, and of what they were in."""
    things, told = _spread(books, set(names), _around)
    return History(told, things)


def rebuild(cause: Cause, lot: str) -> str | None:
    """Make a lot's record anew because of an event; return the record's id, None: the lot has no record.

    Raises `Refusal` where the event itself is why it cannot be.
    """
    books, event = cause.books, cause.told.event
    record_type, number = record_of(lot)
    kept = books.records.get(record_type, number, lock=True)
    history = _history(books, lot, kept)
    derived = _derived(books, history, lot)
    if derived is None:
        filed = _without_events(kept, history, lot, cause)
        if filed is None and event.binds and lot in event.lots:
            cause.remarks.append(f"批次 {number} 尚未登记，登记后绑定标签")
    else:
        _judge(derived, lot, cause)
        new = Filed(record_type, number, derived.record, owner=derived.owner)
        filed = refiled(kept, derived.record) if kept else new
    if filed is None:
        return None
    if kept is not None and ends_recall(kept.record, filed.record):
        recall = msgspec.structs.asdict(kept.record)["recall"]
        filed = replace(filed, record=msgspec.structs.replace(filed.record, recall=recall))
    books.records.put(filed, cause.actor.name, cause.now)
    _bind(cause, history, lot)
    return f"{record_type}/{number}"


def undo_bindings(books: Books, actor: Actor, told: Told, now: datetime) -> None:
    """Cancel the labels that an event bound: nothing is ever bound a second time (R34)."""
    if not told.event.binds:
        return
    ours = {"/".join(record_of(lot)) for lot in told.event.lots}
    found = [books.labels.one(code) for code in told.event.labels]
    bound = [one.code for one in found if one and one.state is LabelState.ACTIVE and one.record_id in ours]
    labels.void(books, actor, labels.Ending(Act.CANCEL, _TAKEN_BACK), bound, now)


def _spread(
    books: Books, names: set[str], onward: Callable[[Event, set[str]], set[str]]
) -> tuple[set[str], list[Told]]:
    """Return the things that `onward` leads to from these, event by event, and the events about them."""
    things, told = set(names), dict[str, Told]()
    frontier = names
    while frontier:
        found = books.chronicle.of(frontier)
        told.update({one.event.id: one for one in found})
        frontier = {name for one in found for name in onward(one.event, frontier)} - things
        things |= frontier
        if len(things) > MOST_THINGS:
            raise Refusal(Why.INVALID, f"与此事件相连的标识超过 {MOST_THINGS} 个，请分批申报", "epcList")
    return things, list(told.values())


def _around(event: Event, names: set[str]) -> set[str]:
    """Lead to what holds these things."""
    return set() if names.isdisjoint(event.of(Part.CHILD)) else set(event.of(Part.PARENT))


def _history(books: Books, lot: str, kept: Kept | None) -> History:
    """Return all that is told of a lot: of its units, of what they were made of, and of what held them."""

    def back(event: Event, names: set[str]) -> set[str]:
        found = _around(event, names)
        if lot in event.lots and event.makes:
            found |= {*event.makes, *event.of(Part.INPUT)}
        if not names.isdisjoint(event.makes):
            found |= set(event.of(Part.INPUT))
        return found

    things, told = _spread(books, {lot}, back)
    return History(told, things, {lot: kept.owner} if kept else {})


def _derived(books: Books, history: History, lot: str) -> Derived | None:
    ids = {party for told in history.counted for party in (told.party, *told.event.to)}
    parties = {id_: party for id_ in sorted(ids) if (party := books.parties.get(id_)) is not None}
    try:
        return derive(history, lot, parties)
    except (msgspec.ValidationError, ValueError) as err:
        text, _, path = str(err).partition(" - at `$")
        missing, wrong = _MISSING.search(text), refusal(text)
        place = ".".join(filter(None, (path.strip(".`"), missing[1] if missing else wrong.field)))
        reason = "必填" if missing else str(wrong)
        raise Refusal(Why.INVALID, reason, f"fx:record.{place}" if place else "fx:record") from err


def _without_events(kept: Kept | None, history: History, lot: str, cause: Cause) -> Filed | None:
    """Return the record of a lot that no event founds: filed by other ways, or founded in error."""
    if kept is None:
        return None
    event, record = cause.told.event, kept.record
    if cause.taken_back and event.founds and lot in event.lots:
        if not isinstance(record, Meat):
            raise Refusal(Why.CONFLICT, f"批次 {kept.key} 由此事件建立，请先报送更正的事件，再声明此事件有误")
        record = Meat(product=record.product, batch_no=kept.key)
    elif isinstance(record, Liquor) and event.kind is Kind.AGGREGATION:
        record = msgspec.structs.replace(record, carton_code=carton_of(history, lot))
    return refiled(kept, record)


def _judge(derived: Derived, lot: str, cause: Cause) -> None:
    """Apply what holds of the record on the day it is entered; errors are the event's that is about the lot itself."""
    cause.remarks += derived.remarks
    event, (record_type, _) = cause.told.event, record_of(lot)
    for fault in REGISTRY[record_type].entry(derived.record, Entry(today(cause.now), cause.inputs)):
        text = f"{fault.field}：{fault.value} {fault.reason}"
        if fault.severity == "error" and event.said.record is not None and lot in event.lots and not cause.taken_back:
            raise Refusal(Why.INVALID, text, f"fx:record.{fault.field}")
        cause.remarks.append(text)


def _bind(cause: Cause, history: History, lot: str) -> None:
    """Bind the labels that events put on a lot and that are not bound yet."""
    for one in history.counted:
        if not one.event.binds or not history.is_about(one, lot):
            continue
        try:
            cause.books.attempt(partial(_bind_labels, cause, lot, one))
        except Refusal as err:
            if one.event.id == cause.told.event.id:
                raise
            cause.remarks.append(f"事件 {one.event.id} 的标签未能绑定：{err}")


def _bind_labels(cause: Cause, lot: str, told: Told) -> None:
    books, actor = cause.books, cause.actor
    record_type, number = record_of(lot)
    speaker = actor if told.trusted and actor.everywhere else Actor(actor.name, Role.FIRM, told.party)
    indexes: dict[tuple[int, int], list[int]] = {}
    for code in told.event.labels:
        label = labels.known(books, code)
        if label.place is None or REGISTRY[record_type].classes != {label.place.klass}:
            raise Refusal(Why.INVALID, f"标签 {masked(code)} 的类别不能用于批次 {number}", "epcList")
        if label.state is LabelState.ACTIVE and label.record_id == f"{record_type}/{number}":
            continue
        indexes.setdefault((label.place.klass, label.place.version), []).append(label.place.first)
    for (klass, version), places in indexes.items():
        for run in _runs(klass, version, sorted(places)):
            ends = [books.codes.issue(klass, version, index) for index in (run.first, run.last)]
            binding.bind_run(books, speaker, ends[0], ends[1], number, cause.now)


def _runs(klass: int, version: int, places: Sequence[int]) -> list[Run]:
    """Return places in order as few runs: a reel of labels is one."""
    runs: list[Run] = []
    for place in places:
        if runs and place == runs[-1].last + 1:
            runs[-1] = Run(klass, version, runs[-1].first, place)
        elif not runs or place > runs[-1].last:
            runs.append(Run(klass, version, place, place))
    return runs
