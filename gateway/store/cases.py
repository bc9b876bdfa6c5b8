"""What is known around one code, record or ticket, as rows for evidence; people's numbers as they are shown."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Connection, Executable, String, and_, cast, false, or_, select

from gateway.domain import masks
from gateway.domain.labels import Run
from gateway.filing.casebook import Row
from gateway.store.tables import (
    answers,
    audit,
    events,
    inquiries,
    label_issues,
    label_ranges,
    labels,
    messages,
    record_versions,
    records,
    ticket_steps,
    tickets,
)
from gateway.store.vault import Vault


class SqlCases:
    """`filing.casebook.CaseBook` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def queries(self, codes: Collection[str], record_id: str | None, most: int) -> list[Row]:
        """Return who asked for these codes or this record and what was answered, the oldest first."""
        a, i = answers.c, inquiries.c
        wanted = (
            select(
                i.received_at, i.channel, i.sender_shown.label("sender"), i.text, a.code, a.record_id, a.verdict,
                a.rule, a.reasons, a.query_count, a.first_queried_at, i.state, messages.c.text.label("reply"), i.test,
                a.words, a.words_version,
                i.id.label("inquiry"),
            )
            .join_from(answers, inquiries, i.id == a.inquiry_id)
            .outerjoin(messages, messages.c.inquiry_id == i.id)
            .where(or_(a.code.in_(list(codes)), _is(a.record_id, record_id)))
            .order_by(i.received_at, i.id, a.position)
        )  # fmt: skip
        return self._rows(wanted.limit(most))

    def labels(self, codes: Collection[str], record_id: str | None, places: Collection[Run], most: int) -> list[Row]:
        """Return these labels, and the record's; the runs at these places, and the record's, with their issues."""
        names = [*codes, *(self._vault.hashed(code) for code in codes)]
        own = select(
            labels.c.code, labels.c.state, labels.c.policy, labels.c.record_id, labels.c.issued_to,
            labels.c.issued_at, labels.c.bound_at, labels.c.reason, labels.c.query_count, labels.c.first_at,
        ).where(or_(labels.c.code.in_(names), _is(labels.c.record_id, record_id)))  # fmt: skip
        r = label_ranges.c
        runs = (
            select(
                r.klass, r.version, r.first, r.last, r.state, r.policy, r.record_id, r.issued_to, r.issued_at,
                r.bound_at, r.reason, r.issue_id.label("issue"), label_issues.c.issued_by,
            )
            .outerjoin(label_issues, label_issues.c.id == r.issue_id)
            .where(or_(_is(r.record_id, record_id), *(_covers(place) for place in places)))
        )  # fmt: skip
        return [
            *self._rows(own.order_by(labels.c.bound_at, labels.c.code).limit(most)),
            *self._rows(runs.order_by(r.klass, r.version, r.first).limit(most)),
        ]

    def record(self, record_id: str) -> list[Row]:
        """Return a record's versions, the newest first, without its sealed part."""
        r, v = records.c, record_versions.c
        now = select(r.id, r.version, r.owner, r.source, r.status, r.updated_at, r.body).where(r.id == record_id)
        before = select(v.version, v.owner, v.actor.label("replaced_by"), v.replaced_at, v.body)
        earlier = before.where(v.record_id == record_id).order_by(v.version.desc())
        return [*self._rows(now), *self._rows(earlier)]

    def events(self, record_id: str, most: int) -> list[Row]:
        """Return what happened to a thing, the newest first, without sealed parts."""
        e = events.c
        wanted = select(e.id, e.kind, e.at, e.received_at, e.party, e.body).where(e.record_id == record_id)
        return self._rows(wanted.order_by(e.at.desc(), e.id).limit(most))

    def tickets(self, codes: Collection[str], number: str | None) -> list[Row]:
        """Return complaints about these codes, or the one with this number, with their steps."""
        t, s = tickets.c, ticket_steps.c
        # A list of strings in JSON: each stands in it between quotation marks.
        about = [cast(t.codes, String).contains(f'"{code}"', autoescape=True) for code in codes]
        wanted = (
            select(
                t.number, t.state, t.reporter_shown.label("reporter"), t.codes, t.text, t.place, t.handed_to,
                t.outside_ref, t.resolution.label("answer"), t.created_at, t.due_at, t.closed_at,
                s.position.label("step"), s.at.label("step_at"), s.actor.label("step_by"),
                s.state.label("step_state"), s.note.label("step_note"),
            )
            .outerjoin_from(tickets, ticket_steps, s.ticket_id == t.id)
            .where(or_(_is(t.number, number), *about))
        )  # fmt: skip
        return self._rows(wanted.order_by(t.id, s.position))

    def audit(self, subjects: Sequence[str], most: int) -> list[Row]:
        """Return the audit's entries on these subjects, in their order."""
        wanted = select(audit).where(audit.c.subject.in_(list(subjects)))
        return self._rows(wanted.order_by(audit.c.seq).limit(most))

    def chain(self) -> tuple[int, str]:
        """Return the number and the hash of the audit's last entry, which vouches for all before."""
        end = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
        row = self._connection.execute(end).one_or_none()
        return (row.seq, row.hash.hex()) if row else (0, "")

    def _rows(self, wanted: Executable) -> list[Row]:
        return [
            {name: _plain(name, value) for name, value in row.items()}
            for row in self._connection.execute(wanted).mappings()
        ]


def _is(column: ColumnElement[Any], value: str | None) -> ColumnElement[bool]:
    """Return whether a column has this value; None is no value, and no row has it."""
    return false() if value is None else column == value


def _covers(place: Run) -> ColumnElement[bool]:
    r = label_ranges.c
    return and_(r.klass == place.klass, r.version == place.version, r.first <= place.first, r.last >= place.last)


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - of any column
    """Return a column's value as JSON has it."""
    match value:
        case bytes() if name == "body":
            return msgspec.json.decode(value)
        case bytes():
            return value.hex()
        case str() if name == "text":  # what a citizen wrote
            return masks.phones_in(value)
        case datetime():
            return value.isoformat()
        case UUID() | StrEnum():
            return str(value)
        case _:
            return value
