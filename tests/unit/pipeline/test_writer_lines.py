"""By which line a reply leaves, through a real ledger."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.domain.outcome import Accepted, Deferred, Outcome
from gateway.domain.outgoing import EXPIRY
from gateway.pipeline import writer
from gateway.store.engine import SqlLedger
from gateway.store.outbox import SqlOutbox
from gateway.store.tables import line_days, segments
from tests.builders.messages import NEIGHBOUR, NOW, VAULT, ManualClock, a_citizen, a_message, a_part, liquor_code
from tests.builders.pipeline import Bench, PlainRenderer, ScriptedLine, restarted, serving
from tests.builders.store import a_ledger, declare_dead, rows, sqlite_url, states

LONG = PlainRenderer("·" * 100)  # makes every reply two segments


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


async def test_what_is_posted_leaves_at_once_and_not_with_the_next_heartbeat(
    ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "HEARTBEAT", 3600.0)
    line, left = ScriptedLine(), asyncio.Event()
    line.script = [_accepted(left)]
    message = a_message("电梯012345有人被困", inquiry=None, channel="", account="")
    async with serving(ledger, line, clock=ManualClock()) as serving_writer:
        await ledger.database.transact(lambda connection: SqlOutbox(connection, VAULT, None).add([message]))
        serving_writer.posted()
        async with asyncio.timeout(30):
            await left.wait()
    assert line.texts == ["电梯012345有人被困"]


async def _accepted(left: asyncio.Event) -> Outcome:
    left.set()
    return Accepted("one-1")
