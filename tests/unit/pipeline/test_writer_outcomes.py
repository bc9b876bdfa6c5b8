"""What each outcome and each receipt makes of a reply, through a real ledger."""

import asyncio

import pytest
from sqlalchemy import select

from gateway.domain.message import Delivery
from gateway.domain.outcome import Accepted, Deferred, Outcome, Refused, Uncertain
from gateway.domain.outgoing import EXPIRY
from gateway.store.engine import SqlLedger
from gateway.store.tables import undelivered
from tests.builders.messages import NEIGHBOUR, a_citizen, a_part, a_receipt, liquor_code
from tests.builders.pipeline import Bench, ScriptedLine
from tests.builders.store import rows, segment_states, states


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
