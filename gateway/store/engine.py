"""The two databases behind one port: SQLite on a writer thread of its own, PostgreSQL over asyncpg.

The pipeline's transactions are plain functions of a `Unit`. SQLAlchemy runs the same Core calls in a
thread (SQLite: one hop a transaction, not one a statement) and, bridged by a greenlet, on asyncpg.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.domain.calendar import today
from gateway.domain.errors import StoreDown
from gateway.ports import Backlog, Unit
from gateway.store import holders
from gateway.store.alerts import SqlAlerts
from gateway.store.holders import Holder
from gateway.store.inbox import SqlInbox
from gateway.store.message_rows import load
from gateway.store.outbox import SqlOutbox
from gateway.store.receipts import SqlReceipts
from gateway.store.reminders import SqlReminders
from gateway.store.replays import ANSWER_LIFE, SqlReplays
from gateway.store.statements import among, padded, slices
from gateway.store.tables import inquiries, line_days
from gateway.store.tickets import SqlTickets
from gateway.store.traces import SqlTraces
from gateway.store.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

T = TypeVar("T")

# How long another process may hold SQLite's one write lock before we say that the store is away.
SQLITE_PATIENCE = 10.0
# Pages of the log that are written back together; SQLite's own 1,000 are two batches of questions.
SQLITE_LOG = 4_000
# A report may read for seconds; one at a time is made, and beside it keys and permits are looked up.
SQLITE_READERS = 2
# A statement of ours takes milliseconds; a server that is silent for so long is away.
POSTGRES_PATIENCE = 10.0
# Merging a file of millions of rows is one statement a table.
BULK_PATIENCE = 3600.0
# SQLSTATE classes that mean "not now" (PostgreSQL 15, appendix A): connection, rollback, resources, operator, system.
_NOT_NOW = ("08", "40", "53", "55", "57", "58")

# The same of SQLite (sqlite.org/rescode.html): locked by another, no memory, no room, a disk that fails.
_SQLITE_NOT_NOW = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)


class SqlUnit:
    """`ports.Unit` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault, holder: Holder) -> None:
        self.connection = connection
        self.inbox = SqlInbox(connection, vault, holder.id)
        self.traces = SqlTraces(connection, vault)
        self.outbox = SqlOutbox(connection, vault, holder.id)
        self.receipts = SqlReceipts(connection, vault)
        self.tickets = SqlTickets(connection, vault)
        self.replays = SqlReplays(connection, ANSWER_LIFE)
        self.alerts = SqlAlerts(connection)
        self.reminders = SqlReminders(connection)


class Database(Protocol):
    """An engine that runs plain functions of a connection, each in one durable transaction."""

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Run and commit. Raises `StoreDown` when the database is away."""
        ...

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run what only reads, on one state of the data; no writer waits for it. Raises `StoreDown`."""
        ...

    async def aside(self, work: Callable[[Connection], T]) -> T:
        """Run on the writer's connection what changes only temporary tables; no writer waits for it.

        Raises `StoreDown`.
        """
        ...

    async def close(self) -> None:
        """Let go of its connections and threads."""
        ...


# Parameters are hidden from errors in both: they hold what people wrote, and errors are logged.


class SqliteDatabase:
    """WAL, `synchronous=FULL`; one connection writes, some read, each on a thread of its own."""

    def __init__(self, url: str, *, bulk: bool = False) -> None:
        self._writer = _SqliteLane(url, "BEGIN IMMEDIATE", "store")
        self._reader = _SqliteLane(url, "BEGIN", "store reader", SQLITE_READERS)
        event.listen(self._reader.engine, "connect", _forbid_writing)
        if bulk:
            event.listen(self._writer.engine, "connect", _prepare_bulk)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Run and commit on the writer's thread."""
        return await self._writer.run(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run what only reads, on a reader's thread."""
        return await self._reader.run(work)

    async def aside(self, work: Callable[[Connection], T]) -> T:
        """Run on the writer's thread without the write lock."""
        return await self._writer.run(work, begin="BEGIN")

    async def close(self) -> None:
        """Checkpoint and close."""
        await self._reader.close()
        await self._writer.close()


class _SqliteLane:
    """Threads, each with a connection."""

    def __init__(self, url: str, begin: str, name: str, threads: int = 1) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        patience = {"check_same_thread": False, "timeout": SQLITE_PATIENCE}
        self.engine = create_engine(url, connect_args=patience, hide_parameters=True)
        event.listen(self.engine, "connect", _prepare_sqlite)
        event.listen(self.engine, "begin", _begin)
        self._begin = begin

    async def run(self, work: Callable[[Connection], T], begin: str | None = None) -> T:
        """Run in one transaction, begun as the lane's are or as is said."""

        def on_thread() -> T:
            with self.engine.connect().execution_options(begin=begin or self._begin) as connection, connection.begin():
                return work(connection)

        # A cancelled caller must not leave the thread half way: the transaction is waited for in any case.
        running = asyncio.get_running_loop().run_in_executor(self._threads, on_thread)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise
        except DBAPIError as err:
            raise _translated(err) from err

    async def close(self) -> None:
        """Close the connections, then end the threads."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self.engine.dispose)
        self._threads.shutdown()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options()["begin"])


def _prepare_sqlite(connection: DBAPIConnection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by us: sqlite3 itself knows only BEGIN DEFERRED
    pragmas = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY")
    for pragma in (*pragmas, f"wal_autocheckpoint={SQLITE_LOG}"):
        connection.execute(f"PRAGMA {pragma}")


def _forbid_writing(connection: DBAPIConnection, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")


def _prepare_bulk(connection: DBAPIConnection, _record: object) -> None:
    # One transaction changes more pages than SQLite's 2 MB hold, and each that has to leave early is written twice.
    # The page size is that of the temporary tables yet to be made; an existing database keeps its own.
    for pragma in ("temp_store=FILE", "cache_size=-16384", "page_size=16384"):
        connection.execute(f"PRAGMA {pragma}")


class PostgresDatabase:
    """SQLAlchemy's asyncpg engine."""

    def __init__(self, url: str, *, bulk: bool = False) -> None:
        from sqlalchemy.ext.asyncio import create_async_engine  # brings the ORM: nothing that SQLite needs

        timeouts = {"timeout": POSTGRES_PATIENCE, "command_timeout": BULK_PATIENCE if bulk else POSTGRES_PATIENCE}
        self._engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            connect_args=timeouts,
            pool_size=2,
            max_overflow=2,
            hide_parameters=True,
        )
        # On the same connections.
        self._reader = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Run and commit."""
        return await self._run(self._engine, work)

    async def aside(self, work: Callable[[Connection], T]) -> T:
        """Run and commit: here no writer waits for another's temporary tables."""
        return await self.transact(work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run what only reads; its statements see one state of the data."""
        return await self._run(self._reader, work)

    async def _run(self, engine: "AsyncEngine", work: Callable[[Connection], T]) -> T:
        """Run; after a failure the pool is emptied, so that the next try gets a live connection."""
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        except (DBAPIError, OSError, TimeoutError, PoolTimeout) as err:
            with contextlib.suppress(DBAPIError, OSError, TimeoutError):
                await self._engine.dispose()
            raise _translated(err) from err

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def _translated(err: Exception) -> Exception:
    """Return `StoreDown` where trying again may help, else the error itself."""
    if not isinstance(err, DBAPIError):
        return StoreDown(f"the database is away: {err or type(err).__name__}")
    state = str(getattr(err.orig, "sqlstate", None) or "")
    code = getattr(err.orig, "sqlite_errorcode", 0) & 0xFF  # the primary one of an extended result code
    if err.connection_invalidated or code in _SQLITE_NOT_NOW or state.startswith(_NOT_NOW):
        return StoreDown(f"the database is away: {err.orig}")
    return err


def open_database(url: str, *, bulk: bool = False) -> Database:
    """Return the database behind `sqlite:////abs/path.db` or `postgresql://…`; nothing is connected yet.

    `bulk` is for the import of files: its statements may take long, and what it lays aside goes to the disk.
    """
    kind = SqliteDatabase if make_url(url).get_backend_name() == "sqlite" else PostgresDatabase
    return kind(url, bulk=bulk)


class SqlLedger:
    """`ports.Ledger`."""

    def __init__(self, database: Database, vault: Vault, holder: Holder | None = None) -> None:
        self.database = database
        self._vault = vault
        self._holder = holder or Holder.this_process()

    @property
    def holder(self) -> UUID:
        """Return by which id this process claims rows."""
        return self._holder.id

    async def run(self, work: Callable[[Unit], T]) -> T:
        """Run `work` in one transaction and commit it durably."""
        return await self.database.transact(lambda connection: work(SqlUnit(connection, self._vault, self._holder)))

    async def backlog(self, now: datetime) -> Backlog:
        """Claim what no living process holds, and return all that this one has claimed."""

        def work(connection: Connection) -> Backlog:
            fenced, _ = self._claim(connection, now)
            return self._load(connection, holders.held(connection, self._holder), now, fenced=fenced)

        return await self.database.transact(work)

    async def orphans(self, now: datetime) -> Backlog:
        """Claim what no living process holds, and return just that; say that this process lives."""

        def work(connection: Connection) -> Backlog:
            fenced, claimed = self._claim(connection, now)
            return self._load(connection, claimed, now, fenced=fenced)

        return await self.database.transact(work)

    async def retire(self, now: datetime) -> None:
        """Let go of all that this process has claimed: it ends."""
        await self.database.transact(lambda connection: holders.free(connection, [self._holder.id], now))

    def _claim(self, connection: Connection, now: datetime) -> tuple[bool, tuple[list[UUID], list[UUID]]]:
        fenced = holders.say_alive(connection, self._holder, now)
        holders.free_the_dead(connection, self._holder, now)
        return fenced, holders.claim(connection, self._holder)

    def _load(
        self, connection: Connection, claimed: tuple[list[UUID], list[UUID]], now: datetime, *, fenced: bool
    ) -> Backlog:
        asked, replies = claimed
        unit = SqlUnit(connection, self._vault, self._holder)
        found = [
            unit.inbox.inquiry(row)
            for some in slices(asked)
            for row in connection.execute(
                select(inquiries).where(among(inquiries.c.id)).order_by(inquiries.c.id), {"values": padded(some)}
            )
        ]
        days = connection.execute(select(line_days).where(line_days.c.day == today(now)))
        return Backlog(
            inquiries=tuple(found),
            messages=tuple(load(connection, self._vault, replies)),
            sent_today={row.account: row.sent for row in days},
            next_join_at=unit.inbox.next_judgement(),
            fenced=fenced,
        )
