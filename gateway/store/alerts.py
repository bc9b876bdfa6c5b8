"""Lifts' alerts, from the event to somebody's acknowledgement."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, true, update
from uuid_utils.compat import uuid7

from gateway.domain.access import Role
from gateway.filing.kept import Event
from gateway.filing.telling import Alert
from gateway.store.statements import fitting
from gateway.store.tables import alerts, events, parties, phones, record_parties, records

_OPEN = alerts.c.acknowledged_at.is_(None) & alerts.c.restored_at.is_(None)
# A lift that says the same again after nobody was told of it for so long is told of anew. Who acknowledged that
# somebody is trapped has half an hour to arrive (DOMAIN 2.9); a fault may wait for its day.
_LASTS: Mapping[str, timedelta] = {"trapped": timedelta(minutes=30), "fault": timedelta(hours=24)}


class SqlAlerts:
    """`filing.telling.Alerts` and `ports.Acknowledgements` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def raise_(self, event: Event) -> UUID:
        """Begin an alert, to be told at once, unless this lift's last one of the kind still goes on.

        It goes on while it is being told; after that, and once somebody acknowledged, for a while. Otherwise a lift
        that nobody ever reported as restored would never be told of again.
        """
        since, c = event.received_at - _LASTS[event.kind], alerts.c
        goes_on = c.next_at.is_not(None) | (c.acknowledged_at > since) | (c.created_at > since)
        found = self._one(event.record_id, event.kind, c.restored_at.is_(None) & goes_on)
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
        return self._one(record_id, kind, _OPEN)

    def _one(self, record_id: str, kind: str, wanted: ColumnElement[bool]) -> UUID | None:
        same = select(alerts.c.id).where(alerts.c.record_id == record_id, alerts.c.kind == kind, wanted)
        found: UUID | None = self._connection.execute(same.order_by(alerts.c.created_at.desc())).scalars().first()
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

    def untold(self, alert: UUID, next_at: datetime) -> None:
        """Note that there was nobody to tell, and when to look again."""
        self._connection.execute(update(alerts).where(alerts.c.id == alert).values(next_at=next_at))

    def acknowledge(self, querier: bytes, lifts: Collection[str], remark: str, now: datetime) -> list[str]:
        """End the escalation of open alerts of these lifts (none named: of all) that this phone was told of.

        Returns the lifts' numbers. Only a registered phone of one of the lift's parties, or a regulator's, may. Who
        names no lift means those that were told already: one that calls at this moment is not silenced with them, nor
        one of another city.
        """
        mine = select(phones.c.party, phones.c.role, phones.c.shown, parties.c.district).where(
            phones.c.querier == querier
        )
        mine = mine.outerjoin(parties, parties.c.id == phones.c.party)
        known = list(self._connection.execute(mine))
        if not known:
            return []
        concerned = select(record_parties.c.record_id).where(record_parties.c.party.in_([row.party for row in known]))
        owned = select(records.c.id).where(records.c.owner.in_([row.party for row in known]))
        wanted = select(alerts.c.id, alerts.c.record_id).where(_OPEN)
        if lifts:
            wanted = wanted.where(alerts.c.record_id.in_([f"lift/{lift}" for lift in lifts]))
        else:
            wanted = wanted.where(alerts.c.level > 0)
        theirs: ColumnElement[bool] = alerts.c.record_id.in_(concerned.union(owned))
        for row in known:
            if row.role == Role.REGULATOR:
                theirs |= alerts.c.record_id.in_(_supervised(row.district)) if row.district and not lifts else true()
        wanted = wanted.where(theirs)
        found = list(self._connection.execute(wanted))
        self._connection.execute(
            update(alerts)
            .where(alerts.c.id.in_([row.id for row in found]))
            .values(acknowledged_at=now, acknowledged_by=known[0].shown, remark=fitting(remark, 200), next_at=None)
        )
        return sorted({row.record_id.partition("/")[2] for row in found})


def _supervised(district: str) -> Select[tuple[str]]:
    """Select the lifts of whose trouble a regulator in this district is told: those of his city."""
    owners = parties.alias("owners")
    place = func.coalesce(records.c.district, owners.c.district, district)
    of_owner = records.outerjoin(owners, owners.c.id == records.c.owner)
    return select(records.c.id).select_from(of_owner).where(records.c.type == "lift", place.startswith(district[:4]))
