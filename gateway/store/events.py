"""Events in the database: what happened to a thing, and who said so."""

from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, insert, select

from gateway.filing.kept import Event
from gateway.store.tables import events
from gateway.store.vault import Vault


class SqlEvents:
    """`filing.books.Events` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def add(self, event: Event) -> None:
        """Keep one."""
        self._connection.execute(insert(events).values(event_values(event, self._vault)))

    def get(self, id_: UUID) -> Event | None:
        """Return one, without its sealed part."""
        row = self._connection.execute(select(events).where(events.c.id == id_)).one_or_none()
        return None if row is None else _event(row)

    def of(self, record_id: str, *kinds: str, limit: int = 50) -> list[Event]:
        """Return the newest first, without their sealed part; of these kinds, or of all."""
        wanted = select(events).where(events.c.record_id == record_id)
        if kinds:
            wanted = wanted.where(events.c.kind.in_(kinds))
        rows = self._connection.execute(wanted.order_by(events.c.at.desc(), events.c.id.desc()).limit(limit))
        return [_event(row) for row in rows]


def event_values(event: Event, vault: Vault) -> dict[str, Any]:
    """Return an event's row."""
    sealed = event.sealed and vault.seal(msgspec.json.encode(event.sealed).decode())
    return {
        "id": event.id,
        "kind": event.kind,
        "record_id": event.record_id,
        "party": event.party,
        "at": event.at,
        "received_at": event.received_at,
        "body": dict(event.body),
        "sealed": sealed or None,
    }


def _event(row: Row[Any]) -> Event:
    return Event(row.id, row.kind, row.record_id, row.party, row.at, row.received_at, row.body)
