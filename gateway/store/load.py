"""Trace data into the database: whole records, ranges and labels at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, delete, insert
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.code import CodeBook
from gateway.domain.labels import Run
from gateway.domain.records.goods import Batch
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Filed, LabelRange, Party, SingleLabel, Source
from gateway.filing.kept import Event
from gateway.store.events import event_values
from gateway.store.labels import SqlLabels
from gateway.store.parties import SqlParties
from gateway.store.records import SqlRecords, record_id, row_values
from gateway.store.statements import among, padded, slices
from gateway.store.tables import (
    events,
    label_ranges,
    labels,
    record_aliases,
    record_parties,
    record_secrets,
    records,
)
from gateway.store.vault import Vault


class Loader:
    """Writes trace data on one open transaction; records there under the same key are replaced, unversioned."""

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
        """Write records with their other names, parties and sealed parts."""
        filed = {record_id(row.record_type, row.key): row for row in rows}
        facts = {id_: REGISTRY[row.record_type].facts(row.record) for id_, row in filed.items()}
        self._put(
            records,
            "id",
            (
                row_values(row, facts[id_], self._now) | {"id": id_, "type": row.record_type, "entered_at": self._now}
                for id_, row in filed.items()
            ),
        )
        secrets = (self._sealed(id_, row.private) for id_, row in filed.items() if row.private is not None)
        self._put(record_secrets, "record_id", secrets)
        for table in (record_aliases, record_parties):
            for some in slices(facts):
                self._connection.execute(delete(table).where(among(table.c.record_id)), {"values": padded(some)})
        self._add(
            record_aliases, [{"alias": name, "record_id": id_} for id_, of in facts.items() for name in of.aliases]
        )
        self._add(
            record_parties,
            [
                {"party": party, "record_id": id_, "role": role}
                for id_, of in facts.items()
                for role, party in of.parties.items()
            ],
        )

    def _sealed(self, id_: str, private: msgspec.Struct) -> dict[str, object]:
        sealed = self._vault.seal(msgspec.json.encode(private).decode())
        return {"record_id": id_, "sealed": sealed, "updated_at": self._now}

    def ranges(self, rows: Sequence[LabelRange]) -> None:
        """Write label ranges; one that has labels in common with the ledger is left out: what happened there stays."""
        books = SqlLabels(self._connection, self._vault, self._codes)
        for row in rows:
            if books.last_in(Run(row.klass, row.version, row.first, row.last)) is None:
                place = {"klass": row.klass, "version": row.version, "first": row.first, "last": row.last}
                values = _label(row) | {"countersigned": row.countersigned}
                self._connection.execute(insert(label_ranges).values(**place, **values))

    def singles(self, rows: Sequence[SingleLabel]) -> None:
        """Write labels bound on their own; their counts stay, and so does a state they have: nothing leads back."""
        self._put(labels, "code", map(self._single, rows), where=labels.c.state.is_(None))

    def _single(self, row: SingleLabel) -> dict[str, object]:
        kind = REGISTRY.get(row.record_type)
        return {
            "code": self._codes.issue(row.klass, row.version, row.index),
            "countersign": row.label.countersign,
            "position": row.index,
            "equipment": True if kind and not issubclass(kind.model, Batch) else None,
            **_label(row),
        }

    def events(self, rows: Sequence[Event]) -> None:
        """Write what happened."""
        self._put(events, "id", (event_values(row, self._vault) for row in rows))

    def _put(
        self, table: Table, key: str, rows: Iterable[dict[str, Any]], where: ColumnElement[bool] | None = None
    ) -> None:
        """Write rows that all have the same names; one that is there is replaced, if it is as `where` says."""
        given = list(rows)
        if not given:
            return
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        adding = dialect.insert(table)
        changed = {name: adding.excluded[name] for name in given[0] if name not in {key, "entered_at"}}
        self._connection.execute(adding.on_conflict_do_update(index_elements=[key], set_=changed, where=where), given)

    def _add(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(insert(table), rows)


def _label(row: LabelRange | SingleLabel) -> dict[str, object]:
    return {
        "state": row.label.state,
        "policy": row.label.policy,
        "record_id": row.record_key and record_id(row.record_type, row.record_key),
        "issued_to": row.issued_to,
        "issued_at": row.label.issued_at,
        "bound_at": row.label.bound_at,
    }
