"""Each suite of a store runs on SQLite and on a real PostgreSQL, each test on its own copy of a database with goods."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import pytest

from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger, open_database
from tests.builders import store
from tests.builders.desk import Desk
from tests.builders.messages import CODES, VAULT
from tests.builders.store import stocked
from tests.builders.town import build
from tests.peers.memory import in_memory
from tests.peers.postgres import PostgresServer

_copies = itertools.count(1)


@pytest.fixture(scope="session")
def sqlite_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sqlite")
    asyncio.run(_make(store.sqlite_url(folder)))
    return folder / "gateway.db"


@pytest.fixture
def sqlite_url(sqlite_original: Path) -> Iterator[str]:
    """A SQLite database with tables and goods, in memory where there is room."""
    with TemporaryDirectory(prefix="gateway-sqlite-", dir=in_memory()) as folder:
        shutil.copy(sqlite_original, folder)
        yield store.sqlite_url(Path(folder))


@pytest.fixture(scope="session")
def postgres_original(quick_postgres: PostgresServer) -> Iterator[str]:
    url = quick_postgres.fresh_database()
    asyncio.run(_make(url))
    yield url
    quick_postgres.drop_database(url)


@pytest.fixture
async def fresh_postgres_url(quick_postgres: PostgresServer, postgres_original: str) -> AsyncIterator[str]:
    """A PostgreSQL database with tables and goods."""
    server, _, original = postgres_original.rpartition("/")
    name = f"{original}_copy_{next(_copies)}"
    connection = await asyncpg.connect(quick_postgres.url)
    try:
        # Copying files in memory takes a third of what logging their pages does; before 15 there was no choice.
        how = "STRATEGY file_copy" if connection.get_server_version().major >= 15 else ""
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {original} {how}")
        yield f"{server}/{name}"
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


async def _make(url: str) -> None:
    async with stocked(url):
        pass


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "fresh_postgres_url"))


@pytest.fixture
async def another(url: str) -> AsyncIterator[Callable[[], SqlLedger]]:
    """Make ledgers as other processes would have them on the same database."""
    async with AsyncExitStack() as stack:

        def make() -> SqlLedger:
            made = SqlLedger(open_database(url), VAULT)
            stack.push_async_callback(made.database.close)
            return made

        yield make


@pytest.fixture
def ledger(another: Callable[[], SqlLedger]) -> SqlLedger:
    return another()


@pytest.fixture
def archive(ledger: SqlLedger) -> SqlArchive:
    """The books of the same database."""
    return SqlArchive(ledger.database, VAULT, CODES)


@pytest.fixture
async def town(archive: SqlArchive) -> SqlArchive:
    """The books of a town: stations, a cylinder, a vehicle and a lift, and those who answer for them."""
    await archive.act(build)
    return archive


@pytest.fixture
async def desk(url: str) -> AsyncIterator[Desk]:
    database = open_database(url, bulk=True)
    try:
        desk = Desk(database)
        await desk.register("PA", "HT")
        yield desk
    finally:
        await database.close()
