"""Records in the database: the current body, its versions, other names, parties and the sealed part."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.calendar import today
from gateway.domain.errors import Refusal, Why
from gateway.domain.records.base import Facts
from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Filed, Record
from gateway.filing.kept import Kept
from gateway.store.prepared import Among
from gateway.store.tables import (
    record_aliases,
    record_parties,
    record_secrets,
    record_versions,
    records,
    source_days,
    sources,
)
from gateway.store.vault import Vault

DECODERS = {name: msgspec.json.Decoder(kind.model) for name, kind in REGISTRY.items()}

_ALIASES = Among(select(record_aliases.c.alias, record_aliases.c.record_id), record_aliases.c.alias)
# When a feed was heard that never was.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def record_id(record_type: str, key: str) -> str:
    """Return the key of a record's row."""
    return f"{record_type}/{key}"


class SqlRecords:
    """`filing.books.Records` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._dialect = postgresql if connection.dialect.name == "postgresql" else sqlite

    def get(self, record_type: str, key: str, *, lock: bool = False) -> Kept | None:
        """Return a record; `lock` holds it until the transaction ends."""
        return self._one(record_id(record_type, key), lock=lock)

    def by_alias(self, alias: str) -> Kept | None:
        """Return the record found by `cylinder/<no>`, `epc/<hex>`, `registration/<code>`, …"""
        found = self.alias(alias)
        return None if found is None else self._one(found)

    def alias(self, alias: str) -> str | None:
        """Return the id of the record that has this other name."""
        return self.aliases([alias]).get(alias)

    def aliases(self, aliases: Collection[str]) -> Mapping[str, str]:
        """Return the ids of the records that have these other names, by the name."""
        return {row["alias"]: row["record_id"] for row in _ALIASES.rows(self._connection, aliases)}

    def _one(self, id_: str, *, lock: bool = False) -> Kept | None:
        row = self._row(id_, lock=lock)
        if row is None:
            return None
        parties = self._connection.execute(select(record_parties).where(record_parties.c.record_id == id_))
        return Kept(
            row.type,
            id_.partition("/")[2],
            decoded(row.type, row.body),
            row.owner,
            {p.role: p.party for p in parties},
            row.version,
            row.updated_at,
            row.source,
            row.inspector,
        )

    def _row(self, id_: str, *, lock: bool) -> Row[Any] | None:
        statement = select(records).where(records.c.id == id_)
        if lock and self._connection.dialect.name == "postgresql":
            statement = statement.with_for_update()
        return self._connection.execute(statement).one_or_none()

    def put(self, filed: Filed, actor: str, now: datetime) -> int:
        """Write a record, its facts, aliases, parties and private part; keep the body it replaces.

        Returns its version: unchanged when nothing differs. Raises `Refusal` (conflict) for an alias that is
        another record's: an EPC or a cylinder number stands for one thing.
        """
        id_ = record_id(filed.record_type, filed.key)
        facts = REGISTRY[filed.record_type].facts(filed.record)
        before = self._row(id_, lock=True)
        values = row_values(filed, facts, now)
        if filed.private is not None:
            self._seal(id_, filed.private, now)
        if before is None:
            row = self._dialect.insert(records).values(
                id=id_, type=filed.record_type, version=1, entered_at=now, **values
            )
            if not self._connection.execute(row.on_conflict_do_nothing()).rowcount:
                raise Refusal(Why.CONFLICT, f"{filed.key} 正由他人登记，请稍后重试")
            self._link(id_, facts)
            return 1
        if before.body == values["body"] and before.owner == filed.owner:
            feeds = {"source": filed.source, "inspector": filed.inspector}
            self._connection.execute(update(records).where(records.c.id == id_).values(feeds))
            return int(before.version)
        self._connection.execute(
            insert(record_versions).values(
                record_id=id_,
                version=before.version,
                body=before.body,
                owner=before.owner,
                import_id=before.import_id,
                actor=actor,
                replaced_at=now,
            )
        )
        version = int(before.version) + 1
        self._connection.execute(update(records).where(records.c.id == id_).values(version=version, **values))
        self._link(id_, facts)
        return version

    def refresh(self, filed: Filed, now: datetime) -> None:
        """Write a record of which only the time of its last sign of life changed: no version is kept."""
        facts = REGISTRY[filed.record_type].facts(filed.record)
        self._connection.execute(
            update(records)
            .where(records.c.id == record_id(filed.record_type, filed.key))
            .values(**row_values(filed, facts, now))
        )

    def _seal(self, id_: str, private: msgspec.Struct, now: datetime) -> None:
        adding = self._dialect.insert(record_secrets).values(
            record_id=id_, sealed=self._vault.seal(msgspec.json.encode(private).decode()), updated_at=now
        )
        changed = {name: adding.excluded[name] for name in ("sealed", "updated_at")}
        self._connection.execute(adding.on_conflict_do_update(index_elements=["record_id"], set_=changed))

    def _link(self, id_: str, facts: Facts) -> None:
        for table in (record_aliases, record_parties):
            self._connection.execute(delete(table).where(table.c.record_id == id_))
        for alias in facts.aliases:
            adding = self._dialect.insert(record_aliases).values(alias=alias, record_id=id_).on_conflict_do_nothing()
            if not self._connection.execute(adding).rowcount:
                raise Refusal(Why.CONFLICT, f"{alias.partition('/')[2]} 已登记在另一条记录上，不能重复登记")
        for role, party in facts.parties.items():
            self._connection.execute(insert(record_parties).values(party=party, record_id=id_, role=role))

    def private(self, record_id: str) -> Mapping[str, Any] | None:
        """Return the sealed part, opened; the caller writes that into the audit."""
        sealed = self._connection.execute(
            select(record_secrets.c.sealed).where(record_secrets.c.record_id == record_id)
        ).scalar_one_or_none()
        return None if sealed is None else dict(msgspec.json.decode(self._vault.open(sealed)))

    def heard(self, source: str, now: datetime) -> None:
        """Note that a feed is alive."""
        heard(self._connection, source, now)

    def awaited(self, source: str) -> None:
        """Have a feed in the books that records may depend on; as long as nothing is heard of it, it is stale."""
        adding = self._dialect.insert(sources).values(name=source, heartbeat_at=_NEVER)
        self._connection.execute(adding.on_conflict_do_nothing())


def heard(connection: Connection, source: str, now: datetime) -> None:
    """Note that a feed is alive, and that it was on this day."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    adding = dialect.insert(sources).values(name=source, heartbeat_at=now)
    connection.execute(
        adding.on_conflict_do_update(index_elements=["name"], set_={"heartbeat_at": adding.excluded.heartbeat_at})
    )
    connection.execute(dialect.insert(source_days).values(name=source, day=today(now)).on_conflict_do_nothing())


def decoded(record_type: str, body: bytes) -> Record:
    """Return the record behind a stored body."""
    record: Record = DECODERS[record_type].decode(body)
    return record


def row_values(filed: Filed, facts: Facts, now: datetime) -> dict[str, Any]:
    """Return what a record's row holds beside its key."""
    return {
        "owner": filed.owner,
        "source": filed.source,
        "inspector": filed.inspector,
        "body": msgspec.json.encode(filed.record),
        "status": facts.status,
        "district": facts.district,
        "category": facts.category,
        "due_on": facts.due_on,
        "served_on": facts.served_on,
        "updated_at": now,
    }
