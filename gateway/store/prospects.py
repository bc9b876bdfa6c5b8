"""What callers may ask for next, in the database. All of it is read along an index."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, func, select

from gateway.domain.trace import LabelState
from gateway.store.tables import events, imports, labels, records


class SqlProspects:
    """`filing.prospects.Prospects` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def after(self, record_id: str, record_type: str, most: int) -> list[str]:
        """Return the records of a type in the order of their ids, from after this one; from "" on, the first."""
        c = records.c
        # "0" comes after "/", so these are the ids of the type and no others.
        of_type = c.id > max(record_id, f"{record_type}/"), c.id < f"{record_type}0", c.type == record_type
        wanted = select(c.id).where(*of_type).order_by(c.id).limit(most)
        return list(self._connection.execute(wanted).scalars())

    def changed(self, since: datetime, most: int) -> list[str]:
        """Return the records that events came in for since then, each once, the newest first."""
        last = func.max(events.c.received_at)
        wanted = (
            select(events.c.record_id)
            .where(events.c.received_at > since)
            .group_by(events.c.record_id)
            .order_by(last.desc(), events.c.record_id)
            .limit(most)
        )
        return list(self._connection.execute(wanted).scalars())

    def codes(self, record_ids: Collection[str]) -> Mapping[str, str]:
        """Return the codes of those that carry a live label of their own."""
        c = labels.c
        live = select(c.record_id, c.code).where(
            c.record_id.in_(list(record_ids)), c.equipment, c.state == LabelState.ACTIVE
        )
        return {row.record_id: row.code for row in self._connection.execute(live)}

    def imported(self) -> int:
        """Return how many files came in so far."""
        return int(self._connection.execute(select(func.count()).select_from(imports)).scalar_one())
