"""Lifts' alerts, from the event to somebody's acknowledgement."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select, update
from uuid_utils.compat import uuid7

from gateway.filing.books import Alert, Event
from gateway.store.statements import fitting
from gateway.store.tables import alerts, events, phones, record_parties, records

_OPEN = alerts.c.acknowledged_at.is_(None) & alerts.c.restored_at.is_(None)


class SqlAlerts:
    """`filing.books.Alerts` and `ports.Acknowledgements` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def raise_(self, event: Event) -> UUID:
        """Begin an alert, to be told at once; one that is open for this lift and kind goes on instead."""
        found = self.open(event.record_id, event.kind)
        if found is not None:
            return found
        id_ = uuid7()
        self._connection.execute(
            insert(alerts).values(
                id=id_,
                event_id=event.id,
                record_id=event.record_id,
                kind=event.kind,
                level=0,
                next_at=event.received_at,
                created_at=event.received_at,
            )
        )
        return id_

    def open(self, record_id: str, kind: str) -> UUID | None:
        """Return the alert of a lift and kind that is open."""
        same = select(alerts.c.id).where(_OPEN, alerts.c.record_id == record_id, alerts.c.kind == kind)
        found: UUID | None = self._connection.execute(same).scalars().first()
        return found

    def restored(self, record_id: str, now: datetime) -> int:
        """End all alerts of a lift; return how many."""
        ended = update(alerts).where(alerts.c.record_id == record_id, alerts.c.restored_at.is_(None))
        return self._connection.execute(ended.values(restored_at=now, next_at=None)).rowcount

    def due(self, now: datetime) -> list[Alert]:
        """Return what is to be told now, held until the transaction ends; what others hold is left to them."""
        wanted = (
            select(alerts, events.c.at)
            .join(events, events.c.id == alerts.c.event_id)
            .where(alerts.c.next_at <= now)
            .order_by(alerts.c.next_at)
            .with_for_update(of=alerts, skip_locked=True)
        )
        return [
            Alert(row.id, row.record_id, row.kind, row.level, row.at, row.created_at)
            for row in self._connection.execute(wanted)
        ]

    def told(self, alert: UUID, next_at: datetime | None) -> None:
        """Note that it was told once more, and when it is told again unless somebody acknowledges."""
        self._connection.execute(
            update(alerts).where(alerts.c.id == alert).values(level=alerts.c.level + 1, next_at=next_at)
        )

    def acknowledge(self, querier: bytes, lifts: Collection[str], remark: str, now: datetime) -> list[str]:
        """End the escalation of open alerts of these lifts (none named: of all) that this phone was told of.

        Returns the lifts' numbers. Only a registered phone of one of the lift's parties, or a regulator's, may.
        """
        mine = select(phones.c.party, phones.c.role, phones.c.shown).where(phones.c.querier == querier)
        known = list(self._connection.execute(mine))
        if not known:
            return []
        concerned = select(record_parties.c.record_id).where(record_parties.c.party.in_([row.party for row in known]))
        owned = select(records.c.id).where(records.c.owner.in_([row.party for row in known]))
        wanted = select(alerts.c.id, alerts.c.record_id).where(_OPEN)
        if lifts:
            wanted = wanted.where(alerts.c.record_id.in_([f"lift/{lift}" for lift in lifts]))
        if all(row.role != "regulator" for row in known):
            wanted = wanted.where(alerts.c.record_id.in_(concerned.union(owned)))
        found = list(self._connection.execute(wanted))
        self._connection.execute(
            update(alerts)
            .where(alerts.c.id.in_([row.id for row in found]))
            .values(acknowledged_at=now, acknowledged_by=known[0].shown, remark=fitting(remark, 200), next_at=None)
        )
        return sorted({row.record_id.partition("/")[2] for row in found})
