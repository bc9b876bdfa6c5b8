from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from tests.builders.calls import Exchange, an_exchange, with_staff
from tests.builders.messages import CODES, VAULT
from tests.builders.store import DoubtfulLedger, sqlite_url, stocked


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    """A ledger on a SQLite database with goods."""
    async with stocked(sqlite_url(tmp_path)) as made:
        yield made


@pytest.fixture
def doubtful(ledger: SqlLedger) -> DoubtfulLedger:
    return DoubtfulLedger(ledger)


@pytest.fixture
def archive(ledger: SqlLedger) -> SqlArchive:
    return SqlArchive(ledger.database, VAULT, CODES)


@pytest.fixture
async def exchange(tmp_path: Path, doubtful: DoubtfulLedger, archive: SqlArchive) -> AsyncIterator[Exchange]:
    """The hotline of a town with a lift."""
    await archive.act(with_staff)
    async with an_exchange(sqlite_url(tmp_path), doubtful, archive) as made:
        yield made
