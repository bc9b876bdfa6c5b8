"""A million cylinders from a CSV, each row checked, beside what the driver alone takes to write as many rows."""

import asyncio
import json
import os
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import asyncpg

from gateway.store.vault import Keys
from tests.bench.figures import Figure
from tests.builders import cylinder_file
from tests.builders.cylinder_file import Complaint
from tests.builders.store import sqlite_url
from tests.peers.commands import GATEWAY, environment, gateway
from tests.peers.postgres import PostgresServer
from tests.peers.programs import require

ROWS: Final = 1_000_000
EACH: Final = 50  # rows broken in each of the twenty ways
GOAL: Final = 60_000  # rows a second
MEMORY_GOAL: Final = 150.0  # MB at the peak, whatever the file's length

BATCH: Final = 2_000  # rows a call of the bare driver
BODY: Final = b"x" * 540  # bytes: a cylinder's body

_TABLE: Final = "CREATE TABLE bare (id VARCHAR(160) PRIMARY KEY, body {blob} NOT NULL, status VARCHAR(16) NOT NULL)"


@dataclass(frozen=True, slots=True)
class _Kind:
    """A database, and what its bare driver does."""

    name: str
    against: str
    bare: float  # rows a second


async def measure() -> list[Figure]:
    """Return rows a second and the peak of memory on both databases, of a file in order and of one in none."""
    found: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as name, PostgresServer(require("postgresql").parent) as server:
        folder, file = Path(name), Path(name, "cylinders.csv")
        sqlite = _Kind("SQLite", "executemany", _bare_sqlite(folder))
        postgres = _Kind("PostgreSQL", "COPY", await _bare_postgres(server.fresh_database()))
        for in_order, which in ((True, ""), (False, " in no order")):
            broken = cylinder_file.write(file, ROWS, EACH, in_order=in_order)
            for kind in (sqlite, postgres):
                row = f"import of {ROWS:,} rows{which}, {kind.name}"
                url = server.fresh_database() if kind is postgres else None
                found += await asyncio.to_thread(_figures, row, url, file, broken, kind)
    return found


def _figures(row: str, url: str | None, file: Path, broken: list[Complaint], kind: _Kind) -> list[Figure]:
    """`url`: of an empty database; None: in a file of SQLite."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=file.parent) as name:
        folder = Path(name)
        settings, report = folder / "gateway.toml", folder / "report.csv"
        text = f'[database]\nurl = "{url or sqlite_url(folder)}"\n[keys]\ndir = "{folder / "keys"}"\n'
        settings.write_text(text, "utf-8")
        Keys(folder / "keys").make_missing()
        assert gateway("db", "upgrade", "-c", settings).returncode == 0
        wish = ["--type", "lpg", "--partial", "--json", "--report", str(report), "-c", str(settings)]
        command = [*GATEWAY, "import", str(file), *wish]
        begun = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as process:
            assert process.stdout is not None
            told = json.loads(process.stdout.read())
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 0
        took = time.monotonic() - begun
        assert (told["things"], told["rejected"], told["added"]) == (ROWS, len(broken), ROWS - len(broken)), told
        _require_exactly(broken, cylinder_file.complained(report))
        return [
            Figure(
                row,
                "checked and stored",
                ROWS / took,
                "rows/s",
                GOAL,
                baseline=kind.bare,
                against=f"bare {kind.against}",
            ),
            Figure(row, "memory at the peak", usage.ru_maxrss / 1024, "MB", MEMORY_GOAL, lower=True),
        ]


def _require_exactly(expected: list[Complaint], reported: list[Complaint]) -> None:
    """Raise `AssertionError` naming the first differences, where not just what was broken was reported, and why."""
    missing, unfounded = Counter(expected) - Counter(reported), Counter(reported) - Counter(expected)
    if missing or unfounded:
        some = {"missing": list(missing.elements())[:5], "unfounded": list(unfounded.elements())[:5]}
        raise AssertionError(f"{missing.total()} missing, {unfounded.total()} unfounded in the report: {some}")


def _rows() -> Iterator[tuple[str, bytes, str]]:
    return ((f"lpg/WH{number:08}", BODY, "in_use") for number in range(ROWS))


def _bare_sqlite(folder: Path) -> float:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute(_TABLE.format(blob="BLOB"))
        begun, rows = time.monotonic(), _rows()
        connection.execute("BEGIN IMMEDIATE")
        while some := list(islice(rows, BATCH)):
            connection.executemany("INSERT INTO bare VALUES (?, ?, ?)", some)
        connection.execute("COMMIT")
        return ROWS / (time.monotonic() - begun)
    finally:
        connection.close()


async def _bare_postgres(url: str) -> float:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_TABLE.format(blob="bytea"))
        begun, rows = time.monotonic(), _rows()
        async with connection.transaction():
            while some := list(islice(rows, BATCH)):
                await connection.copy_records_to_table("bare", records=some)
        return ROWS / (time.monotonic() - begun)
    finally:
        await connection.close()
