"""What every outbox must do: keep each segment as it is, and know what a receipt speaks of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from gateway.domain.inquiry import Inquiry, InquiryState
from gateway.domain.message import Delivery, Receipt
from gateway.domain.outcome import Accepted, Deferred, Outcome, Refused, Uncertain
from gateway.domain.outgoing import EXPIRY, Message, Segment, SegmentState
from gateway.domain.trace import Standing
from gateway.domain.verdict import Decision, Verdict
from gateway.ports import Answered, Ended, Unit
from gateway.store.engine import SqlLedger
from gateway.store.receipts import RECEIPT_LIFE
from gateway.store.tables import inquiries, line_days, messages, receipts, segments, undelivered
from tests.builders.messages import CITIZEN, NEIGHBOUR, NOW, a_message, a_receipt, an_inquiry, liquor_code
from tests.builders.store import declare_dead, rows

LATER = NOW + timedelta(seconds=5)


@pytest.fixture
async def ledger(another: Callable[[], SqlLedger]) -> SqlLedger:
    """A process that has said that it lives."""
    made = another()
    await made.backlog(NOW)
    return made


async def add(ledger: SqlLedger, *added: Message) -> None:
    await ledger.run(lambda unit: unit.outbox.add(added))


async def send(ledger: SqlLedger, message: Message, *outcomes: Outcome) -> Message:
    """Start and settle the first segments of a message, each in transactions of its own."""
    for at, outcome in enumerate(outcomes):
        for change in (Segment.starting, lambda segment, outcome=outcome: segment.settled(outcome, LATER)):
            message = message.with_segment(change(message.segments[at]))
            await save(ledger, [], [(message, message.segments[at])])
    return message


async def save(ledger: SqlLedger, ended: list[Message], changed: list[tuple[Message, Segment]]) -> None:
    assert await ledger.run(lambda unit: unit.outbox.save(ended, changed, LATER)) == set()


async def receive(ledger: SqlLedger, *received: Receipt) -> tuple[list[Segment], int]:
    changed, kept = await ledger.run(lambda unit: unit.receipts.match(received))
    return [segment for _, segment in changed], kept


async def answered(ledger: SqlLedger, code: str) -> Inquiry:
    """Store a question that was counted and whose reply is on its way."""
    inquiry = an_inquiry(code)
    genuine = Decision(Verdict.GENUINE_FIRST, "first query")

    def work(unit: Unit) -> None:
        unit.inbox.add([inquiry])
        unit.inbox.answered([Answered(inquiry.id, 1, code, "liquor", genuine, Standing(1, NOW))])
        unit.inbox.end([Ended(inquiry.id, InquiryState.REPLYING, "query")], NOW)

    await ledger.run(work)
    return inquiry


# -- keeping -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Accepted("7"), Deferred("busy"), Refused("no"), Uncertain("silence")])
async def test_a_message_comes_back_as_it_was_saved(ledger: SqlLedger, outcome: Outcome) -> None:
    message = await _added(ledger, a_message("一", "二", bulk=True))
    message = await send(ledger, message, outcome)
    (loaded,) = (await ledger.backlog(LATER)).messages
    assert loaded == message


async def test_a_message_that_moved_takes_its_segments_along(ledger: SqlLedger) -> None:
    message = await send(ledger, await _added(ledger, a_message("一", "二")), Accepted("7"))
    moved = message.on_line("other kind", "two", 99, LATER)
    assert moved is not None
    await save(ledger, [moved], [(moved, segment) for segment in moved.segments])
    (loaded,) = (await ledger.backlog(LATER)).messages
    assert loaded == moved
    assert {row["account"] for row in await rows(ledger, select(segments.c.account))} == {"two"}
    assert await receive(ledger, a_receipt("7")) == ([], 1)


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([Accepted("1"), Accepted("2")], "answered"),
        ([Accepted("1"), Refused("no")], "refused"),
        ([Refused("no"), Accepted("2")], "refused"),
    ],
)
async def test_a_message_that_ends_ends_its_question(ledger: SqlLedger, outcomes: list[Outcome], state: str) -> None:
    inquiry = await answered(ledger, liquor_code(1))
    message = await send(ledger, await _added(ledger, a_message("一", "二", inquiry=inquiry.id)), *outcomes)
    await save(ledger, [message], [])
    assert [row["state"] for row in await rows(ledger, select(inquiries.c.state))] == [state]
    assert (await ledger.backlog(LATER)).messages == ()
    owed = await rows(ledger, select(undelivered.c.code))
    assert bool(owed) is (state == "refused")


async def test_an_expired_message_expires_its_question(ledger: SqlLedger) -> None:
    inquiry = await answered(ledger, liquor_code(1))
    message = (await _added(ledger, a_message(inquiry=inquiry.id))).expired()
    await save(ledger, [message], [(message, message.segments[0])])
    assert [row["state"] for row in await rows(ledger, select(inquiries.c.state))] == ["expired"]


async def test_the_notice_that_no_answer_can_be_had_stays_that_when_delivered(ledger: SqlLedger) -> None:
    inquiry = an_inquiry()

    def work(unit: Unit) -> None:
        unit.inbox.add([inquiry])
        unit.inbox.end([Ended(inquiry.id, InquiryState.UNAVAILABLE)], NOW)

    await ledger.run(work)
    message = await send(ledger, await _added(ledger, a_message(inquiry=inquiry.id)), Accepted("1"))
    await save(ledger, [message], [])
    assert [row["state"] for row in await rows(ledger, select(inquiries.c.state))] == ["unavailable"]


async def test_what_another_process_took_over_is_left_alone_and_named(
    ledger: SqlLedger, another: Callable[[], SqlLedger]
) -> None:
    message = await _added(ledger, a_message())
    await declare_dead(ledger)
    await another().backlog(NOW)
    started = message.with_segment(message.segments[0].starting())
    changed = [(started, started.segments[0])]
    assert await ledger.run(lambda unit: unit.outbox.save([started], changed, LATER)) == {message.id}
    assert [row["state"] for row in await rows(ledger, select(segments.c.state))] == ["queued"]


async def test_segments_of_a_day_add_up(ledger: SqlLedger) -> None:
    for leaving in ({"one": 3, "two": 1}, {"one": 3}, {}):
        await ledger.run(partial(_leave, leaving=leaving, day=date(2026, 5, 10)))
    await ledger.run(partial(_leave, leaving={"one": 3}, day=date(2026, 5, 11)))
    counted = {(row["account"], row["day"].day): row["sent"] for row in await rows(ledger, select(line_days))}
    assert counted == {("one", 10): 6, ("two", 10): 1, ("one", 11): 3}
    assert (await ledger.backlog(NOW)).sent_today == {"one": 6, "two": 1}


def _leave(unit: Unit, leaving: dict[str, int], day: date) -> None:
    unit.outbox.sent(leaving, day)


# -- receipts ----------------------------------------------------------------------------------------


async def _added(ledger: SqlLedger, message: Message) -> Message:
    await add(ledger, message)
    return message


async def test_a_receipt_finds_its_segment_by_account_reference_and_recipient(ledger: SqlLedger) -> None:
    mine = await send(ledger, await _added(ledger, a_message("我")), Accepted("7"))
    await send(ledger, await _added(ledger, a_message("他", recipient=NEIGHBOUR)), Accepted("7"))
    await send(ledger, await _added(ledger, a_message("别", account="two")), Accepted("7"))
    (changed,), kept = await receive(ledger, a_receipt("7", at=LATER))
    assert (changed.id, kept) == (mine.segments[0].id, 0)
    times = {row["text"]: row["delivered_at"] for row in await rows(ledger, select(segments))}
    assert times == {"我": LATER, "他": None, "别": None}


async def test_a_receipt_settles_the_oldest_uncertain_segment_to_its_recipient(ledger: SqlLedger) -> None:
    first = await send(ledger, await _added(ledger, a_message("一")), Uncertain("silence"))
    await send(ledger, await _added(ledger, a_message("他", recipient=NEIGHBOUR)), Uncertain("silence"))
    (changed,), _ = await receive(ledger, a_receipt("8"))
    assert (changed.id, changed.state, changed.due_at) == (first.segments[0].id, SegmentState.ACCEPTED, None)


async def test_a_receipt_that_says_wait_shows_that_an_uncertain_segment_arrived_at_the_network(
    ledger: SqlLedger,
) -> None:
    await send(ledger, await _added(ledger, a_message()), Uncertain("silence"))
    (changed,), _ = await receive(ledger, a_receipt("8", Delivery.PENDING))
    assert (changed.state, changed.due_at) == (SegmentState.ACCEPTED, None)
    assert [row["delivered_at"] for row in await rows(ledger, select(segments))] == [None]
    assert await receive(ledger, a_receipt("8", Delivery.PENDING)) == ([], 0)
    (changed,), _ = await receive(ledger, a_receipt("8", at=LATER))
    assert [row["delivered_at"] for row in await rows(ledger, select(segments))] == [LATER]


async def test_receipts_that_come_together_heed_each_other(ledger: SqlLedger) -> None:
    first = await send(ledger, await _added(ledger, a_message("一")), Uncertain("silence"))
    second = await send(ledger, await _added(ledger, a_message("二")), Uncertain("silence"))
    theirs = await send(ledger, await _added(ledger, a_message("他", recipient=NEIGHBOUR)), Accepted("8"))
    changed, kept = await receive(
        ledger,
        a_receipt("8", at=LATER),
        a_receipt("8", Delivery.PENDING, at=LATER),  # of what the first one settled: nothing new
        a_receipt("8", recipient=NEIGHBOUR, at=LATER),
        a_receipt("9", at=LATER),
        a_receipt("10", at=LATER),  # nothing is left that it could speak of
    )
    settled = [message.segments[0].id for message in (first, theirs, second)]
    assert ([segment.id for segment in changed], kept) == (settled, 1)
    assert [row["delivered_at"] for row in await rows(ledger, select(segments))] == [LATER] * 3


async def test_a_receipt_waits_while_a_segment_to_its_recipient_is_under_way(ledger: SqlLedger) -> None:
    message = await _added(ledger, a_message())
    started = message.with_segment(message.segments[0].starting())
    await save(ledger, [], [(started, started.segments[0])])
    assert await receive(ledger, a_receipt("9", at=LATER)) == ([], 1)
    accepted = started.with_segment(started.segments[0].settled(Accepted("9"), LATER))
    await save(ledger, [], [(accepted, accepted.segments[0])])
    changed = await ledger.run(lambda unit: unit.receipts.take_early([(accepted, accepted.segments[0])]))
    assert [segment.peer_ref for _, segment in changed] == ["9"]
    assert await rows(ledger, select(receipts)) == []
    assert [row["delivered_at"] for row in await rows(ledger, select(segments))] == [LATER]


async def test_a_kept_receipt_settles_a_segment_whose_response_never_came(ledger: SqlLedger) -> None:
    message = await _added(ledger, a_message())
    started = message.with_segment(message.segments[0].starting())
    await save(ledger, [], [(started, started.segments[0])])
    assert await receive(ledger, a_receipt("9")) == ([], 1)
    lost = started.with_segment(started.segments[0].settled(Uncertain("silence"), LATER))
    await save(ledger, [], [(lost, lost.segments[0])])
    ((id_, segment),) = await ledger.run(lambda unit: unit.receipts.take_early([(lost, lost.segments[0])]))
    assert (id_, segment.state, segment.peer_ref) == (message.id, SegmentState.ACCEPTED, "9")


async def test_a_kept_receipt_of_another_time_is_no_early_one(ledger: SqlLedger) -> None:
    old = NOW - EXPIRY - timedelta(seconds=1)
    assert await receive(ledger, a_receipt("9", Delivery.FAILED, at=old)) == ([], 1)
    accepted = await send(ledger, await _added(ledger, a_message()), Accepted("9"))
    assert await ledger.run(lambda unit: unit.receipts.take_early([(accepted, accepted.segments[0])])) == []


async def test_a_receipt_for_what_is_long_gone_is_kept_and_changes_nothing(ledger: SqlLedger) -> None:
    await send(ledger, await _added(ledger, a_message()), Accepted("7"))
    await send(ledger, await _added(ledger, a_message(recipient=NEIGHBOUR)), Uncertain("silence"))
    late = LATER + RECEIPT_LIFE
    assert await receive(ledger, a_receipt("7", at=late), a_receipt("8", recipient=NEIGHBOUR, at=late)) == ([], 2)


async def test_a_receipt_of_failure_leaves_the_counted_answer_owed(ledger: SqlLedger) -> None:
    inquiry = await answered(ledger, liquor_code(1))
    message = await send(ledger, await _added(ledger, a_message(inquiry=inquiry.id)), Accepted("7"))
    await save(ledger, [message], [])
    (changed,), _ = await receive(ledger, a_receipt("7", Delivery.FAILED))
    assert changed.state is SegmentState.ACCEPTED
    (owed,) = await rows(ledger, select(undelivered))
    assert (owed["code"], owed["querier"], owed["query_count"]) == (liquor_code(1), inquiry.querier, 1)


async def test_a_reminder_that_fails_owes_nothing(ledger: SqlLedger) -> None:
    await send(ledger, await _added(ledger, a_message(bulk=True)), Accepted("7"))
    assert len((await receive(ledger, a_receipt("7", Delivery.FAILED)))[0]) == 1
    assert await rows(ledger, select(undelivered)) == []


async def test_references_that_no_column_holds_still_meet(ledger: SqlLedger) -> None:
    long = "r" * 70 + "\x00\ud800"
    await send(ledger, await _added(ledger, a_message()), Accepted(long))
    (changed,), kept = await receive(ledger, replace(a_receipt(long), detail="\x00" * 300 + "\ud800"))
    assert (changed.state, kept) == (SegmentState.ACCEPTED, 0)
    assert await receive(ledger, a_receipt(long + "x", recipient=CITIZEN, account="two")) == ([], 1)


async def test_numbers_stand_in_no_column_in_the_clear(ledger: SqlLedger) -> None:
    await add(ledger, a_message())
    for table in (messages, segments):
        assert CITIZEN.number not in repr(await rows(ledger, select(table)))
        assert CITIZEN.national not in repr(await rows(ledger, select(table)))
