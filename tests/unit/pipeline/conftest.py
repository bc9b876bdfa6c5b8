from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.store.engine import SqlLedger
from tests.builders.store import sqlite_url, stocked


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    """A ledger on a SQLite database with goods."""
    async with stocked(sqlite_url(tmp_path)) as made:
        yield made
