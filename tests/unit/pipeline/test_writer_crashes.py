"""Replies through kills, doubtful commits and take-overs, through a real ledger; and what is remembered of them."""

import asyncio
from collections import deque
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.domain.outcome import Deferred, Outcome, Refused, Uncertain
from gateway.domain.outgoing import EXPIRY
from gateway.store.engine import SqlLedger
from gateway.store.tables import inquiries, line_days, segments
from tests.builders.messages import a_citizen, a_part, liquor_code
from tests.builders.pipeline import Bench, PlainRenderer, ScriptedLine, restarted
from tests.builders.store import DoubtfulLedger, a_ledger, declare_dead, rows, segment_states, sqlite_url, states

LONG = PlainRenderer("·" * 100)  # makes every reply two segments


async def test_after_a_kill_only_what_was_under_way_is_uncertain(tmp_path: Path, ledger: SqlLedger) -> None:
    never: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    bench = await Bench(ledger, ScriptedLine(window=1)).start()
    bench.line.script = [never]
    await bench.bring(*(a_part(liquor_code(n), sender=a_citizen(n)) for n in range(3)))
    assert await segment_states(ledger) == ["sending", "queued", "queued"]
    after, anew = await restarted(tmp_path, bench, ledger)
    assert [sent.recipient for sent in bench.line.sent] == [a_citizen(n) for n in (0, 1, 2)]
    await after.later(61)
    assert [sent.recipient for sent in bench.line.sent] == [a_citizen(n) for n in (0, 1, 2, 0)]
    assert await states(anew) == {"answered": 3}
    await anew.database.close()


async def test_killed_during_the_second_try_too_the_reply_still_ends(tmp_path: Path, ledger: SqlLedger) -> None:
    def never() -> asyncio.Future[Outcome]:
        return asyncio.get_running_loop().create_future()

    bench = await Bench(ledger).start()
    bench.line.script = [never(), never()]
    await bench.bring(a_part(liquor_code(1)))
    second, second_ledger = await restarted(tmp_path, bench, ledger)
    await second.later(61)
    assert len(bench.line.sent) == 2
    third, third_ledger = await restarted(tmp_path, second, second_ledger)
    await third.later(61)
    assert len(bench.line.sent) == 2
    assert await states(third_ledger) == {"answered": 1}
    assert third.dispatch.depth == 0
    for anew in (second_ledger, third_ledger):
        await anew.database.close()


async def test_killed_between_a_receipt_and_the_end_it_brings_the_reply_still_ends(
    tmp_path: Path, ledger: SqlLedger
) -> None:
    bench = await Bench(ledger).start()
    bench.line.script = [Uncertain("no answer")]
    await bench.bring(a_part(liquor_code(1)))
    done = update(segments).values(state="accepted", due_at=None, peer_ref="77")
    await ledger.database.transact(lambda connection: connection.execute(done))
    after, anew = await restarted(tmp_path, bench, ledger)
    assert await states(anew) == {"answered": 1}
    assert after.dispatch.depth == 0
    await anew.database.close()


@pytest.mark.parametrize("loss", ["lose_before", "lose_after"])
@pytest.mark.parametrize("transaction", range(1, 6))
async def test_whichever_transaction_is_in_doubt_all_are_answered_once(
    ledger: SqlLedger, loss: str, transaction: int
) -> None:
    doubtful = DoubtfulLedger(ledger)
    bench = await Bench(doubtful, ScriptedLine(window=2), renderer=LONG).start()
    deliveries = [
        asyncio.ensure_future(bench.writer.deliver(a_part(liquor_code(n), sender=a_citizen(n)))) for n in range(3)
    ]
    await asyncio.sleep(0)
    for cycle in range(1, 12):
        setattr(doubtful, loss, int(cycle == transaction))
        await bench.writer._turn()
        await bench._let_sends_go()
    setattr(doubtful, loss, 0)
    await bench.settle()
    await asyncio.gather(*deliveries)
    assert bench.limiter.asked == 3
    assert len(bench.line.sent) == 6
    assert len({sent.segment for sent in bench.line.sent}) == 6
    assert await states(ledger) == {"answered": 3}
    assert (await rows(ledger, select(line_days.c.sent)))[0]["sent"] >= 6
    await bench.later(EXPIRY.total_seconds() * 2)
    assert len(bench.line.sent) == 6
    assert bench.dispatch.depth == 0


async def test_what_a_heartbeat_took_over_in_a_doubtful_commit_is_not_forgotten(
    tmp_path: Path, ledger: SqlLedger
) -> None:
    dead = await Bench(ledger).start()
    dead.line.ready = False
    await dead.bring(a_part(liquor_code(1)))
    anew = await a_ledger(sqlite_url(tmp_path))
    doubtful = DoubtfulLedger(anew)
    bench = await Bench(doubtful).start()
    await declare_dead(ledger)
    doubtful.lose_after = 1
    await bench.writer._beat()
    await bench.settle()
    assert bench.line.texts == ["GENUINE_FIRST"]
    await anew.database.close()


async def test_a_reply_taken_over_by_another_process_is_not_sent_by_its_first(
    tmp_path: Path, ledger: SqlLedger
) -> None:
    """As after a long pause of the whole machine: the others took us for dead."""
    first = await Bench(ledger).start()
    first.line.ready = False
    await first.bring(*(a_part(liquor_code(n), sender=a_citizen(n)) for n in range(2)))
    await declare_dead(ledger)
    other_ledger = await a_ledger(sqlite_url(tmp_path))
    other = await Bench(other_ledger).start()
    assert len(other.line.sent) == 2
    first.line.ready = True
    await first.settle()
    assert first.line.sent == []
    assert first.dispatch.depth == 0
    assert await states(ledger) == {"answered": 2}
    await other_ledger.database.close()


async def test_who_was_taken_for_dead_believes_the_database_and_not_its_memory(
    tmp_path: Path, ledger: SqlLedger
) -> None:
    """It lost a reply, another process sent it and died, it won the reply back: its own knowledge is of the past."""
    doubtful = DoubtfulLedger(ledger)
    first = await Bench(doubtful).start()
    responses: list[asyncio.Future[Outcome]] = [asyncio.get_running_loop().create_future() for _ in range(2)]
    first.line.script = [responses[0]]
    await first.bring(a_part(liquor_code(1)))
    await declare_dead(ledger)
    other_ledger = await a_ledger(sqlite_url(tmp_path))
    other = await Bench(other_ledger, clock=first.clock).start()
    other.line.script = [responses[1]]
    await other.later(61)
    assert len(first.line.sent + other.line.sent) == 2
    await declare_dead(other_ledger)
    responses[0].set_result(Uncertain("no answer"))
    doubtful.lose_before = 1
    await first.settle()
    await first.later(61)
    assert len(first.line.sent + other.line.sent) == 2
    assert await states(ledger) == {"answered": 1}
    await other.die()
    await other_ledger.database.close()


async def test_a_cancelled_writer_leaves_the_transaction_whole(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    running = asyncio.ensure_future(bench.writer.run())
    await bench.writer.ready.wait()
    deliveries = [asyncio.ensure_future(bench.writer.deliver(a_part(liquor_code(n)))) for n in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    for delivery in deliveries:
        delivery.cancel()
    await asyncio.gather(*deliveries, return_exceptions=True)
    stored = await rows(ledger, select(inquiries.c.id))
    assert len(stored) in (0, 5)
    assert not bench.writer._sends._tasks


async def test_nothing_is_remembered_of_replies_that_ended(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    for at in range(20):
        batch = [a_part(liquor_code(at * 50 + n), sender=a_citizen(at * 50 + n)) for n in range(50)]
        bench.line.script = [Deferred("busy"), Uncertain("no answer"), Refused("no")]
        await bench.bring(*batch)
        await bench.later(3)
    await bench.later(100)
    assert await states(ledger) == {"answered": 980, "refused": 20}
    assert bench.dispatch.depth == 0
    assert remembered(bench) < 200


def remembered(bench: Bench) -> int:
    """Count what the dispatch and the writer still hold in their collections."""
    kept = 0
    for owner in (
        bench.dispatch,
        bench.writer,
        bench.writer._questions,
        bench.writer._sends,
        *bench.dispatch.lines.values(),
    ):
        values = [getattr(owner, name) for name in dir(owner) if not name.startswith("__")]
        kept += sum(len(value) for value in values if isinstance(value, dict | list | set | deque))
    return kept
