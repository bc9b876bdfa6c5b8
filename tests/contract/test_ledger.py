"""What every ledger must do, whatever database stands behind it: all or nothing, and the truth about which."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import select, text

from gateway.domain.errors import BadSettings, StoreDown
from gateway.domain.outgoing import RECEIPT_GRACE, SegmentState
from gateway.ports import Unit
from gateway.store.engine import SqlLedger
from gateway.store.holders import SILENCE, Holder
from gateway.store.tables import holders, inquiries
from gateway.store.vault import Vault
from tests.builders.messages import NOW, a_message, an_inquiry
from tests.builders.store import a_ledger, declare_dead, rows


async def test_what_fails_stores_nothing_and_says_so(ledger: SqlLedger) -> None:
    def work(unit: Unit) -> None:
        unit.inbox.add([an_inquiry()])
        raise LookupError("the words are missing")

    with pytest.raises(LookupError):
        await ledger.run(work)
    assert await rows(ledger, select(inquiries)) == []


async def test_a_row_that_breaks_a_rule_is_no_outage(ledger: SqlLedger) -> None:
    inquiry = an_inquiry()
    await ledger.run(lambda unit: unit.inbox.add([inquiry]))
    with pytest.raises(Exception, match=r"(?i)unique") as error:
        await ledger.run(lambda unit: unit.inbox.add([inquiry]))
    assert not isinstance(error.value, StoreDown)


async def test_what_this_process_claimed_is_its_backlog_in_the_order_of_arrival(ledger: SqlLedger) -> None:
    await ledger.backlog(NOW)
    asked = [an_inquiry(f"问题 {number}") for number in range(600)]
    replies = [a_message(f"答 {number}") for number in range(3)]

    def work(unit: Unit) -> None:
        unit.inbox.add(list(reversed(asked)))
        unit.outbox.add(replies)

    await ledger.run(work)
    backlog = await ledger.backlog(NOW)
    assert list(backlog.inquiries) == asked
    assert list(backlog.messages) == replies
    assert await ledger.orphans(NOW) == await ledger.orphans(NOW)
    assert (await ledger.orphans(NOW)).inquiries == ()


async def test_a_dead_process_leaves_its_claims_to_one_heir(
    ledger: SqlLedger, another: Callable[[], SqlLedger]
) -> None:
    await ledger.backlog(NOW)
    inquiry, reply = an_inquiry(), a_message("一", "二")
    started = reply.with_segment(reply.segments[0].starting())

    def work(unit: Unit) -> None:
        unit.inbox.add([inquiry])
        unit.outbox.add([started])

    await ledger.run(work)
    first, second = another(), another()
    assert (await first.backlog(NOW)).inquiries == ()
    await declare_dead(ledger)
    heirs = await asyncio.gather(first.orphans(NOW), second.orphans(NOW))
    assert sorted(len(heir.inquiries) for heir in heirs) == [0, 1]
    (taken,) = [message for heir in heirs for message in heir.messages]
    assert [segment.state for segment in taken.segments] == [SegmentState.UNCERTAIN, SegmentState.QUEUED]
    assert taken.segments[0].due_at == NOW + RECEIPT_GRACE
    assert [row["id"] for row in await rows(ledger, select(holders.c.id).where(holders.c.born == -1))] == []


async def test_a_process_of_another_host_is_dead_after_half_a_minute_of_silence(
    ledger: SqlLedger, another: Callable[[], SqlLedger]
) -> None:
    elsewhere = another()
    elsewhere._holder = Holder(elsewhere._holder.id, "another host", 1, 1)
    await elsewhere.backlog(NOW)
    await elsewhere.run(lambda unit: unit.inbox.add([an_inquiry()]))
    assert (await ledger.orphans(NOW + SILENCE)).inquiries == ()
    assert len((await ledger.orphans(NOW + SILENCE * 1.01)).inquiries) == 1


async def test_who_retires_leaves_all_it_held(ledger: SqlLedger, another: Callable[[], SqlLedger]) -> None:
    await ledger.backlog(NOW)
    inquiry, reply = an_inquiry(), a_message()

    def work(unit: Unit) -> None:
        unit.inbox.add([inquiry])
        unit.outbox.add([reply])

    await ledger.run(work)
    await ledger.retire(NOW)
    heir = await another().backlog(NOW)
    assert (heir.inquiries, heir.messages) == ((inquiry,), (reply,))


async def test_a_cancelled_transaction_is_whole_or_not_there(ledger: SqlLedger) -> None:
    for turns in range(12):
        inquiry = an_inquiry()

        def work(unit: Unit, inquiry: object = inquiry) -> None:
            unit.inbox.add([inquiry])  # type: ignore[list-item]  # bound early, for the loop
            unit.inbox.opt_out(b"person", NOW)

        running = asyncio.ensure_future(ledger.run(work))
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await ledger.run(lambda unit: unit.inbox.add([an_inquiry("danach")]))
    texts = [row["text"] for row in await rows(ledger, select(inquiries.c.text))]
    assert texts.count("danach") == 1


async def test_a_text_sealed_with_another_key_names_the_key(ledger: SqlLedger) -> None:
    await ledger.backlog(NOW)
    await ledger.run(lambda unit: unit.inbox.add([an_inquiry()]))
    wrong = SqlLedger(ledger.database, Vault(b"q" * 32, b"x" * 32, b"l" * 32), ledger._holder)
    with pytest.raises(BadSettings, match=r"seal\.key"):
        await wrong.backlog(NOW)


# -- away: each database has its own ways -------------------------------------------------------------


async def test_what_keeps_a_commit_on_disk_is_on_in_sqlite(sqlite_url: str) -> None:
    ledger = await a_ledger(sqlite_url)
    for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
        (row,) = await rows(ledger, text(f"PRAGMA {pragma}"))
        assert list(row.values()) == [value]
    await ledger.database.close()


async def test_sqlite_locked_by_another_process_is_away_and_comes_back(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.store.engine.SQLITE_PATIENCE", 0.05)
    ledger = await a_ledger(sqlite_url)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreDown, match="locked"):
            await ledger.run(lambda unit: unit.inbox.add([an_inquiry()]))
        other.execute("COMMIT")
        await ledger.run(lambda unit: unit.inbox.add([an_inquiry()]))
    finally:
        other.close()
        await ledger.database.close()


async def test_a_full_disk_is_an_outage_and_no_fault_of_the_row(sqlite_url: str) -> None:
    ledger = await a_ledger(sqlite_url)
    full = text("PRAGMA max_page_count = 1")  # SQLite takes it for the size it has already
    await ledger.database.transact(lambda connection: connection.execute(full))
    with pytest.raises(StoreDown, match="full"):
        await ledger.run(lambda unit: unit.inbox.add([an_inquiry("长" * 2000) for _ in range(50)]))
    await ledger.database.close()


async def test_a_sqlite_file_that_cannot_be_opened_is_an_outage(tmp_path: Path) -> None:
    ledger = await a_ledger(f"sqlite:///{tmp_path}/no folder/gateway.db")
    with pytest.raises(StoreDown, match="unable to open"):
        await ledger.backlog(NOW)
    await ledger.database.close()


@pytest.fixture
async def postgres_ledger(fresh_postgres_url: str) -> AsyncIterator[SqlLedger]:
    made = await a_ledger(fresh_postgres_url)
    yield made
    await made.database.close()


async def test_a_postgres_session_ended_from_outside_is_an_outage_of_one_transaction(
    fresh_postgres_url: str, postgres_ledger: SqlLedger
) -> None:
    await postgres_ledger.backlog(NOW)
    other = await asyncpg.connect(fresh_postgres_url)
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await other.close()
    with pytest.raises(StoreDown):
        await postgres_ledger.backlog(NOW)
    await postgres_ledger.backlog(NOW)


async def test_a_postgres_that_takes_no_connections_is_an_outage(
    fresh_postgres_url: str, postgres_ledger: SqlLedger
) -> None:
    server, _, name = fresh_postgres_url.rpartition("/")
    other = await asyncpg.connect(f"{server}/postgres")
    await other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    try:
        with pytest.raises(StoreDown):
            await postgres_ledger.backlog(NOW)
    finally:
        await other.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await other.close()
    await postgres_ledger.backlog(NOW)


async def test_a_server_that_is_not_there_is_an_outage() -> None:
    ledger = await a_ledger("postgresql://postgres@127.0.0.1:1/gateway")
    with pytest.raises(StoreDown):
        await ledger.backlog(NOW)
    await ledger.database.close()


async def test_a_lock_held_too_long_is_an_outage(fresh_postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.engine.POSTGRES_PATIENCE", 0.3)
    ledger = await a_ledger(fresh_postgres_url)
    other = await asyncpg.connect(fresh_postgres_url)
    held = other.transaction()
    await held.start()
    await other.execute("LOCK TABLE inquiries")
    try:
        with pytest.raises(StoreDown):
            await ledger.run(lambda unit: unit.inbox.add([an_inquiry()]))
    finally:
        await held.rollback()
        await other.close()
    await ledger.run(lambda unit: unit.inbox.add([an_inquiry()]))
    assert len(await rows(ledger, select(inquiries))) == 1
    await ledger.database.close()
