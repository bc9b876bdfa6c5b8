"""Events on their way to the city's platforms: queued once each, leased while they are sent."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec
from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.statements import among, fitting, padded, slices
from gateway.store.tables import events, hook_deliveries

_NAMESPACE = UUID("0197c0de-0000-7000-8000-000000000044")
_QUEUED = select(hook_deliveries.c.id).where(among(hook_deliveries.c.id))
_EVENTS = select(events).where(among(events.c.id))


class SqlHooks:
    """`filing.telling.Hooks` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last_queued(self, target: str) -> datetime | None:
        """Return when the newest event was received that was ever queued for a target."""
        newest = select(func.max(hook_deliveries.c.created_at)).where(hook_deliveries.c.target == target)
        found: datetime | None = self._connection.execute(newest).scalar_one()
        return found

    def gather(self, target: str, kinds: Collection[str], since: datetime, now: datetime, most: int) -> int:
        """Queue the events of these kinds (empty: all) received since then for a target, each once, `most` at a time.

        Returns how many; fewer than `most`: there are no more.
        """
        wanted = select(events.c.id).where(events.c.received_at >= since).order_by(events.c.received_at, events.c.id)
        if kinds:
            wanted = wanted.where(events.c.kind.in_(list(kinds)))
        of_delivery = {uuid5(_NAMESPACE, f"{target}/{id_}"): id_ for id_ in self._connection.execute(wanted).scalars()}
        known = {row.id for some in slices(of_delivery) for row in self._connection.execute(_QUEUED, _values(some))}
        new = {id_: delivery for delivery, id_ in of_delivery.items() if delivery not in known}
        rows = [
            _delivery(new[row.id], target, row, now)
            for some in slices(list(new)[:most])
            for row in self._connection.execute(_EVENTS, _values(some))
        ]
        if rows:
            dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
            self._connection.execute(dialect.insert(hook_deliveries).on_conflict_do_nothing(), rows)
        return len(rows)

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


def _values(some: Sequence[UUID]) -> dict[str, Sequence[UUID]]:
    return {"values": padded(some)}


def _delivery(id_: UUID, target: str, event: Row[Any], now: datetime) -> dict[str, Any]:
    body = {
        "id": str(event.id),
        "kind": event.kind,
        "subject": event.record_id,
        "party": event.party,
        "at": event.at,
        "received_at": event.received_at,
        "detail": event.body,
    }
    return {
        "id": id_,
        "target": target,
        "event": event.kind,
        "body": msgspec.json.encode(body),
        "state": "waiting",
        "attempts": 0,
        "next_at": now,
        "created_at": event.received_at,  # a platform hears things in the order in which they came
    }
