"""The migrations make what the queries are written against, on both databases."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from gateway.domain.errors import Unmigrated
from gateway.store import schema
from gateway.store.engine import Database, open_database
from gateway.store.tables import metadata
from tests.builders.store import sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = sqlite_url(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("quick_postgres_url"))
    database = open_database(url)
    yield database
    await database.close()


async def test_from_empty_to_what_the_tables_say(empty: Database) -> None:
    before, after = await schema.upgrade(empty)
    assert before is None
    assert after == schema.HEAD
    assert await empty.transact(_differences) == []
    await schema.check(empty)


async def test_going_up_again_changes_nothing(empty: Database) -> None:
    _, after = await schema.upgrade(empty)
    assert await schema.upgrade(empty) == (after, after)


async def test_nothing_is_served_on_an_empty_database(empty: Database) -> None:
    with pytest.raises(Unmigrated, match="gateway db upgrade"):
        await schema.check(empty)


async def test_nothing_is_served_on_a_schema_of_another_version(empty: Database) -> None:
    await schema.upgrade(empty)
    another = text("UPDATE alembic_version SET version_num = '9'")
    await empty.transact(lambda connection: connection.execute(another))
    with pytest.raises(Unmigrated, match="is 9, this version needs"):
        await schema.check(empty)


async def test_indexes_that_only_hold_what_is_open_are_partial(empty: Database) -> None:
    await schema.upgrade(empty)
    for table, index in (("inquiries", "ix_inquiries_open"), ("messages", "ix_messages_open")):
        definition = await empty.transact(partial(_definition, index=index))
        assert "WHERE" in definition.upper(), table


def _differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


def _definition(connection: Connection, index: str) -> str:
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": index})
    else:
        found = connection.execute(text("SELECT indexdef FROM pg_indexes WHERE indexname = :name"), {"name": index})
    return str(found.scalar_one())
