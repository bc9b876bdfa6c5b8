"""Looking codes up, from ten thousand labels to ten million, on both databases, against the driver alone.

Each label was asked for before, so that it has a row of its own, and lies in a run of its batch: a look-up reads the
label, the run and the record. Codes are spread over the whole key space, as FF1 spreads them.
"""

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

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
ROUNDS: Final = 500
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
_BARE: Final = "SELECT * FROM labels WHERE code IN ({places})"


@dataclass(slots=True)
class Times:
    """Milliseconds of each look-up."""

    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    single: list[float] = field(default_factory=list)
    bytes_each: float = 0.0


async def measure() -> list[Figure]:
    """Return, on each database, a batch against the driver alone, a single one, and how both grow."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        urls = [f"sqlite:///{Path(name)}/{size}.db" for size in SIZES]
        figures += _figures("SQLite", [await _at(url, size) for url, size in zip(urls, SIZES, strict=True)])
    with PostgresServer(require("postgresql").parent) as server:
        times = [await _at(server.fresh_database(), size) for size in SIZES]
        figures += _figures("PostgreSQL", times)
    return figures


def _figures(name: str, measured: Sequence[Times]) -> list[Figure]:
    row = f"look-up, {name}"
    figures: list[Figure] = []
    for size, times in zip(SIZES, measured, strict=True):
        batch, bare = percentile(times.ours, 0.5), percentile(times.bare, 0.5)
        what = f"{size:,} labels: batch of {ASKED}, p50"
        against = f"bare IN ({ASKED}) of labels"
        figures.append(Figure(row, what, batch, "ms", RATIO_GOAL * bare, lower=True, baseline=bare, against=against))
        single = percentile(times.single, 0.5)
        figures.append(Figure(row, f"{size:,} labels: a single one, p50", single, "ms", SINGLE_GOAL, lower=True))
    least, most = (percentile(times.ours, 0.5) for times in (measured[0], measured[-1]))
    growth = f"growth of a batch, {SIZES[0]:,} to {SIZES[-1]:,}"
    figures.append(Figure(row, growth, most / least, "×", GROWTH_GOAL, lower=True))
    figures.append(Figure(row, f"a label's row and index, of {SIZES[-1]:,}", measured[-1].bytes_each, "bytes"))
    return figures


async def _at(url: str, size: int) -> Times:
    database = open_database(url, bulk=True)
    try:
        await schema.upgrade(database)
        await _fill(database, size)
        return await database.transact(lambda connection: _timed(connection, size))
    finally:
        await database.close()


async def _fill(database: Database, size: int) -> None:
    body = msgspec.json.encode(a_liquor()).decode()

    def work(connection: Connection) -> None:
        dialect = connection.dialect.name
        querier = {"sqlite": "randomblob(16)", "postgresql": "decode(md5(i::text), 'hex')"}[dialect]
        parts = {"numbers": _NUMBERS[dialect], "code": _CODE[dialect], "body": _BODY[dialect], "querier": querier}
        connection.execute(text(_LABELS.format(**parts)), {"count": size})
        connection.execute(text(_RANGES.format(**parts)), {"count": BATCHES, "size": size // BATCHES})
        connection.execute(text(_RECORDS.format(**parts)), {"count": BATCHES, "body": body})

    await database.transact(work)
    await database.transact(lambda connection: connection.execute(text("ANALYZE")))


def _timed(connection: Connection, size: int) -> Times:
    """Ask ours and the driver in turn, each time for other codes."""
    chance, traces, times = random.Random(7), SqlTraces(connection, VAULT), Times()
    bare = _driver(connection)
    for number in range(ROUNDS):
        lookups = [_lookup(index) for index in chance.sample(range(size), ASKED)]
        others = [_lookup(index).key for index in chance.sample(range(size), ASKED)]
        one = [_lookup(chance.randrange(size))]
        ours, found = _clocked(lambda asked=lookups: traces.find(asked))  # type: ignore[misc]
        alone, rows = _clocked(lambda asked=others: bare(asked))  # type: ignore[misc]
        single, _ = _clocked(lambda asked=one: traces.find(asked))  # type: ignore[misc]
        assert all(trace.record and trace.asked for trace in found.values())
        assert len(rows) == ASKED
        if number >= ROUNDS // 10:  # the caches are as in a service that runs
            times.ours.append(ours)
            times.bare.append(alone)
            times.single.append(single)
    times.bytes_each = _size_of_labels(connection) / size
    return times


def _clocked(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    done = work()
    return (time.perf_counter() - begun) * 1000, done


def _lookup(index: int) -> Lookup:
    return Lookup(f"11{index * _STEP % _PRIME:013}0", "liquor", 1, 1, index)


def _driver(connection: Connection) -> Callable[[list[str]], Sequence[Any]]:
    """Return what asks the driver itself, without SQLAlchemy."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        statement = _BARE.format(places=", ".join("?" * ASKED))
        return lambda codes: list(driver.execute(statement, codes).fetchall())
    statement = _BARE.format(places=", ".join(f"${number}" for number in range(1, ASKED + 1)))
    prepared = await_only(driver.prepare(statement))
    return lambda codes: list(await_only(prepared.fetch(*codes)))


def _size_of_labels(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_total_relation_size('labels')")).scalar_one())
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
