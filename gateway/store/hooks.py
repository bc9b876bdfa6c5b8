"""Events on their way to the city's platforms: queued once each, leased while they are sent."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.statements import fitting
from gateway.store.tables import events, hook_deliveries

_NAMESPACE = UUID("0197c0de-0000-7000-8000-000000000044")
_MOST_GATHERED = 1000


class SqlHooks:
    """`filing.books.Hooks` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def gather(self, target: str, kinds: Collection[str], since: datetime, now: datetime) -> int:
        """Queue the events of these kinds (empty: all) received since then for a target, each once."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        wanted = select(events).where(events.c.received_at >= since).order_by(events.c.received_at)
        if kinds:
            wanted = wanted.where(events.c.kind.in_(list(kinds)))
        queued = 0
        for row in self._connection.execute(wanted.limit(_MOST_GATHERED)):
            body = {
                "id": str(row.id),
                "kind": row.kind,
                "subject": row.record_id,
                "party": row.party,
                "at": row.at,
                "received_at": row.received_at,
                "detail": row.body,
            }
            adding = dialect.insert(hook_deliveries).values(
                id=uuid5(_NAMESPACE, f"{target}/{row.id}"),
                target=target,
                event=row.kind,
                body=msgspec.json.encode(body),
                state="waiting",
                attempts=0,
                next_at=now,
                created_at=now,
            )
            queued += self._connection.execute(adding.on_conflict_do_nothing()).rowcount
        return queued

    def take(self, target: str, lease: datetime, now: datetime, most: int) -> list[tuple[UUID, str, bytes, int]]:
        """Return (id, event, body, attempts) of what is due, leased so that nobody else takes it before."""
        c = hook_deliveries.c
        wanted = (
            select(c.id, c.event, c.body, c.attempts)
            .where(c.target == target, c.state == "waiting", c.next_at <= now)
            .order_by(c.created_at, c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        rows = list(self._connection.execute(wanted))
        self._connection.execute(
            update(hook_deliveries).where(c.id.in_([row.id for row in rows])).values(next_at=lease)
        )
        return [(row.id, row.event, row.body, row.attempts) for row in rows]

    def settle(self, delivery: UUID, error: str | None, next_at: datetime | None) -> None:
        """Note how a delivery went: no error: done; no next time: given up."""
        state = "done" if error is None else "waiting" if next_at else "given_up"
        self._connection.execute(
            update(hook_deliveries)
            .where(hook_deliveries.c.id == delivery)
            .values(
                state=state,
                attempts=hook_deliveries.c.attempts + 1,
                next_at=next_at,
                last_error=error and fitting(error, 200),
            )
        )
