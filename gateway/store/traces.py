"""The trace database: ranges, labels, records, and the counting of queries."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from hmac import compare_digest
from itertools import chain
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    Connection,
    Integer,
    TextClause,
    delete,
    select,
    text,
)
from sqlalchemy.sql.expression import TextualSelect

from gateway.domain.records.registry import REGISTRY
from gateway.domain.trace import Label, LabelState, Record, RepeatPolicy, Standing, Trace
from gateway.ports import Count, Lookup
from gateway.store.prepared import Among, Fields, Query, fetched
from gateway.store.statements import padded, slices
from gateway.store.tables import label_ranges, labels, records, sources, undelivered
from gateway.store.types import as_text, from_text
from gateway.store.vault import Vault

# The same querier hears an answer again that he never got, for so long (DOMAIN 2.10).
HEARD_AGAIN = timedelta(hours=24)

_LABELS = Among(
    select(
        labels.c.code,
        labels.c.query_count,
        labels.c.first_at,
        labels.c.state,
        labels.c.policy,
        labels.c.record_id,
        labels.c.issued_at,
        labels.c.bound_at,
        labels.c.countersign,
    ),
    labels.c.code,
)
_inspector = sources.alias("inspector")
_RECORDS = Among(
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
    .outerjoin(_inspector, _inspector.c.name == records.c.inspector),
    records.c.id,
)
_UNDELIVERED = Among(select(undelivered), undelivered.c.code)


# The range of a code is the one that starts last before it, if it holds it: one look into the index a code.
_LAST_BEFORE = (
    "FROM label_ranges AS s WHERE s.klass = q.klass AND s.version = q.version AND s.first <= q.idx"
    " ORDER BY s.first DESC LIMIT 1"
)


def _ranges_of(asked: str) -> TextualSelect:
    statement: TextClause = text(
        "SELECT q.klass, q.version, q.idx, r.first, r.last, r.state, r.policy,"  # noqa: S608 - the constants of this module
        f" r.record_id, r.issued_at, r.bound_at, r.countersigned FROM {asked} WHERE r.last >= q.idx"
    )
    c = label_ranges.c
    return statement.columns(
        klass=Integer, version=Integer, idx=BigInteger, first=BigInteger, last=BigInteger, state=c.state.type,
        policy=c.policy.type, record_id=c.record_id.type, issued_at=c.issued_at.type, bound_at=c.bound_at.type,
        countersigned=c.countersigned.type,
    )  # fmt: skip


# PostgreSQL would read all ranges for a join by id.
_RANGES_POSTGRES = Query(
    _ranges_of(
        "(SELECT (value ->> 0)::int AS klass, (value ->> 1)::int AS version, (value ->> 2)::bigint AS idx"  # noqa: S608 - the constant above
        " FROM json_array_elements(CAST(:asked AS json)) AS value) AS q"
        f" CROSS JOIN LATERAL (SELECT s.* {_LAST_BEFORE}) AS r"
    )
)


@lru_cache
def _ranges_sqlite(size: int) -> tuple[Query, Sequence[str]]:
    """Return the query for so many codes, and the names of its parameters; JSON takes SQLite twice as long."""
    names = [[f"{name}_{at}" for name in ("klass", "version", "idx")] for at in range(size)]
    places = ", ".join(f"({', '.join(f':{name}' for name in row)})" for row in names)
    asked = f"(SELECT column1 AS klass, column2 AS version, column3 AS idx FROM (VALUES {places})) AS q"  # noqa: S608 - names of parameters
    joined = f"{asked} JOIN label_ranges AS r ON r.id = (SELECT s.id {_LAST_BEFORE})"
    return Query(_ranges_of(joined)), [name for row in names for name in row]


_COUNTING = (
    " ON CONFLICT (code) DO UPDATE SET query_count = labels.query_count + excluded.query_count,"
    " first_at = coalesce(labels.first_at, excluded.first_at),"
    " first_querier = CASE WHEN labels.first_at IS NULL THEN excluded.first_querier ELSE labels.first_querier END"
    " RETURNING code, query_count, first_at, first_querier"
)
# Ordered by code: two transactions that take the same rows in another order would lock each other out.
_COUNT_POSTGRES = text(
    "INSERT INTO labels (code, query_count, first_at, first_querier)"  # noqa: S608 - constants, all of them
    " SELECT code, n, at, querier FROM unnest(CAST(:codes AS varchar[]), CAST(:ns AS int[]),"
    " CAST(:ats AS timestamptz[]), CAST(:queriers AS bytea[])) AS new (code, n, at, querier) ORDER BY code" + _COUNTING
)


def _count_sqlite(rows: int) -> str:
    places = ", ".join(["(?, ?, ?, ?)"] * rows)
    return "INSERT INTO labels (code, query_count, first_at, first_querier) VALUES " + places + _COUNTING  # noqa: S608 - places for parameters


_DECODERS = {name: msgspec.json.Decoder(kind.model) for name, kind in REGISTRY.items()}


class Counted(NamedTuple):
    """A label's row after a batch was counted."""

    code: str
    queries: int
    first_at: datetime
    first_querier: bytes | None


class SqlTraces:
    """`ports.TraceStore` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def find(self, lookups: Collection[Lookup]) -> dict[str, Trace]:
        """Return what is known of each key; a key not found has a `Trace` that is not `found`."""
        bindings = self._bindings(lookups)
        of_key = {
            lookup.key: lookup.record_id or ((b := bindings[lookup.key]) and b.get("record_id")) for lookup in lookups
        }
        wanted = {record_id for record_id in of_key.values() if record_id}
        found = {row["id"]: row for row in _RECORDS.rows(self._connection, wanted)}
        traces = {
            lookup.key: _trace(lookup, bindings[lookup.key], found.get(of_key[lookup.key] or "")) for lookup in lookups
        }
        return traces | {
            lookup.key: Trace(lookup.key, lookup.record_type, sealed=True)
            for lookup in lookups
            if not bindings[lookup.key] and self._keyless(lookup)
        }

    def _keyless(self, lookup: Lookup) -> bool:
        """Return whether such codes were issued, but cannot be told from guesses for want of their version's key."""
        if lookup.klass is None or lookup.index is not None:
            return False
        c = label_ranges.c
        issued = select(c.id).where(c.klass == lookup.klass, c.version == lookup.version).limit(1)
        return self._connection.execute(issued).first() is not None

    def _bindings(self, lookups: Collection[Lookup]) -> dict[str, dict[str, Any] | None]:
        """Return what is known of each label; only what is found nowhere else may be a foreign code kept as HMAC."""
        printed = [lookup.key for lookup in lookups if lookup.record_id is None]
        rows = {row["code"]: row for row in _LABELS.rows(self._connection, printed)}
        ranges = self._ranges([lookup for lookup in lookups if lookup.index is not None])
        bindings = {lookup.key: _binding(rows.get(lookup.key), ranges.get(lookup.key)) for lookup in lookups}
        unknown = {self._vault.hashed(key): key for key in printed if not bindings[key]}
        for row in _LABELS.rows(self._connection, unknown) if unknown else ():
            key = unknown[row["code"]]
            bindings[key] = _binding(rows.get(key), row)
        for key, binding in bindings.items():
            if binding and binding.get("countersigned") and not binding.get("countersign"):
                binding["countersign"] = self._vault.countersign(key)
        return bindings

    def _ranges(self, lookups: Collection[Lookup]) -> dict[str, Fields]:
        if not lookups:
            return {}
        key_of = {(lookup.klass, lookup.version, lookup.index): lookup.key for lookup in lookups}
        rows: list[Fields] = []
        for some in slices(key_of):
            rows += self._stretches(some)
        return {key_of[row["klass"], row["version"], row["idx"]]: row for row in rows}

    def _stretches(self, places: list[tuple[int | None, int | None, int | None]]) -> list[Fields]:
        if self._connection.dialect.name == "postgresql":
            return _RANGES_POSTGRES.rows(self._connection, {"asked": json.dumps(places)})
        asked = padded(places)
        query, names = _ranges_sqlite(len(asked))
        return query.rows(self._connection, dict(zip(names, chain.from_iterable(asked), strict=True)))

    def count(self, queries: Sequence[Count]) -> list[Standing]:
        """Count each query and return where it stands, in the order given; the same code may be there twice.

        A querier whose counted answer was not delivered in the last 24 h gets that standing again, uncounted.
        """
        owed = self._undelivered(queries)
        counted = [query for query in queries if (query.code, query.querier) not in owed]
        new = iter(self._count(counted))
        return [owed.get((query.code, query.querier)) or next(new) for query in queries]

    def _undelivered(self, queries: Sequence[Count]) -> dict[tuple[str, bytes], Standing]:
        owed: dict[tuple[str, bytes], Standing] = {}
        at = {(query.code, query.querier): query.at for query in queries}
        for row in _UNDELIVERED.rows(self._connection, {query.code for query in queries}):
            asked_at = at.get((row["code"], row["querier"]))
            if asked_at and row["at"] > asked_at - HEARD_AGAIN:
                owed[row["code"], row["querier"]] = Standing(row["query_count"], row["first_at"], row["own"])
        for code, querier in owed:  # told once more; if that is not delivered either, it is owed again
            self._connection.execute(
                delete(undelivered).where(undelivered.c.code == code, undelivered.c.querier == querier)
            )
        return owed

    def _count(self, queries: Sequence[Count]) -> list[Standing]:
        of_code: dict[str, list[Count]] = defaultdict(list)
        for query in queries:
            of_code[query.code].append(query)
        rows = [(code, len(same), same[0].at, same[0].querier) for code, same in of_code.items()]
        place: dict[str, int] = {}
        first: dict[str, tuple[datetime, bytes | None]] = {}
        for code, queries_of_it, first_at, first_querier in self._counted(rows):
            place[code] = queries_of_it - len(of_code[code])
            first[code] = first_at, first_querier
        standings = []
        for query in queries:
            place[query.code] += 1
            standings.append(_standing(place[query.code], *first[query.code], query.querier))
        return standings

    def _counted(self, rows: Sequence[tuple[str, int, datetime, bytes]]) -> list[Counted]:
        """Add so many to each code's count; return the rows as they are now."""
        if not rows:
            return []
        if self._connection.dialect.name == "postgresql":
            names = ("codes", "ns", "ats", "queriers")
            columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
            return [Counted(*row) for row in self._connection.execute(_COUNT_POSTGRES, columns)]
        values = tuple(value for code, n, at, querier in rows for value in (code, n, as_text(at), querier))
        after = fetched(self._connection, _count_sqlite(len(rows)), values)
        return [Counted(code, count, from_text(at), querier) for code, count, at, querier in after]


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
    stretch = (binding["first"], binding["last"]) if binding and "last" in binding else None
    if not found:
        return Trace(lookup.key, lookup.record_type, label or None, asked=asked, first_at=first_at, stretch=stretch)
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
        stretch=stretch,
    )


def _heard(found: Fields) -> datetime | None:
    """Return when the older of a record's sources was heard; None where one never was."""
    records: datetime | None = found["heartbeat_at"]
    inspections: datetime | None = found["inspector_at"]
    if found["inspector"] is None or records is None:
        return records
    return min(records, inspections) if inspections else None
