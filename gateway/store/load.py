"""Trace data into the database: whole records, ranges and labels at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.code import CodeBook
from gateway.domain.labels import Run
from gateway.domain.records.goods import Batch
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Filed, LabelRange, Party, SingleLabel, Source
from gateway.store.labels import SqlLabels
from gateway.store.parties import SqlParties
from gateway.store.records import SqlRecords, record_id
from gateway.store.tables import label_ranges, labels
from gateway.store.vault import Vault

_ACTOR = "loader"


class Loader:
    """Writes trace data on one open transaction; records there under the same key are replaced."""

    def __init__(self, connection: Connection, vault: Vault, codes: CodeBook, now: datetime) -> None:
        self._connection = connection
        self._vault = vault
        self._codes = codes
        self._now = now

    def parties(self, rows: Sequence[Party]) -> None:
        """Write firms and offices."""
        books = SqlParties(self._connection, self._vault)
        for party in rows:
            books.put(party, self._now)

    def sources(self, rows: Sequence[Source]) -> None:
        """Write feeds, heard last as long ago as they say."""
        books = SqlRecords(self._connection, self._vault)
        for source in rows:
            books.heard(source.name, self._now - source.quiet_for)

    def records(self, rows: Sequence[Filed]) -> None:
        """Write records."""
        books = SqlRecords(self._connection, self._vault)
        for row in rows:
            books.put(row, _ACTOR, self._now)

    def ranges(self, rows: Sequence[LabelRange]) -> None:
        """Write label ranges; one that has labels in common with the ledger is left out: what happened there stays."""
        books = SqlLabels(self._connection, self._vault, self._codes)
        for row in rows:
            if books.last_in(Run(row.klass, row.version, row.first, row.last)) is None:
                place = {"klass": row.klass, "version": row.version, "first": row.first, "last": row.last}
                self._connection.execute(insert(label_ranges).values(**place, **_label(row)))

    def singles(self, rows: Sequence[SingleLabel]) -> None:
        """Write labels bound on their own; their counts stay, and so does a state they have: nothing leads back."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        for row in rows:
            values = _label(row) | {"countersign": row.label.countersign, "position": row.index}
            kind = REGISTRY.get(row.record_type)
            if kind and not issubclass(kind.model, Batch):
                values["equipment"] = True
            adding = dialect.insert(labels).values(code=self._codes.issue(row.klass, row.version, row.index), **values)
            self._connection.execute(
                adding.on_conflict_do_update(
                    index_elements=[labels.c.code], set_=values, where=labels.c.state.is_(None)
                )
            )


def _label(row: LabelRange | SingleLabel) -> dict[str, object]:
    return {
        "state": row.label.state,
        "policy": row.label.policy,
        "record_id": row.record_key and record_id(row.record_type, row.record_key),
        "issued_to": row.issued_to,
        "issued_at": row.label.issued_at,
        "bound_at": row.label.bound_at,
    }
