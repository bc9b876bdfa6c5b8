"""Looking codes up, from ten thousand labels to ten million, on both databases, against the driver alone.

Each label was asked for before, so that it has a row of its own, and lies in a run of its batch: a look-up reads the
label, the run and the record. Codes are spread over the whole key space, as FF1 spreads them.
"""

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import asyncpg
import msgspec
from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from gateway.ports import Lookup
from gateway.store import schema
from gateway.store.engine import Database, open_database
from gateway.store.traces import SqlTraces
from tests.bench.figures import Figure, percentile
from tests.builders.messages import VAULT
from tests.builders.traces import a_liquor
from tests.peers.postgres import PostgresServer
from tests.peers.programs import require

SIZES: Final = (10_000, 100_000, 1_000_000, 10_000_000)
BATCHES: Final = 1_000  # of goods: each has as many labels as there are thousands
ASKED: Final = 64  # codes at once
ROUNDS, TURNS = 10, 50
RATIO_GOAL: Final = 1.5  # times the driver alone
SINGLE_GOAL: Final = 1.0  # milliseconds, half of all
GROWTH_GOAL: Final = 1.3  # times, from the least to the most labels

# Multiples of a number modulo a prime just under 10^13: each once, and none near the one before.
_STEP, _PRIME = 899_999_963, 9_999_999_999_971

_NUMBERS: Final = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < :count - 1) ",
    "postgresql": "WITH n(i) AS (SELECT generate_series(CAST(0 AS bigint), CAST(:count AS bigint) - 1)) ",
}
_CODE: Final = {
    "sqlite": f"printf('11%013d0', i * {_STEP} % {_PRIME})",
    "postgresql": f"'11' || lpad((i * {_STEP} % {_PRIME})::text, 13, '0') || '0'",
}
_BODY: Final = {
    "sqlite": "CAST(replace(:body, 'A0312', 'B' || i) AS BLOB)",
    "postgresql": "convert_to(replace(CAST(:body AS text), 'A0312', 'B' || i), 'UTF8')",
}
_LABELS: Final = (
    "{numbers}INSERT INTO labels (code, query_count, first_at, first_querier)"
    " SELECT {code}, 1, '2026-05-10 04:00:00.000000', {querier} FROM n ORDER BY 1"
)
_RANGES: Final = (
    "{numbers}INSERT INTO label_ranges"
    " (klass, version, first, last, state, policy, record_id, issued_at, bound_at)"
    " SELECT 1, 1, i * :size, i * :size + :size - 1, 'active', 'covert', 'liquor/B' || i,"
    " '2026-05-01 04:00:00.000000', '2026-05-02 04:00:00.000000' FROM n"
)
_RECORDS: Final = (
    "{numbers}INSERT INTO records (id, type, body, updated_at)"
    " SELECT 'liquor/B' || i, 'liquor', {body}, '2026-05-01 04:00:00.000000' FROM n"
)
# What the driver alone is asked: the same rows.
_BARE_LABELS: Final = "SELECT * FROM labels WHERE code IN ({places})"
_LAST_BEFORE: Final = (
    "FROM label_ranges AS s WHERE s.klass = 1 AND s.version = 1 AND s.first <= q.idx ORDER BY s.first DESC LIMIT 1"
)
_BARE_RUNS: Final = {
    "sqlite": f"SELECT r.* FROM (SELECT column1 AS idx FROM (VALUES {', '.join(['(?)'] * ASKED)})) AS q"
    f" JOIN label_ranges AS r ON r.id = (SELECT s.id {_LAST_BEFORE})",
    "postgresql": f"SELECT r.* FROM unnest($1::bigint[]) AS q(idx) CROSS JOIN LATERAL (SELECT s.* {_LAST_BEFORE}) AS r",
}
_BARE_RECORDS: Final = "SELECT id, type, owner, body FROM records WHERE id IN ({places})"


@dataclass(slots=True)
class Times:
    """Milliseconds of each look-up."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    labels: list[float] = field(default_factory=list)  # the driver again, labels only
    single: list[float] = field(default_factory=list)
    bytes_each: float = 0.0


async def measure() -> list[Figure]:
    """Return, on each database, a batch against the driver alone, a single one, and how both grow."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        figures = await _on("SQLite", [f"sqlite:///{Path(name)}/{size}.db" for size in SIZES])
    with PostgresServer(require("postgresql").parent) as server:
        return figures + await _on("PostgreSQL", [server.fresh_database() for _ in SIZES])


async def _on(name: str, urls: Sequence[str]) -> list[Figure]:
    """Make all sizes, then measure them in turn, so that a busy moment does not fall on one of them."""
    cities = [(size, open_database(url, bulk=True), Times()) for size, url in zip(SIZES, urls, strict=True)]
    try:
        for (size, database, _), url in zip(cities, urls, strict=True):
            await schema.upgrade(database)
            await _fill(database, url, size)
        for round_ in range(ROUNDS):
            for size, database, times in cities:
                chance = random.Random(f"{round_}/{size}")
                await database.transact(partial(_time, size=size, chance=chance, times=times))
    finally:
        for _, database, _ in cities:
            await database.close()
    return _figures(name, [times for _, _, times in cities])


def _figures(name: str, measured: Sequence[Times]) -> list[Figure]:
    row = f"look-up, {name}"
    figures: list[Figure] = []
    for size, times in zip(SIZES, measured, strict=True):
        ours, bare, labels, single = (
            percentile(found, 0.5) for found in (times.ours, times.bare, times.labels, times.single)
        )
        goal, against = RATIO_GOAL * bare, "the same rows by the driver alone"
        what = f"{size:,} labels: batch of {ASKED}, p50"
        figures += [
            Figure(row, what, ours, "ms", goal, lower=True, baseline=bare, against=against),
            Figure(row, f"{size:,} labels: the driver alone, labels only", labels, "ms"),
            Figure(row, f"{size:,} labels: a single one, p50", single, "ms", SINGLE_GOAL, lower=True),
        ]
    least, most = measured[0], measured[-1]
    alone = percentile(most.bare, 0.5) / percentile(least.bare, 0.5)
    grown = percentile(most.ours, 0.5) / percentile(least.ours, 0.5)
    growth = f"growth of a batch, {SIZES[0]:,} to {SIZES[-1]:,}"
    return [
        *figures,
        Figure(row, growth, grown, "×", GROWTH_GOAL, lower=True, baseline=alone, against="the driver alone"),
        Figure(row, f"a label's row and index, of {SIZES[-1]:,}", most.bytes_each, "bytes"),
    ]


async def _fill(database: Database, url: str, size: int) -> None:
    body = msgspec.json.encode(a_liquor()).decode()

    def work(connection: Connection) -> None:
        dialect = connection.dialect.name
        querier = {"sqlite": "randomblob(16)", "postgresql": "decode(md5(i::text), 'hex')"}[dialect]
        parts = {"numbers": _NUMBERS[dialect], "code": _CODE[dialect], "body": _BODY[dialect], "querier": querier}
        connection.execute(text(_LABELS.format(**parts)), {"count": size})
        connection.execute(text(_RANGES.format(**parts)), {"count": BATCHES, "size": size // BATCHES})
        connection.execute(text(_RECORDS.format(**parts)), {"count": BATCHES, "body": body})

    await database.transact(work)
    if not url.startswith("postgresql"):
        await database.transact(lambda connection: connection.execute(text("ANALYZE")))
        return
    server = await asyncpg.connect(url)
    try:
        await server.execute("VACUUM ANALYZE")  # the server would do so by itself in the middle of the measurement
        await server.execute("CHECKPOINT")
    finally:
        await server.close()


def _time(connection: Connection, *, size: int, chance: random.Random, times: Times) -> None:
    """Ask ours and the driver in turn, each time for other codes."""
    traces, driver = SqlTraces(connection, VAULT), _Driver(connection)
    for number in range(TURNS):
        sample = [chance.sample(range(size), ASKED) for _ in range(3)]
        lookups, one = list(map(_lookup, sample[0])), [_lookup(chance.randrange(size))]
        ours, found = _clocked(partial(traces.find, lookups))
        bare, rows = _clocked(partial(driver.all, sample[1], size // BATCHES))
        labels, _ = _clocked(partial(driver.labels, sample[2]))
        single, _ = _clocked(partial(traces.find, one))
        assert all(trace.record and trace.asked for trace in found.values())
        assert rows == 2 * ASKED + len({index // (size // BATCHES) for index in sample[1]})
        if number:  # the first pages are read, and the statements are known
            for times_of, took in zip(
                (times.ours, times.bare, times.labels, times.single), (ours, bare, labels, single), strict=True
            ):
                times_of.append(took)
    times.bytes_each = _size_of_labels(connection) / size


def _clocked(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    done = work()
    return (time.perf_counter() - begun) * 1000, done


def _lookup(index: int) -> Lookup:
    return Lookup(f"11{index * _STEP % _PRIME:013}0", "liquor", 1, 1, index)


class _Driver:
    """The driver itself, without SQLAlchemy; its statements are prepared."""

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.driver_connection
        self._postgres = connection.dialect.name == "postgresql"
        signs = [f"${number}" if self._postgres else "?" for number in range(1, ASKED + 1)]
        self._places = ", ".join(signs)
        self._runs = _BARE_RUNS[connection.dialect.name]

    def labels(self, indexes: list[int]) -> int:
        """Fetch the labels; return how many."""
        return self._fetch(_BARE_LABELS.format(places=self._places), [_lookup(index).key for index in indexes])

    def all(self, indexes: list[int], size: int) -> int:
        """Fetch the labels, their runs of `size` and the records; return how many rows."""
        records = list(dict.fromkeys(f"liquor/B{index // size}" for index in indexes))
        records += records[-1:] * (ASKED - len(records))
        runs = [indexes] if self._postgres else indexes
        return (
            self.labels(indexes)
            + self._fetch(self._runs, runs)
            + self._fetch(_BARE_RECORDS.format(places=self._places), records)
        )

    def _fetch(self, statement: str, values: Sequence[Any]) -> int:
        if self._postgres:
            return len(await_only(self._driver.fetch(statement, *values)))
        return len(self._driver.execute(statement, values).fetchall())


def _size_of_labels(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_total_relation_size('labels')")).scalar_one())
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
