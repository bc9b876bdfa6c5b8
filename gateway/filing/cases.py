"""Evidence of one case for those who prosecute it (R66): all that is known around a code, a record or a complaint."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from gateway.domain.access import Actor, Role
from gateway.domain.errors import Refusal, Why
from gateway.domain.labels import Run
from gateway.filing.books import Books
from gateway.filing.casebook import Row
from gateway.filing.labels import subject as label_subject
from gateway.filing.things import plain

# Rows of each kind; a batch of a year has fewer queries.
MOST_ROWS: Final = 100_000
# What a thing without a label of ours is asked for by.
_KEYED: Final = ("lift", "vehicle", "station")


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, as tables of plain rows; `chain_hash` vouches for the audit up to this very export."""

    subject: str
    exported_at: datetime
    exported_by: str
    chain_entry: int  # the audit's last entry: this export
    chain_hash: str  # its SHA-256, in hexadecimal
    tables: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Around:
    """What a subject leads to."""

    codes: tuple[str, ...] = ()
    record_id: str | None = None
    ticket: str | None = None
    places: tuple[Run, ...] = ()  # where the codes stand in the ledger


def gather(books: Books, actor: Actor, subject: str, now: datetime) -> Case:
    """Gather a case by a code (or lift number, plate, stamp), a record as `type/key`, or a ticket's number.

    Who exported what stands in the audit. People's numbers are masked. Raises `Refusal` where nothing is known.
    """
    actor.require_role(Role.REGULATOR)
    around = _around(books, subject, now)
    tables: dict[str, Iterable[Row]] = {
        "queries": books.cases.queries(around.codes, around.record_id, MOST_ROWS),
        "labels": books.cases.labels(around.codes, around.record_id, around.places, MOST_ROWS),
        "record": books.cases.record(around.record_id) if around.record_id else [],
        "events": books.cases.events(around.record_id, MOST_ROWS) if around.record_id else [],
        "tickets": books.cases.tickets(around.codes, around.ticket),
    }
    if not any(tables.values()):
        raise Refusal(Why.UNKNOWN, f"没有与 {subject[:40]} 有关的记录，请核对", "subject")
    books.audit.note(now, actor.name, "case exported", _noted(around))
    tables["audit"] = books.cases.audit(_subjects(around, tables["labels"]), MOST_ROWS)
    entry, digest = books.cases.chain()
    return Case(
        subject=subject,
        exported_at=now,
        exported_by=actor.name,
        chain_entry=entry,
        chain_hash=digest,
        tables={name: [dict(row) for row in rows] for name, rows in tables.items()},
    )


def _around(books: Books, subject: str, now: datetime) -> _Around:
    if "/" in subject:
        return _Around(record_id=subject)
    named = plain(subject)
    if ticket := books.tickets.get(named, now):  # a thing of the same number is asked for as `type/key`
        return _Around(ticket.codes, ticket=named, places=tuple(_places(books, ticket.codes)))
    label = books.labels.one(named)
    record_id = label.record_id if label else _keyed(books, named)
    return _Around((named,), record_id, places=tuple(_places(books, (named,))))


def _places(books: Books, codes: Iterable[str]) -> Iterator[Run]:
    labels = (books.labels.one(code) for code in codes)
    return (label.place for label in labels if label and label.place)


def _keyed(books: Books, key: str) -> str | None:
    """Return the record of a thing that is asked for by what stands on it."""
    kept = (books.records.get(kind, key) for kind in _KEYED)
    return next((one.id for one in kept if one), None) or books.records.alias(f"cylinder/{key}")


def _noted(around: _Around) -> str:
    if around.ticket:
        return f"ticket/{around.ticket}"
    return around.record_id or label_subject(around.codes[0])


def _subjects(around: _Around, labels: Iterable[Row]) -> list[str]:
    """Return under which names the audit speaks of it; labels stand there masked, so that a few others may match."""
    codes = {*around.codes, *(row["code"] for row in labels if row.get("code"))}
    issues = {row["issue"] for row in labels if row.get("issue")}
    named = [around.record_id, around.ticket and f"ticket/{around.ticket}"]
    return [
        *(name for name in named if name),
        *sorted(label_subject(code) for code in codes),
        *sorted(f"issue/{issue}" for issue in issues),
    ]
