"""What becomes of replies through a real ledger: outcomes, receipts, lines, crashes, doubt."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.domain.message import Delivery
from gateway.domain.outcome import Accepted, Deferred, Outcome, Refused, Uncertain
from gateway.domain.outgoing import EXPIRY
from gateway.store.engine import SqlLedger
from gateway.store.tables import inquiries, line_days, segments, undelivered
from tests.builders.messages import NEIGHBOUR, NOW, a_citizen, a_part, a_receipt, liquor_code
from tests.builders.pipeline import Bench, PlainRenderer, ScriptedLine
from tests.builders.store import DoubtfulLedger, a_ledger, declare_dead, rows, sqlite_url, states, stocked

LONG = PlainRenderer("·" * 100)  # makes every reply two segments


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqlLedger]:
    async with stocked(sqlite_url(tmp_path)) as made:
        yield made


async def segment_states(ledger: SqlLedger) -> list[str]:
    found = await rows(ledger, select(segments.c.state).order_by(segments.c.message_id, segments.c.position))
    return [row["state"] for row in found]


async def restarted(
    tmp_path: Path, before: Bench, ledger: SqlLedger, **options: PlainRenderer
) -> tuple[Bench, SqlLedger]:
    """Kill the process behind `before` and start another one on the same lines."""
    await before.die()
    await declare_dead(ledger)
    anew = await a_ledger(sqlite_url(tmp_path))
    return await Bench(anew, *before.lines, clock=before.clock, **options).start(), anew


# -- outcomes ----------------------------------------------------------------------------------------


async def test_a_deferred_reply_is_tried_after_2_8_and_25_seconds_and_expires_after_15_minutes(
    ledger: SqlLedger,
) -> None:
    bench = await Bench(ledger).start()
    bench.line.script = [Deferred("network busy")] * 100
    await bench.bring(a_part(liquor_code(1)))
    tries = [len(bench.line.sent)]
    for seconds in (1.9, 0.2, 7.8, 0.3, 24.7, 0.4):
        await bench.later(seconds)
        tries.append(len(bench.line.sent))
    assert tries == [1, 1, 2, 2, 3, 3, 4]
    await bench.later(EXPIRY.total_seconds())
    assert await states(ledger) == {"expired": 1}
    assert await segment_states(ledger) == ["expired"]
    assert bench.meter.events["replies_expired"] == 1


async def test_an_uncertain_segment_goes_once_more_after_a_minute_and_never_a_third_time(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    bench.line.script = [Uncertain("no answer")] * 9
    await bench.bring(a_part(liquor_code(1)))
    await bench.later(59)
    assert len(bench.line.sent) == 1
    await bench.later(2)
    assert len(bench.line.sent) == 2
    await bench.later(1000)
    assert len(bench.line.sent) == 2
    assert await states(ledger) == {"answered": 1}
    assert bench.dispatch.depth == 0


async def test_a_receipt_spares_an_uncertain_segment_its_resend(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    bench.line.script = [Uncertain("no answer")]
    await bench.bring(a_part(liquor_code(1)))
    await bench.bring(a_receipt("77"))
    await bench.later(100)
    assert len(bench.line.sent) == 1
    assert await segment_states(ledger) == ["accepted"]
    assert await states(ledger) == {"answered": 1}


async def test_a_receipt_that_comes_before_the_missing_response_spares_the_resend_too(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    response: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    bench.line.script = [response]
    await bench.bring(a_part(liquor_code(1)))
    await bench.bring(a_receipt("77", recipient=NEIGHBOUR), a_receipt("77"))
    await bench.bring(a_part("你好", sender=a_citizen(8)))  # cycles go on while the response is waited for
    response.set_result(Uncertain("no answer"))
    await bench.settle()
    await bench.later(100)
    assert bench.line.texts == ["GENUINE_FIRST", "HELP"]
    assert await segment_states(ledger) == ["accepted", "accepted"]


async def test_a_failed_receipt_before_the_response_leaves_the_answer_owed(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    response: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    bench.line.script = [response]
    await bench.bring(a_part(liquor_code(1)))
    await bench.bring(a_receipt("77", Delivery.FAILED))
    await bench.bring(a_part("你好", sender=a_citizen(8)))
    response.set_result(Accepted("77"))
    await bench.settle()
    await bench.bring(a_part(liquor_code(1)))
    assert bench.line.texts == ["GENUINE_FIRST", "HELP", "GENUINE_FIRST"]


async def test_a_receipt_is_not_taken_for_last_weeks_uncertain_segment(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    bench.line.script = [Uncertain("no answer")] * 2
    await bench.bring(a_part(liquor_code(1)))
    await bench.later(61)
    await bench.later(7 * 86400)
    bench.line.script = [Uncertain("no answer")]
    await bench.bring(a_part(liquor_code(2), at=bench.clock.at))
    await bench.bring(a_receipt("78", at=bench.clock.at))
    await bench.later(100)
    assert len(bench.line.sent) == 3


async def test_an_unknown_receipt_changes_nothing_and_is_acknowledged(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    await bench.bring(a_part(liquor_code(1)))
    assert await bench.bring(a_receipt("nobody's"), a_receipt("one-1", recipient=NEIGHBOUR)) == [None, None]
    assert await segment_states(ledger) == ["accepted"]


async def test_a_reference_that_came_round_again_means_the_newest_segment(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    bench.line.script = [Accepted("5"), Accepted("5")]
    await bench.bring(a_part(liquor_code(1)))
    await bench.later(600)
    await bench.bring(a_part(liquor_code(2), at=bench.clock.at))
    await bench.bring(a_receipt("5", Delivery.FAILED, at=bench.clock.at))
    owed = await rows(ledger, select(undelivered.c.code))
    assert [row["code"] for row in owed] == [liquor_code(2)]


async def test_a_refused_answer_is_heard_again_uncounted_within_a_day_only(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    bench.line.script = [Refused("blacklisted"), Refused("blacklisted")]
    await bench.bring(a_part(liquor_code(1)))
    assert await states(ledger) == {"refused": 1}
    for _ in range(3):
        await bench.later(3600)
        await bench.bring(a_part(liquor_code(1), at=bench.clock.at))
    assert bench.line.texts == ["GENUINE_FIRST"] * 3 + ["SELF_REPEAT"]


async def test_what_was_not_delivered_a_day_ago_is_counted_again(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    bench.line.script = [Refused("blacklisted")]
    await bench.bring(a_part(liquor_code(1)))
    await bench.later(86401)
    await bench.bring(a_part(liquor_code(1), at=bench.clock.at))
    assert bench.line.texts == ["GENUINE_FIRST", "SELF_REPEAT"]


async def test_an_undelivered_answer_is_owed_to_its_asker_alone(ledger: SqlLedger) -> None:
    bench = await Bench(ledger).start()
    bench.line.script = [Refused("blacklisted")]
    await bench.bring(a_part(liquor_code(1)))
    await bench.bring(a_part(liquor_code(1), sender=NEIGHBOUR), a_part(liquor_code(1)))
    assert bench.line.texts == ["GENUINE_FIRST", "REPEAT_WARN", "GENUINE_FIRST"]


async def test_a_channel_that_raises_leaves_an_uncertain_segment_and_a_free_line(ledger: SqlLedger) -> None:
    bench = await Bench(ledger, ScriptedLine(window=1)).start()
    bench.line.script = [RuntimeError("a bug in a channel")]
    await bench.bring(a_part(liquor_code(1)), a_part(liquor_code(2), sender=NEIGHBOUR))
    assert len(bench.line.sent) == 2
    assert sorted(await segment_states(ledger)) == ["accepted", "uncertain"]
    await bench.later(61)
    assert len(bench.line.sent) == 3


async def test_a_channel_whose_wait_was_cancelled_from_within_leaves_a_free_line(ledger: SqlLedger) -> None:
    bench = await Bench(ledger, ScriptedLine(window=1)).start()
    response: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    response.cancel()  # as a session does to its waiters when it closes
    bench.line.script = [response]
    await bench.bring(a_part(liquor_code(1)))
    await bench.later(61)
    assert bench.line.texts == ["GENUINE_FIRST"] * 2
    assert await states(ledger) == {"answered": 1}


@pytest.mark.parametrize("reference", ["x" * 65, "a\x00b", "\ud800", ""])
async def test_a_reference_no_database_can_hold_ends_no_process(ledger: SqlLedger, reference: str) -> None:
    bench = await Bench(ledger).start()
    bench.line.script = [Accepted(reference)]
    await bench.bring(a_part(liquor_code(1)))
    assert await states(ledger) == {"answered": 1}
    bench.line.script = [Refused(f"because {reference}")]
    await bench.bring(a_part(liquor_code(1), sender=NEIGHBOUR))
    assert await states(ledger) == {"answered": 1, "refused": 1}


# -- lines -------------------------------------------------------------------------------------------


async def test_all_parts_of_a_text_leave_by_one_line_in_their_order(ledger: SqlLedger) -> None:
    lines = ScriptedLine("one", window=1), ScriptedLine("two", window=1)
    bench = await Bench(ledger, *lines, renderer=LONG).start()
    await bench.bring(*(a_part(liquor_code(n), sender=a_citizen(n)) for n in range(4)))
    assert len(lines[0].sent) == 8
    assert lines[1].sent == []
    for at, submission in enumerate(lines[0].sent):
        assert submission.concat is not None
        assert submission.concat.number == at % 2 + 1


async def test_a_line_down_for_ten_seconds_gives_its_replies_to_another_with_a_new_reference(
    ledger: SqlLedger,
) -> None:
    lines = ScriptedLine("one"), ScriptedLine("two")
    bench = await Bench(ledger, *lines, renderer=LONG).start()
    lines[0].ready = False
    await bench.bring(a_part(liquor_code(1)))
    await bench.later(9.9)
    assert lines[1].sent == []
    await bench.later(0.2)
    assert len(lines[1].sent) == 2
    assert {sent.concat.reference for sent in lines[1].sent if sent.concat} != {1}
    lines[0].ready = True
    await bench.later(300)
    assert lines[0].sent == []
    assert await states(ledger) == {"answered": 1}
    assert {row["account"] for row in await rows(ledger, select(segments.c.account))} == {"two"}


async def test_a_reply_half_out_moves_once_as_a_whole_and_never_again(ledger: SqlLedger) -> None:
    lines = ScriptedLine("one"), ScriptedLine("two"), ScriptedLine("three")
    bench = await Bench(ledger, *lines, renderer=LONG).start()
    lines[0].script = [Accepted("a"), Deferred("gone")]
    await bench.bring(a_part(liquor_code(1)))
    lines[0].ready = False
    lines[1].script = [Deferred("gone")] * 20
    for _ in range(20):
        await bench.later(10.1)
    lines[1].ready = False
    await bench.later(300)
    met = [sent.segment for line in lines for sent in line.sent]
    assert met
    assert sum(len(line.sent) > 0 for line in lines) == 2
    assert all(sent.text for sent in lines[0].sent)


async def test_the_daily_limit_holds_over_a_restart_and_ends_at_midnight_in_shanghai(
    tmp_path: Path, ledger: SqlLedger
) -> None:
    line = ScriptedLine("one", daily_limit=2)
    bench = await Bench(ledger, line).start()
    await bench.bring(*(a_part(liquor_code(n), sender=a_citizen(n)) for n in range(3)))
    assert len(line.sent) == 2
    after, anew = await restarted(tmp_path, bench, ledger)
    await after.later(60)
    assert len(line.sent) == 2
    after.clock.at = NOW.replace(hour=16) - timedelta(seconds=1)  # 23:59:59 in Shanghai
    await after.bring(a_part(liquor_code(9), sender=a_citizen(9), at=after.clock.at))
    assert len(line.sent) == 2
    await after.later(1)
    assert len(line.sent) == 3
    assert {row["day"].day: row["sent"] for row in await rows(anew, select(line_days))} == {10: 2, 11: 1}
    await anew.database.close()


async def test_a_day_of_trouble_on_the_network_spends_no_limit(ledger: SqlLedger) -> None:
    bench = await Bench(ledger, ScriptedLine("one", daily_limit=3)).start()
    bench.line.script = [Deferred("network busy")] * 5
    await bench.bring(a_part(liquor_code(1)))
    for _ in range(6):
        await bench.later(26)
    assert await states(ledger) == {"answered": 1}
    assert [row["sent"] for row in await rows(ledger, select(line_days.c.sent))] == [1]


async def test_a_spent_line_hands_on_at_once(ledger: SqlLedger) -> None:
    lines = ScriptedLine("one", daily_limit=1), ScriptedLine("two")
    bench = await Bench(ledger, *lines).start()
    await bench.bring(*(a_part(liquor_code(n), sender=a_citizen(n)) for n in range(3)))
    assert [len(line.sent) for line in lines] == [1, 2]


async def test_a_reply_of_a_line_no_longer_configured_leaves_by_another(tmp_path: Path, ledger: SqlLedger) -> None:
    lines = ScriptedLine("one"), ScriptedLine("two")
    bench = await Bench(ledger, *lines).start()
    lines[0].ready = False
    await bench.bring(a_part(liquor_code(1)))
    await bench.die()
    await declare_dead(ledger)
    anew = await a_ledger(sqlite_url(tmp_path))
    await Bench(anew, lines[1], clock=bench.clock).start()
    assert lines[1].texts == ["GENUINE_FIRST"]
    await anew.database.close()


async def test_a_question_for_a_line_no_longer_configured_expires_when_there_is_no_other(ledger: SqlLedger) -> None:
    bench = await Bench(ledger, ScriptedLine("one")).start()
    await bench.bring(a_part(liquor_code(1), account="gone", sender=NEIGHBOUR))
    assert bench.line.texts == ["GENUINE_FIRST"]
    bench.line.ready = False
    await bench.bring(a_part(liquor_code(2), account="gone"))
    await bench.later(EXPIRY.total_seconds() + 1)
    assert await states(ledger) == {"answered": 1, "expired": 1}


# -- crashes and doubt -------------------------------------------------------------------------------


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
    assert not bench.writer._sends


# -- memory ------------------------------------------------------------------------------------------


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
    for owner in (bench.dispatch, bench.writer, bench.writer._questions, *bench.dispatch.lines.values()):
        values = [getattr(owner, name) for name in dir(owner) if not name.startswith("__")]
        kept += sum(len(value) for value in values if isinstance(value, dict | list | set | deque))
    return kept
