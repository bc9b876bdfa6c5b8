"""Trace data into the database: whole records, ranges and labels at once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.code import CodeBook
from gateway.domain.trace import Filed, LabelRange, Party, SingleLabel, Source
from gateway.store.parties import SqlParties
from gateway.store.records import SqlRecords, record_id
from gateway.store.tables import label_ranges, labels, sources
from gateway.store.vault import Vault

_ACTOR = "loader"


class Loader:
    """Writes trace data on one open transaction; what is there under the same key is replaced."""

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
        self._replace(sources, ["name"], [{"name": s.name, "heartbeat_at": self._now - s.quiet_for} for s in rows])

    def records(self, rows: Sequence[Filed]) -> None:
        """Write records."""
        books = SqlRecords(self._connection, self._vault)
        for row in rows:
            books.put(row, _ACTOR, self._now)

    def ranges(self, rows: Sequence[LabelRange]) -> None:
        """Write label ranges by their first index."""
        self._replace(
            label_ranges,
            ["klass", "version", "first"],
            [
                {
                    "klass": row.klass,
                    "version": row.version,
                    "first": row.first,
                    "last": row.last,
                    "state": row.label.state,
                    "policy": row.label.policy,
                    "record_id": row.record_key and record_id(row.record_type, row.record_key),
                    "issued_at": row.label.issued_at,
                    "bound_at": row.label.bound_at,
                }
                for row in rows
            ],
        )

    def singles(self, rows: Sequence[SingleLabel]) -> None:
        """Write labels bound on their own; their counts stay."""
        self._replace(
            labels,
            ["code"],
            [
                {
                    "code": self._codes.issue(row.klass, row.version, row.index),
                    "state": row.label.state,
                    "policy": row.label.policy,
                    "record_id": row.record_key and record_id(row.record_type, row.record_key),
                    "issued_at": row.label.issued_at,
                    "bound_at": row.label.bound_at,
                    "countersign": row.label.countersign,
                }
                for row in rows
            ],
        )

    def _replace(self, table: Table, keys: list[str], rows: list[dict[str, object]]) -> None:
        if not rows:
            return
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        adding = dialect.insert(table)
        changed = {name: adding.excluded[name] for name in rows[0] if name not in keys}
        self._connection.execute(adding.on_conflict_do_update(index_elements=keys, set_=changed), rows)
