"""Each suite of a store runs on SQLite and on a real PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.store.engine import SqlLedger, open_database
from tests.builders import store
from tests.builders.messages import VAULT
from tests.builders.store import stocked


@pytest.fixture
async def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database with tables and goods."""
    url = store.sqlite_url(tmp_path)
    async with stocked(url):
        return url


@pytest.fixture
async def fresh_postgres_url(postgres_url: str) -> str:
    """A PostgreSQL database with tables and goods."""
    async with stocked(postgres_url):
        return postgres_url


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
