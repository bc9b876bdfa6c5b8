"""The least that keeping a question's rows costs: the driver alone, in batches, each commit durable."""

import asyncio
import os
import sqlite3
import time
from pathlib import Path
from typing import Final

import asyncpg

# What one question writes: rows made (seen, inquiry, label, answer, message, segment), and rows changed (inquiry
# twice, segment, message).
INSERTS, UPDATES = 6, 4
PER_QUESTION: Final = INSERTS + UPDATES

BATCH: Final = 256  # questions a transaction, as the writer takes at most
MEASURED: Final = 4.0  # seconds
PAYLOAD: Final = b"x" * 150  # bytes: about a row of ours

_TABLE: Final = "CREATE TABLE bare (id {blob} PRIMARY KEY, payload {blob} NOT NULL, state VARCHAR(12) NOT NULL)"


def bare_sqlite(folder: Path) -> float:
    """Return the questions a second whose rows Python's sqlite3 writes."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(_TABLE.format(blob="BLOB"))
        begun, batches = time.perf_counter(), 0
        while time.perf_counter() - begun < MEASURED:
            rows, changes = _batch()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO bare VALUES (?, ?, ?)", rows)
            connection.executemany("UPDATE bare SET state = ? WHERE id = ?", changes)
            connection.execute("COMMIT")
            batches += 1
        return batches * BATCH / (time.perf_counter() - begun)
    finally:
        connection.close()


async def bare_postgres(url: str) -> float:
    """Return the questions a second whose rows asyncpg writes."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_TABLE.format(blob="bytea"))
        begun, batches = time.perf_counter(), 0
        while time.perf_counter() - begun < MEASURED:
            rows, changes = _batch()
            async with connection.transaction():
                await connection.executemany("INSERT INTO bare VALUES ($1, $2, $3)", rows)
                await connection.executemany("UPDATE bare SET state = $1 WHERE id = $2", changes)
            batches += 1
        return batches * BATCH / (time.perf_counter() - begun)
    finally:
        async with asyncio.timeout(10):
            await connection.close()


def _batch() -> tuple[list[tuple[bytes, bytes, str]], list[tuple[str, bytes]]]:
    rows = [(os.urandom(16), PAYLOAD, "new") for _ in range(BATCH * INSERTS)]
    return rows, [("answered", row[0]) for row in rows[: BATCH * UPDATES]]
