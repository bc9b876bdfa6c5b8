"""The list of farm inputs (R70) in the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from gateway.domain.inputs import Input, InputKind, Inputs
from gateway.store.statements import among, padded, slices
from gateway.store.tables import inputs


def load(connection: Connection, shipped: Inputs) -> Inputs:
    """Return the list in force: the shipped one, with what was imported in place of entries of the same name."""
    rows = connection.execute(select(inputs).order_by(inputs.c.name))
    ours = [
        Input(
            name=row.name,
            kind=InputKind(row.kind),
            synonyms=tuple(row.synonyms),
            registration_no=row.registration_no,
            banned=row.banned,
            interval_days=row.interval_days,
        )
        for row in rows
    ]
    replaced = {entry.name for entry in ours}
    return Inputs([*(entry for entry in shipped.entries if entry.name not in replaced), *ours])


def put(connection: Connection, entries: Sequence[Input], now: datetime) -> None:
    """Write entries; those of the same names are replaced."""
    for some in slices([entry.name for entry in entries]):
        connection.execute(delete(inputs).where(among(inputs.c.name)), {"values": padded(some)})
    rows = [
        {
            "name": entry.name,
            "kind": entry.kind,
            "banned": entry.banned,
            "interval_days": entry.interval_days,
            "registration_no": entry.registration_no,
            "synonyms": list(entry.synonyms),
            "updated_at": now,
        }
        for entry in entries
    ]
    if rows:
        connection.execute(insert(inputs), rows)
