"""What events have in common: who says so and when, whether it was said before, and what came of it.

The five kinds mirror those of the regulators' own message formats: registration, receipt and delivery, fill,
inspection, and what a lift reports (DOMAIN 4.3).
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, TypeAlias, TypeVar
from uuid import UUID, uuid5

import msgspec

from gateway.domain.access import Actor
from gateway.domain.errors import Refusal, Why
from gateway.domain.records.base import PartyId, lies_ahead
from gateway.domain.trace import Filed, Party, Record
from gateway.filing.books import Books
from gateway.filing.kept import Event, Kept
from gateway.filing.things import require_plain

S = TypeVar("S", bound=msgspec.Struct)

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
EventId: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]

# What is read as people and scanners write it, blanks at its ends and all.
_READ = frozenset({"code", "cylinder_no", "plate", "lift", "seal", "carrier_plate"})
# The same party saying the same of the same thing, or numbering it alike, says one thing twice.
_NAMESPACE = UUID("0197c0de-0000-7000-8000-000000000042")


class Sent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every event says."""

    at: Moment  # when it happened
    event_id: EventId | None = None  # its sender's own number for it: sent twice, it is taken once
    party: PartyId | None = None  # who did it, where the regulator enters it for somebody


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an event. It is kept in any case; `applied` is false where something newer was known."""

    event: UUID
    record: str  # "<type>/<key>"
    applied: bool
    flags: tuple[str, ...] = ()  # what was wrong about it: it happened, and is on record as such
    reasons: tuple[str, ...] = ()  # in DOMAIN 2.7's names
    alert: UUID | None = None  # of a lift, as long as it is open


class _Came(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of `Taken` that is kept in the event."""

    applied: bool
    flags: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def reporter(actor: Actor, sent: Sent) -> str:
    """Return the party that did it. Raises `Refusal` for another's name than the actor's own."""
    party = sent.party or actor.party
    if party is None:
        raise Refusal(Why.INVALID, "请写明办理单位", "party")
    actor.require((party,), "所报单位")
    return party


def party_of(books: Books, party: str, field: str = "party") -> Party:
    """Return a party by its id. Raises `Refusal` when it is not known."""
    found = books.parties.get(party)
    if found is None:
        raise Refusal(Why.UNKNOWN, f"单位 {party} 尚未登记", field)
    return found


def event(
    kind: str,
    kept: Kept,
    party: str,
    sent: Sent,
    now: datetime,
    sealed: Collection[str] = (),
    *,
    part: str = "",
    urgent: bool = False,
) -> Event:
    """Return what is kept of an event; the `sealed` fields only the regulator may read. Octets are not kept in it.

    By a clock that is a little ahead it happened now: else what another reports of the next minutes would seem to have
    come before. `part`: what of the thing it is about, where that is not all of it. Raises `Refusal` for a time more
    than five minutes ahead and for text of more than one line; what is `urgent` is taken to happen now instead, and is
    not refused for its words.
    """
    ahead = lies_ahead(sent.at, now)
    if ahead and not urgent:
        raise Refusal(Why.INVALID, f"时间 {sent.at.isoformat()} 晚于当前时间，请核对设备时钟", "at")
    number = f"#{sent.event_id}" if sent.event_id else f"{kept.id}@{sent.at.timestamp()}{part}"
    id_ = uuid5(_NAMESPACE, "\0".join((party, kind, number)))
    fields = {
        name: msgspec.to_builtins(value)
        for name, value in msgspec.structs.asdict(sent).items()
        if value is not None and not isinstance(value, bytes)
    }
    for name, value in () if urgent else fields.items():
        if name not in _READ:
            require_plain(value, name)
    return Event(
        id_,
        kind,
        kept.id,
        party,
        min(sent.at, now),
        now,
        {name: value for name, value in fields.items() if name not in sealed},
        {name: fields[name] for name in sealed if name in fields} or None,
    )


def happened(sent: S, new: Event) -> S:
    """Return what was sent with the time at which it happened, by our clock."""
    return msgspec.structs.replace(sent, at=new.at)


def entered(record_id: str, party: str | None, now: datetime) -> Event:
    """Return the event of a thing's first entry; a thing is entered once."""
    return Event(uuid5(_NAMESPACE, record_id), "registration", record_id, party, now, now, {"action": "register"})


def again(books: Books, new: Event) -> Taken | None:
    """Return what came of it when it was sent before; None: it is new.

    Raises `Refusal` (conflict) where its number was used for something else.
    """
    earlier = books.events.get(new.id)
    if earlier is None:
        return None
    said = {name: value for name, value in earlier.body.items() if name != "came"}
    if (earlier.record_id, said) != (new.record_id, new.body):
        raise Refusal(Why.CONFLICT, "此事件已报送过，但内容不同；更正请报送新的事件", "event_id")
    return _taken(new, msgspec.convert(earlier.body["came"], _Came), books.alerts.open(new.record_id, new.kind))


def settle(
    books: Books,
    actor: Actor,
    new: Event,
    now: datetime,
    *,
    applied: bool,
    flags: tuple[str, ...] = (),
    reasons: tuple[str, ...] = (),
    alarm: bool = False,
) -> Taken:
    """Keep the event with what came of it, note it in the audit, and take it as a sign of life of its sender."""
    came = _Came(applied=applied, flags=flags, reasons=reasons)
    detail = msgspec.to_builtins(came)
    books.events.add(replace(new, body={**new.body, "came": detail}))
    books.audit.note(now, actor.name, new.kind, new.record_id, event=str(new.id), party=new.party, **detail)
    # After the audit, which lets one act pass at a time: two of one party would else wait for each other.
    sign_of_life(books, actor, now)
    return _taken(new, came, books.alerts.raise_(new) if alarm else None)


def _taken(new: Event, came: _Came, alert: UUID | None) -> Taken:
    return Taken(
        event=new.id,
        record=new.record_id,
        applied=came.applied,
        flags=came.flags,
        reasons=came.reasons,
        alert=alert,
    )


def beat(books: Books, actor: Actor, now: datetime) -> str:
    """Note that a party's feed is connected, though it may have nothing to report; return the feed's name."""
    if actor.party is None:
        raise Refusal(Why.INVALID, "此密钥不属于任何单位，没有可登记的数据源")
    sign_of_life(books, actor, now)
    return actor.party


def sign_of_life(books: Books, actor: Actor, now: datetime) -> None:
    """Take whatever a party sends as a sign that its feed is alive: its name is the party's id."""
    if actor.party is not None:
        books.records.heard(actor.party, now)


def newest(books: Books, new: Event, *kinds: str) -> bool:
    """Return whether nothing of these kinds is known of the thing that happened later."""
    last = books.events.of(new.record_id, *(kinds or (new.kind,)), limit=1)
    return not last or last[0].at <= new.at


def refiled(kept: Kept, record: Record, **changes: Any) -> Filed:  # noqa: ANN401 - fields of `Filed`
    """Return a record that changed, as it goes back into the books."""
    return replace(Filed(kept.record_type, kept.key, record, kept.source, kept.owner, kept.inspector), **changes)


@contextmanager
def checked(fields: dict[str, str] | None = None) -> Iterator[None]:
    """Have what a record refuses told to the sender by the field he wrote; `fields`: the record's name -> his."""
    try:
        yield
    except ValueError as err:
        raise refusal(str(err), fields) from err


def refusal(text: str, fields: dict[str, str] | None = None) -> Refusal:
    """Return a record's `field: value reason` as a refusal."""
    name, _, reason = text.partition(": ")
    return Refusal(Why.INVALID, reason, (fields or {}).get(name, name)) if reason else Refusal(Why.INVALID, text)


def altered(record: S, fields: dict[str, str] | None = None, **changes: Any) -> S:  # noqa: ANN401 - its fields
    """Return the record with other fields, as far as its own rules allow."""
    with checked(fields):
        return msgspec.structs.replace(record, **changes)
