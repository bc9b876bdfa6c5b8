"""What the audit must do: grow, stay as it is, and show where somebody changed it behind its back."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from gateway.store.books import SqlArchive
from gateway.store.engine import SqlLedger
from gateway.store.tables import audit
from tests.builders.messages import CODES, NOW, VAULT
from tests.builders.store import rows


async def note(archive: SqlArchive, subject: str) -> None:
    await archive.act(lambda books: books.audit.note(NOW, "cli:root", "void", subject, reason="遗失", count=3))


async def fault(archive: SqlArchive) -> str | None:
    return await archive.act(lambda books: books.audit.fault())


def _unlocked(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("DROP TRIGGER audit_no_update"))
        connection.execute(text("DROP TRIGGER audit_no_delete"))
    else:
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_append_only"))


async def test_an_untouched_chain_is_whole(archive: SqlArchive) -> None:
    assert await fault(archive) is None
    for subject in ("1", "2", "3"):
        await note(archive, subject)
    assert await fault(archive) is None


async def test_two_processes_make_one_chain(
    ledger: SqlLedger, archive: SqlArchive, another: Callable[[], SqlLedger]
) -> None:
    other = SqlArchive(another().database, VAULT, CODES)
    await asyncio.gather(*(note(one, str(n)) for one in (archive, other) for n in range(10)))
    assert [row["seq"] for row in await rows(ledger, select(audit).order_by(audit.c.seq))] == list(range(1, 21))
    assert await fault(archive) is None


@pytest.mark.parametrize("act", [update(audit).values(subject="x"), delete(audit)])
async def test_the_database_itself_refuses_to_change_or_remove_an_entry(
    ledger: SqlLedger, archive: SqlArchive, act: object
) -> None:
    await note(archive, "1")
    with pytest.raises(DBAPIError, match="append-only"):
        await ledger.database.transact(lambda connection: connection.execute(act))  # type: ignore[call-overload]
    assert await fault(archive) is None


async def test_a_change_behind_its_back_is_found(ledger: SqlLedger, archive: SqlArchive) -> None:
    for subject in ("1", "2", "3"):
        await note(archive, subject)
    await ledger.database.transact(_unlocked)
    change = update(audit).where(audit.c.seq == 2).values(detail={"reason": "遗失", "count": 4})
    await ledger.database.transact(lambda connection: connection.execute(change))
    assert await fault(archive) == "entry 2 was changed: void 2"


async def test_a_missing_entry_is_found(ledger: SqlLedger, archive: SqlArchive) -> None:
    for subject in ("1", "2", "3"):
        await note(archive, subject)
    await ledger.database.transact(_unlocked)
    await ledger.database.transact(lambda connection: connection.execute(delete(audit).where(audit.c.seq == 2)))
    assert await fault(archive) == "entry 2 is missing"
