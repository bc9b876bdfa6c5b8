"""The deny list in the database: a row a thing that was ever denied, numbered anew with each change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.trace import LabelState, Record
from gateway.filing.denials import Denial
from gateway.store.audit import take_turns
from gateway.store.records import decoded
from gateway.store.tables import denials, imports, labels, records

_JUDGED = ("lpg", "station", "vehicle")


class SqlDenials:
    """`filing.books.Denials` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = postgresql if connection.dialect.name == "postgresql" else sqlite

    def put(self, record_id: str, names: Mapping[str, Sequence[str]], reasons: Sequence[str], now: datetime) -> None:
        """Deny a thing for these reasons; none: it is denied no longer. What changes nothing is not written.

        `names` lack its live label, which is added.
        """
        # A number that is given out is committed before the next one is: a reader that has seen it has missed none.
        take_turns(self._connection)
        before = self._connection.execute(select(denials).where(denials.c.record_id == record_id)).one_or_none()
        if before is None and not reasons:
            return
        row = {"denied": bool(reasons), "names": self._all_names(record_id, names), "reasons": list(reasons)}
        if before is not None and all(getattr(before, name) == value for name, value in row.items()):
            return
        row |= {"seq": self.newest() + 1, "changed_at": now}
        adding = self._dialect.insert(denials).values(record_id=record_id, **row)
        self._connection.execute(adding.on_conflict_do_update(index_elements=["record_id"], set_=row))

    def _all_names(self, record_id: str, names: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        live = select(labels.c.code).where(
            labels.c.record_id == record_id, labels.c.equipment, labels.c.state == LabelState.ACTIVE
        )
        codes = list(self._connection.execute(live).scalars())
        return {name: list(values) for name, values in names.items()} | ({"code": codes} if codes else {})

    def since(self, seq: int, most: int) -> list[Denial]:
        """Return the changes after `seq` in their order, each thing once. Later ones never get a lower number."""
        wanted = select(denials).where(denials.c.seq > seq).order_by(denials.c.seq).limit(most)
        return [_denial(row) for row in self._connection.execute(wanted)]

    def newest(self) -> int:
        """Return the number of the last change; 0: nothing was ever denied."""
        return int(self._connection.execute(select(func.coalesce(func.max(denials.c.seq), 0))).scalar_one())

    def judged(self, after: str, most: int) -> list[tuple[str, Record, bool]]:
        """Return the things that a deny list may name, by their ids, from after this one, and whether they stand there.

        A thing that was taken off stands there, too.
        """
        wanted = (
            select(records.c.id, records.c.type, records.c.body, denials.c.seq)
            .outerjoin(denials, denials.c.record_id == records.c.id)
            .where(records.c.id > after, records.c.type.in_(_JUDGED))
            .order_by(records.c.id)
            .limit(most)
        )
        found = self._connection.execute(wanted)
        return [(row.id, decoded(row.type, row.body), row.seq is not None) for row in found]

    def imported(self) -> tuple[int, datetime | None]:
        """Return how many files with such things came in, and the last one's time: what they say is not judged."""
        of_things = select(func.count(), func.max(imports.c.at)).where(imports.c.type.in_(_JUDGED))
        count, at = self._connection.execute(of_things).one()
        return count, at


def _denial(row: Row[Any]) -> Denial:
    return Denial(row.seq, row.record_id, row.denied, row.names, row.reasons, row.changed_at)
