"""The trace database: ranges, labels, records, and the counting of queries."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hmac import compare_digest
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    LargeBinary,
    Select,
    String,
    TextClause,
    bindparam,
    case,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.expression import TextualSelect

from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Label, LabelState, Record, RepeatPolicy, Standing, Trace
from gateway.ports import Count, Lookup
from gateway.store.prepared import Prepared
from gateway.store.statements import among, padded, slices
from gateway.store.tables import label_ranges, labels, records, sources, undelivered

Fields: TypeAlias = Mapping[Any, Any]

# The same querier hears an answer again that he never got, for so long (DOMAIN 2.10).
HEARD_AGAIN = timedelta(hours=24)

_LABELS = select(labels).where(among(labels.c.code))
_inspector = sources.alias("inspector")
_RECORDS = (
    select(
        records.c.id,
        records.c.type,
        records.c.owner,
        records.c.body,
        records.c.inspector,
        sources.c.heartbeat_at,
        _inspector.c.heartbeat_at.label("inspector_at"),
    )
    .outerjoin(sources, sources.c.name == records.c.source)
    .outerjoin(_inspector, _inspector.c.name == records.c.inspector)
    .where(among(records.c.id))
)
_UNDELIVERED = select(undelivered).where(among(undelivered.c.code))


def _ranges_of(asked: str) -> TextualSelect:
    """One look into the index a code: the range that starts last before it holds it, or none does."""
    statement: TextClause = text(
        f"SELECT q.klass, q.version, q.idx, r.state, r.policy, r.record_id, r.issued_at, r.bound_at FROM {asked}"  # noqa: S608 - the two constants below
        " JOIN label_ranges AS r ON r.id = (SELECT s.id FROM label_ranges AS s"
        " WHERE s.klass = q.klass AND s.version = q.version AND s.first <= q.idx ORDER BY s.first DESC LIMIT 1)"
        " WHERE r.last >= q.idx"
    )
    c = label_ranges.c
    return statement.columns(
        klass=Integer, version=Integer, idx=BigInteger, state=c.state.type, policy=c.policy.type,
        record_id=c.record_id.type, issued_at=c.issued_at.type, bound_at=c.bound_at.type,
    )  # fmt: skip


_RANGES = {
    "sqlite": _ranges_of(
        "(SELECT json_extract(value, '$[0]') AS klass, json_extract(value, '$[1]') AS version,"
        " json_extract(value, '$[2]') AS idx FROM json_each(:asked)) AS q"
    ),
    "postgresql": _ranges_of(
        "(SELECT (value ->> 0)::int AS klass, (value ->> 1)::int AS version, (value ->> 2)::bigint AS idx"
        " FROM json_array_elements(CAST(:asked AS json)) AS value) AS q"
    ),
}

# SQLite has one writer, so row after row is right, and the order of repeats holds by itself.
_one = sqlite.insert(labels).values(
    code=bindparam("code"), query_count=1, first_at=bindparam("at"), first_querier=bindparam("querier")
)
_COUNT_ONE = Prepared(
    _one.on_conflict_do_update(
        index_elements=[labels.c.code],
        set_={
            "query_count": labels.c.query_count + 1,
            "first_at": func.coalesce(labels.c.first_at, _one.excluded.first_at),
            "first_querier": case(
                (labels.c.first_at.is_(None), _one.excluded.first_querier), else_=labels.c.first_querier
            ),
        },
    ).returning(labels.c.query_count, labels.c.first_at, labels.c.first_querier)
)

# Ordered by code: two transactions that take the same rows in another order would lock each other out.
_COUNT_ALL = text(
    "INSERT INTO labels (code, query_count, first_at, first_querier)"
    " SELECT code, n, at, querier FROM unnest(CAST(:codes AS varchar[]), CAST(:ns AS int[]),"
    " CAST(:ats AS timestamptz[]), CAST(:queriers AS bytea[])) AS new (code, n, at, querier) ORDER BY code"
    " ON CONFLICT (code) DO UPDATE SET query_count = labels.query_count + excluded.query_count,"
    " first_at = coalesce(labels.first_at, excluded.first_at),"
    " first_querier = CASE WHEN labels.first_at IS NULL THEN excluded.first_querier ELSE labels.first_querier END"
    " RETURNING code, query_count, first_at, first_querier"
).columns(code=String, query_count=Integer, first_at=labels.c.first_at.type, first_querier=LargeBinary)

_DECODERS = {name: msgspec.json.Decoder(kind.model) for name, kind in REGISTRY.items()}


class SqlTraces:
    """`ports.TraceStore` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, lookups: Collection[Lookup]) -> dict[str, Trace]:
        """Return what is known of each key; a key not found has a `Trace` that is not `found`."""
        printed = [lookup.key for lookup in lookups if lookup.record_id is None]
        rows = self._rows(_LABELS, printed, "code")
        ranges = self._ranges([lookup for lookup in lookups if lookup.index is not None])
        bindings = {lookup.key: _binding(rows.get(lookup.key), ranges.get(lookup.key)) for lookup in lookups}
        of_key = {
            lookup.key: lookup.record_id or ((b := bindings[lookup.key]) and b.get("record_id")) for lookup in lookups
        }
        found = self._rows(_RECORDS, {record_id for record_id in of_key.values() if record_id}, "id")
        return {
            lookup.key: _trace(lookup, bindings[lookup.key], found.get(of_key[lookup.key] or "")) for lookup in lookups
        }

    def _rows(self, statement: Select[Any], keys: Collection[str], by: str) -> dict[str, Fields]:
        rows: dict[str, Fields] = {}
        for some in slices(keys):
            for row in self._connection.execute(statement, {"values": padded(some)}).mappings():
                rows[row[by]] = row
        return rows

    def _ranges(self, lookups: Collection[Lookup]) -> dict[str, Fields]:
        if not lookups:
            return {}
        key_of = {(lookup.klass, lookup.version, lookup.index): lookup.key for lookup in lookups}
        rows = self._connection.execute(
            _RANGES[self._connection.dialect.name], {"asked": json.dumps(list(key_of))}
        ).mappings()
        return {key_of[row["klass"], row["version"], row["idx"]]: row for row in rows}

    def count(self, queries: Sequence[Count]) -> list[Standing]:
        """Count each query and return where it stands, in the order given; the same code may be there twice.

        A querier whose counted answer was not delivered in the last 24 h gets that standing again, uncounted.
        """
        owed = self._undelivered(queries)
        counted = [query for query in queries if (query.code, query.querier) not in owed]
        by_row = self._connection.dialect.name == "sqlite"
        new = iter(self._count_by_row(counted) if by_row else self._count_at_once(counted))
        return [owed.get((query.code, query.querier)) or next(new) for query in queries]

    def _undelivered(self, queries: Sequence[Count]) -> dict[tuple[str, bytes], Standing]:
        owed: dict[tuple[str, bytes], Standing] = {}
        at = {(query.code, query.querier): query.at for query in queries}
        for some in slices({query.code for query in queries}):
            for row in self._connection.execute(_UNDELIVERED, {"values": padded(some)}):
                asked_at = at.get((row.code, row.querier))
                if asked_at and row.at > asked_at - HEARD_AGAIN:
                    owed[row.code, row.querier] = Standing(row.query_count, row.first_at, row.own)
        for code, querier in owed:  # told once more; if that is not delivered either, it is owed again
            self._connection.execute(
                delete(undelivered).where(undelivered.c.code == code, undelivered.c.querier == querier)
            )
        return owed

    def _count_by_row(self, queries: Sequence[Count]) -> list[Standing]:
        standings = []
        for query in queries:
            row = {"code": query.code, "at": query.at, "querier": query.querier}
            count, written, first_querier = _COUNT_ONE.one(self._connection, row)
            first_at = datetime.fromisoformat(written).replace(tzinfo=UTC)  # as `UtcDateTime` stands in SQLite
            standings.append(_standing(count, first_at, first_querier, query.querier))
        return standings

    def _count_at_once(self, queries: Sequence[Count]) -> list[Standing]:
        if not queries:
            return []
        of_code: dict[str, list[Count]] = defaultdict(list)
        for query in queries:
            of_code[query.code].append(query)
        rows = self._connection.execute(
            _COUNT_ALL,
            {
                "codes": list(of_code),
                "ns": [len(same) for same in of_code.values()],
                "ats": [same[0].at for same in of_code.values()],
                "queriers": [same[0].querier for same in of_code.values()],
            },
        )
        after = {row.code: row for row in rows}
        place: dict[str, int] = {code: after[code].query_count - len(same) for code, same in of_code.items()}
        standings = []
        for query in queries:
            place[query.code] += 1
            row = after[query.code]
            standings.append(_standing(place[query.code], row.first_at, row.first_querier, query.querier))
        return standings


@lru_cache(maxsize=4096)
def _record(record_type: str, body: bytes) -> Record:
    """Decode and check a record; a batch's is asked for by each of its bottles."""
    record: Record = _DECODERS[record_type].decode(body)
    return record


def _standing(count: int, first_at: datetime, first_querier: bytes | None, querier: bytes) -> Standing:
    own = count > 1 and first_querier is not None and compare_digest(first_querier, querier)
    return Standing(count, first_at, own)


def _binding(row: Fields | None, issued: Fields | None) -> dict[str, Any] | None:
    """Lay a label's own row over what its range says; None: never issued."""
    of_row = {name: value for name, value in row.items() if value is not None} if row else {}
    both = {**(issued or {}), **of_row}
    return both if both.get("state") else None


def _trace(lookup: Lookup, binding: dict[str, Any] | None, found: Fields | None) -> Trace:
    label = binding and Label(
        LabelState(binding["state"]),
        RepeatPolicy(binding["policy"]),
        binding.get("issued_at"),
        binding.get("bound_at"),
        binding.get("countersign"),
    )
    asked, first_at = (binding.get("query_count", 0), binding.get("first_at")) if binding else (0, None)
    if not found:
        return Trace(lookup.key, lookup.record_type, label or None, asked=asked, first_at=first_at)
    return Trace(
        lookup.key,
        found["type"],
        label or None,
        _record(found["type"], found["body"]),
        _heard(found),
        found["owner"],
        found["id"],
        asked,
        first_at,
    )


def _heard(found: Fields) -> datetime | None:
    """Return when the older of a record's sources was heard; None where one never was."""
    records: datetime | None = found["heartbeat_at"]
    inspections: datetime | None = found["inspector_at"]
    if found["inspector"] is None or records is None:
        return records
    return min(records, inspections) if inspections else None
