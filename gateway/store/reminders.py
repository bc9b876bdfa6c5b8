"""Reminders: what is due, and what was told once."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.filing.telling import Due
from gateway.store.records import decoded
from gateway.store.tables import phones, record_parties, records, reminders

_OVER = ("scrapped", "stopped", "cancelled")  # states of things nobody inspects any more


class SqlReminders:
    """`filing.telling.Reminders` and `ports.Listings` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def due(self, types: Collection[str], first: date, last: date, most: int) -> list[Due]:
        """Return things due between two days of which nobody was reminded yet, the earliest first."""
        told = select(reminders.c.record_id).where(
            reminders.c.record_id == records.c.id, reminders.c.kind == "due", reminders.c.due_on == records.c.due_on
        )
        return self._dues(
            select(records)
            .where(
                records.c.type.in_(list(types)),
                records.c.due_on.between(first, last),
                records.c.status.not_in(_OVER),
                ~told.exists(),
            )
            .order_by(records.c.due_on, records.c.id)
            .limit(most)
        )

    def changed(self, record_type: str, since: datetime) -> list[Due]:
        """Return records of a type that changed since then; `due_on` is the day they were made or picked."""
        wanted = select(records).where(
            records.c.type == record_type, records.c.updated_at >= since, records.c.served_on.is_not(None)
        )
        return [
            Due(due.record_id, due.record_type, due.record, served, due.parties, due.owner)
            for due, served in self._with_served(wanted)
        ]

    def _with_served(self, wanted: Select[Any]) -> list[tuple[Due, date]]:
        rows = list(self._connection.execute(wanted))
        return list(zip(self._of(rows), [row.served_on for row in rows], strict=True))

    def _dues(self, wanted: Select[Any]) -> list[Due]:
        return self._of(list(self._connection.execute(wanted)))

    def _of(self, rows: Sequence[Row[Any]]) -> list[Due]:
        parties: dict[str, dict[str, str]] = {row.id: {} for row in rows}
        for at in range(0, len(rows), 500):
            ids = [row.id for row in rows[at : at + 500]]
            for row in self._connection.execute(select(record_parties).where(record_parties.c.record_id.in_(ids))):
                parties[row.record_id][row.role] = row.party
        return [
            Due(row.id, row.type, decoded(row.type, row.body), row.due_on, parties[row.id], row.owner) for row in rows
        ]

    def note(self, told: Sequence[Due], kind: str, party: str, now: datetime) -> list[Due]:
        """Note that a party was told of these; return those that nobody had been told of before."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        new = []
        for due in told:
            row = {"record_id": due.record_id, "kind": kind, "due_on": due.due_on, "party": party, "sent_at": now}
            adding = dialect.insert(reminders).values(row).on_conflict_do_nothing()
            if self._connection.execute(adding).rowcount:
                new.append(due)
        return new

    def last_told(self, querier: bytes) -> list[tuple[str, str, date]]:
        """Return what the last reminder to a registered phone's party was about: record type, key, day."""
        mine = select(phones.c.party).where(phones.c.querier == querier)
        last = select(func.max(reminders.c.sent_at)).where(reminders.c.party.in_(mine), reminders.c.kind == "due")
        rows = self._connection.execute(
            select(reminders.c.record_id, reminders.c.due_on)
            .where(
                reminders.c.party.in_(mine), reminders.c.kind == "due", reminders.c.sent_at == last.scalar_subquery()
            )
            .order_by(reminders.c.due_on, reminders.c.record_id)
        )
        return [(*_split(row.record_id), row.due_on) for row in rows]


def _split(record_id: str) -> tuple[str, str]:
    record_type, _, key = record_id.partition("/")
    return record_type, key
