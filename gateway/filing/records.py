"""Records as firms and offices file them, and as the regulator and the vehicle office may read them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypeVar

import msgspec

from gateway.domain.access import Actor, Role
from gateway.domain.calendar import today
from gateway.domain.corrections import DUE, carried, licensed, reserved
from gateway.domain.errors import Refusal, Why
from gateway.domain.inputs import Inputs
from gateway.domain.records.base import Entry, Facts, PartyId, Private
from gateway.domain.records.goods import Batch
from gateway.domain.records.registry import REGISTRY, AnyType
from gateway.domain.records.vehicle import Vehicle
from gateway.domain.trace import Filed, Record
from gateway.filing import permits
from gateway.filing.books import Books
from gateway.filing.events import entered, party_of, sign_of_life
from gateway.filing.kept import Event, Kept
from gateway.filing.things import plain, require_plain

S = TypeVar("S", bound=msgspec.Struct)

# Who files what. Whoever is licensed does not write his own licence, nor a vehicle its certificate (R39).
FILERS: Final[Mapping[str, frozenset[Role]]] = {
    "liquor": frozenset({Role.FIRM}),
    "flour": frozenset({Role.FIRM}),
    "tomato": frozenset({Role.FIRM}),
    "melon": frozenset({Role.FIRM, Role.COOPERATIVE}),
    "meat": frozenset({Role.FIRM, Role.COOPERATIVE}),
    "lpg": frozenset({Role.STATION}),
    "vehicle": frozenset(),
    "station": frozenset(),
    "lift": frozenset({Role.MAINTENANCE, Role.USE_UNIT}),
}
# As `DUE`: a day that nobody moves backwards but the regulator (T13).
_SERVED: Final = {"lpg": "last_fill.at", "vehicle": "last_fill.at", "lift": "last_maintenance_on"}


def may_file(actor: Actor, type_: str) -> bool:
    """Return whether somebody brings records of this type, singly or in a file.

    The lists of parties and of inputs are for those who see to everything.
    """
    return actor.everywhere or actor.role in FILERS.get(type_, ())


class FileRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A record of the type in the path; a second one under its key corrects it, and the first is kept."""

    record: dict[str, Any]
    private: dict[str, Any] | None = None  # what only the regulator may read; none: as it was
    owner: PartyId | None = None  # whose it is, where the regulator enters it for somebody


class Warned(msgspec.Struct, frozen=True):
    """What is doubtful about a field of a record that was taken in all the same."""

    field: str
    value: str
    reason: str


class RecordFiled(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record stands now."""

    record: str  # "<type>/<key>"
    version: int  # as before when nothing differs
    warnings: tuple[Warned, ...] = ()


def file_record(
    books: Books, actor: Actor, record_type: str, sent: FileRecord, inputs: Inputs, now: datetime
) -> RecordFiled:
    """Write a record, or correct it, with its private part. Raises `Refusal` and `msgspec.ValidationError`."""
    kind = _kind(record_type)
    actor.require_role(*FILERS[record_type], Role.REGULATOR)
    record: Record = _converted(sent.record, kind.model, "record")
    private = _private(kind, sent)
    warnings = _doubts(kind, record, Entry(today(now), inputs))
    key = kind.key(record)
    before = books.records.get(record_type, key, lock=True)
    if before is not None:
        record = carried(before.record, record)
    _require_enough(books, f"{record_type}/{key}", record)
    facts = kind.facts(record)
    owner = _owner(books, actor, sent, facts, before)
    if not actor.everywhere:
        record = _with_licence(books, actor, before, record)
    if before is not None and not actor.everywhere:
        _require_forwards(kind, before, record)
    source = _source(books, kind, facts, owner, before)
    filed = Filed(record_type, key, record, source, owner, before.inspector if before else None, private)
    version, id_ = books.records.put(filed, actor.name, now), f"{record_type}/{key}"
    if before is None:
        _enter(books, kind, entered(id_, owner, now), version)
    permits.judge(books, id_, record, now)
    books.audit.note(now, actor.name, "record.file", id_, version=version, owner=owner, private=private is not None)
    sign_of_life(books, actor, now)
    return RecordFiled(record=id_, version=version, warnings=warnings)


def _enter(books: Books, kind: AnyType, entry: Event, version: int) -> None:
    """Keep the event of a thing's first entry. Raises `Refusal` where somebody else entered another meanwhile:

    this one was not looked at as a correction of it.
    """
    if version > 1:
        raise Refusal(Why.CONFLICT, f"{entry.record_id.partition('/')[2]} 正由他人登记，请稍后重试")
    if kind.live and books.events.get(entry.id) is None:
        books.events.add(entry)


def _kind(record_type: str) -> AnyType:
    if record_type not in REGISTRY:
        raise Refusal(Why.UNKNOWN, f"没有“{record_type}”这一类档案", "type")
    return REGISTRY[record_type]


def _private(kind: AnyType, sent: FileRecord) -> Private | None:
    if sent.private is None:
        return None
    if kind.private is None:
        raise Refusal(Why.INVALID, "此类档案没有非公开部分", "private")
    return _converted(sent.private, kind.private, "private")


def _converted(given: dict[str, Any], model: type[S], field: str) -> S:
    """Check a part of the body against its model; an error's place is told from the body's root."""
    try:
        converted = msgspec.convert(given, model)
    except msgspec.ValidationError as err:
        text, _, path = str(err).partition(" - at `$")
        raise msgspec.ValidationError(f"{text} - at `$.{field}{path or '`'}") from err
    require_plain(msgspec.to_builtins(converted), field)
    return converted


def _doubts(kind: AnyType, record: Record, entry: Entry) -> tuple[Warned, ...]:
    """Return what is doubtful about it on the day. Raises `Refusal` for what is wrong."""
    faults = list(kind.entry(record, entry))
    wrong = [
        (f"record.{fault.field}", f"{fault.value} {fault.reason}") for fault in faults if fault.severity == "error"
    ]
    if wrong:
        raise Refusal(Why.INVALID, "；".join(text for _, text in wrong), wrong[0][0], wrong)
    return tuple(Warned(f"record.{fault.field}", fault.value, fault.reason) for fault in faults)


def _owner(books: Books, actor: Actor, sent: FileRecord, facts: Facts, before: Kept | None) -> str | None:
    """Return whose record it is, or stays. Raises `Refusal` for another party's, and for one that is not known."""
    if before is not None:
        actor.require((before.owner,), f"档案 {before.key} ")
    for role, party in facts.parties.items():
        party_of(books, party, f"record.{role}")
    named = facts.parties.get("owner")
    owner = sent.owner or named or (before.owner if before else actor.party)
    if owner is None:
        return None
    actor.require((owner,), "所报单位")
    if named not in (None, owner):
        raise Refusal(Why.INVALID, f"档案中的单位 {named} 与所报单位 {owner} 不一致", "owner")
    return party_of(books, owner, "owner").id


def _require_forwards(kind: AnyType, before: Kept, after: Record) -> None:
    """Refuse what only the regulator corrects: days of inspection and service that go back (T13), what he stopped."""
    was, will = kind.facts(before.record), kind.facts(after)
    days = {DUE.get(kind.name): (was.due_on, will.due_on), _SERVED.get(kind.name): (was.served_on, will.served_on)}
    for field, (known, told) in days.items():
        if field is not None and known is not None and (told is None or told < known):
            text = f"{told or '未填'} 早于已登记的 {known}，不能倒退；更正请联系监管部门"
            raise Refusal(Why.CONFLICT, text, f"record.{field}")
    if fault := reserved(kind, before.record, after, inspected=before.inspector is not None):
        raise Refusal(Why.CONFLICT, fault.reason, f"record.{fault.field}")


def _with_licence(books: Books, actor: Actor, before: Kept | None, record: Record) -> Record:
    """Return the record, its fill marked where it was not licensed. Raises `Refusal` for a licence too long."""

    def station_of(party: str | None) -> Record | None:
        kept = books.records.get("station", party or actor.party or "")
        return kept.record if kept else None

    marked, fault = licensed(before.record if before else None, record, station_of)
    if fault is not None:
        raise Refusal(Why.CONFLICT, fault.reason, f"record.{fault.field}")
    return marked


def _require_enough(books: Books, id_: str, record: Record) -> None:
    """Refuse a batch of fewer pieces than it has live labels (DOMAIN 2.1)."""
    if not isinstance(record, Batch) or record.quantity is None:
        return
    bound = books.labels.bound(id_)
    if record.quantity < bound:
        raise Refusal(Why.CONFLICT, f"{record.quantity} 少于已绑定的 {bound} 枚标签", "record.quantity")


def _source(books: Books, kind: AnyType, facts: Facts, owner: str | None, before: Kept | None) -> str | None:
    """Return the feed that keeps the record fresh: of a new one its owner's, of a lift its maintenance unit's."""
    if not kind.live:
        return before.source if before else None
    source = (before.source if before else None) or facts.parties.get("maintenance") or owner
    if source is not None:
        books.records.awaited(source)
    return source


class FullRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as the regulator sees it."""

    record_type: str
    key: str
    version: int
    owner: str | None
    parties: dict[str, str]  # role -> party
    source: str | None
    inspector: str | None
    updated_at: datetime
    record: dict[str, Any]
    private: dict[str, Any] | None


def full_record(books: Books, actor: Actor, record_type: str, key: str, now: datetime) -> FullRecord:
    """Return a record with its private part; who looked at what stands in the audit (R10). Raises `Refusal`."""
    actor.require_role(Role.REGULATOR)
    kind = _kind(record_type)
    kept = books.records.get(record_type, key)
    if kept is None:
        raise Refusal(Why.UNKNOWN, "没有这份档案，请核对编号", "key")
    private = books.records.private(kept.id)
    withheld = kind.private.withheld if kind.private else frozenset()
    books.audit.note(now, actor.name, "record.read", kept.id, version=kept.version, private=private is not None)
    return FullRecord(
        record_type=record_type,
        key=kept.key,
        version=kept.version,
        owner=kept.owner,
        parties=dict(kept.parties),
        source=kept.source,
        inspector=kept.inspector,
        updated_at=kept.updated_at,
        record=msgspec.to_builtins(kept.record),
        private={name: private[name] for name in private if name not in withheld} if private else None,
    )


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """What the vehicle office needs to know of a vehicle, and nothing else (R49)."""

    plate: str
    certificate: Literal["valid", "cancelled", "none"]
    tag: Literal["intact", "damaged", "absent"]  # the worst of its cylinders'


def certificate(books: Books, actor: Actor, plate: str, now: datetime) -> Registered:
    """Return whether a vehicle has its use-registration certificate and its tags; noted in the audit.

    Without both the office neither registers it nor passes its annual check (R49). Raises `Refusal`.
    """
    actor.require_role(Role.OFFICE, Role.REGULATOR)
    kept = books.records.get("vehicle", plain(plate))
    if kept is None or not isinstance(kept.record, Vehicle):
        raise Refusal(Why.UNKNOWN, "未查到该车登记，请核对车牌号", "plate")
    vehicle, tags = kept.record, {cylinder.tag for cylinder in kept.record.cylinders}
    books.audit.note(now, actor.name, "certificate.read", kept.id)
    return Registered(
        plate=vehicle.plate,
        certificate=vehicle.certificate.state if vehicle.certificate else "none",
        tag="absent" if "absent" in tags else "damaged" if "damaged" in tags else "intact",
    )
