"""The tests' own PostgreSQL: others kill it to see what we lose, so it must lose nothing itself."""

import asyncpg
import pytest

from tests.peers.postgres import PostgresServer


async def test_a_committed_row_survives_a_crash_on_the_same_url(postgres: PostgresServer, postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("CREATE TABLE kept (value integer); INSERT INTO kept VALUES (12365)")
    postgres.stop("immediate")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await connection.fetch("SELECT value FROM kept")
    with pytest.raises(ConnectionRefusedError):
        await asyncpg.connect(postgres_url)

    postgres.start()
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("SELECT value FROM kept") == 12365
    finally:
        await connection.close()


async def test_databases_share_nothing(postgres: PostgresServer, postgres_url: str) -> None:
    other_url = postgres.fresh_database()
    for url in (postgres_url, other_url):
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("CREATE TABLE same_name (value integer)")
        finally:
            await connection.close()
    postgres.drop_database(other_url)


async def test_what_keeps_a_commit_is_on(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert await connection.fetchval(f"SHOW {name}") == "on"
    finally:
        await connection.close()
