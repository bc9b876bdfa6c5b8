"""What the live page reads and does, on both databases."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, update
from uuid_utils.compat import uuid7

from gateway.domain.access import Actor, Role
from gateway.domain.address import Address
from gateway.domain.errors import Refusal
from gateway.domain.outgoing import EXPIRY, Message, MessageState, Segment, SegmentState
from gateway.domain.verdict import Verdict
from gateway.filing import interventions
from gateway.filing.board import SECOND_THOUGHTS
from gateway.ports import News
from gateway.store.books import SqlArchive, SqlBooks
from gateway.store.engine import SqlLedger
from gateway.store.tables import inquiries, messages, segments
from gateway.text.segments import Encoding
from tests.builders.figures import asked
from tests.builders.messages import CODES, NOW, VAULT

AGENT = Actor("user:苏和", Role.AGENT)
ONLOOKER = Actor("user:高云", Role.REGULATOR)
SOON = NOW + timedelta(milliseconds=300)


def a_reply(state: MessageState = MessageState.REFUSED) -> tuple[Message, MessageState]:
    segment = Segment(uuid7(), 1, "是正品。", due_at=NOW)
    message = Message(
        uuid7(), None, "modem", "卡01", Address.parse("1069"), Address.parse("15900002270"), segment.text,
        Encoding.UCS2, 7, NOW, NOW + EXPIRY, (segment,),
    )  # fmt: skip
    return message, state


def kept(books: SqlBooks, reply: tuple[Message, MessageState]) -> UUID:
    message, state = reply
    books.post.send([message])
    books.connection.execute(update(messages).where(messages.c.id == message.id).values(state=state))
    ended = {"state": SegmentState.REFUSED, "due_at": None, "reason": "号码停机", "attempts": 4}
    books.connection.execute(update(segments).where(segments.c.message_id == message.id).values(**ended))
    return message.id


async def test_all_processes_are_woken_for_a_pause(ledger: SqlLedger) -> None:
    rung: list[News] = []
    archive = SqlArchive(ledger.database, VAULT, CODES, rung.append)
    await archive.act(lambda books: interventions.pause(books, AGENT, "卡01", "换卡", NOW))
    assert rung == [News.PAUSES]
    await archive.act(lambda books: interventions.pause(books, AGENT, "卡01", "换卡", NOW))
    assert rung == [News.PAUSES]  # it was paused before
    await archive.act(lambda books: interventions.resume(books, AGENT, "卡01", NOW))
    assert rung == [News.PAUSES, News.PAUSES]


async def test_the_stream_goes_on_where_it_was_and_stops_before_what_is_being_answered(
    ledger: SqlLedger, archive: SqlArchive
) -> None:
    def ask(connection: Connection) -> None:
        asked(connection, "GENUINE_FIRST", "1688012345678904", at=NOW)
        connection.execute(
            insert(inquiries).values(
                id=uuid7(), channel="modem", account="卡01", sender_shown="139****0001", querier=b"1", destination="1",
                text="CX", received_at=NOW, state="new", test=False,
            )
        )  # fmt: skip
        asked(connection, "REPEAT_WARN", "1688012345678904", at=NOW)

    await ledger.database.transact(ask)
    first = await archive.look(lambda books: books.board.stream(None, NOW, 60))
    assert [one.verdict for one in first] == [Verdict.GENUINE_FIRST]
    assert first[0].took == timedelta(milliseconds=40)
    later = await archive.look(lambda books: books.board.stream(first[-1].id, NOW + timedelta(seconds=30), 60))
    assert [one.verdict for one in later] == [None, Verdict.REPEAT_WARN]
    assert await archive.look(lambda books: books.board.stream(later[-1].id, NOW, 60)) == []


async def test_rates_are_of_the_last_hour_by_minute(ledger: SqlLedger, archive: SqlArchive) -> None:
    def ask(connection: Connection) -> None:
        asked(connection, "CYL_OK", "6112345678904444", at=NOW - timedelta(seconds=1), times=3, channel="modem")
        asked(connection, "CYL_OK", "6112345678904444", at=NOW - timedelta(minutes=30), channel="modem")
        asked(connection, "CYL_OK", "6112345678904444", at=NOW - timedelta(hours=2), channel="modem")
        asked(connection, "CYL_OK", "6112345678904444", at=NOW, channel="modem", test=True)

    await ledger.database.transact(ask)
    (rate,) = (await archive.look(lambda books: books.board.now(NOW))).rates
    assert (rate.channel, sum(rate.minutes), rate.p95) == ("modem", 4, 40)
    assert sum(rate.minutes[-2:]) == 3


async def test_a_reply_is_set_aside_once_and_put_back(archive: SqlArchive) -> None:
    message = await archive.act(lambda books: kept(books, a_reply()))
    now = await archive.look(lambda books: books.board.now(NOW))
    assert [(s.reason, s.attempts, s.recipient) for s in now.stuck] == [("号码停机", 4, "159****2270")]
    await archive.act(lambda books: interventions.set_aside(books, AGENT, message, NOW))
    assert (await archive.look(lambda books: books.board.now(NOW))).stuck_in_all == 0
    with pytest.raises(Refusal):
        await archive.act(lambda books: interventions.set_aside(books, AGENT, message, NOW))
    await archive.act(lambda books: interventions.set_aside(books, AGENT, message, NOW, back=True))
    assert (await archive.look(lambda books: books.board.now(NOW))).stuck_in_all == 1


async def test_what_goes_once_more_can_be_held_back_until_it_leaves(archive: SqlArchive) -> None:
    message = await archive.act(lambda books: kept(books, a_reply()))
    with pytest.raises(Refusal, match="只限"):
        await archive.act(lambda books: interventions.send_again(books, ONLOOKER, message, None, NOW))
    await archive.act(lambda books: interventions.send_again(books, AGENT, message, ("modem", "卡02"), NOW))
    with pytest.raises(Refusal):
        await archive.act(lambda books: interventions.send_again(books, AGENT, message, None, NOW))
    await archive.act(lambda books: interventions.hold_back(books, AGENT, message, SOON))
    (stuck,) = (await archive.look(lambda books: books.board.now(NOW))).stuck
    assert (stuck.account, stuck.state) == ("卡02", "refused")
    await archive.act(lambda books: interventions.send_again(books, AGENT, message, None, NOW))
    with pytest.raises(Refusal, match="收不回来"):
        await archive.act(lambda books: interventions.hold_back(books, AGENT, message, NOW + SECOND_THOUGHTS))


async def test_a_line_is_paused_by_somebody_for_a_reason(archive: SqlArchive) -> None:
    for reason in ("", "长" * 61, "换\x00卡"):
        with pytest.raises(Refusal, match="为什么暂停"):
            await archive.act(lambda books, reason=reason: interventions.pause(books, AGENT, "卡01", reason, NOW))  # type: ignore[misc]
    await archive.act(lambda books: interventions.pause(books, AGENT, "卡01", " 换 卡 ", NOW))
    await archive.act(lambda books: interventions.pause(books, AGENT, "卡01", "又", NOW))  # who was first is kept
    paused = await archive.look(lambda books: books.board.pauses())
    assert [(p.account, p.actor, p.reason, p.at) for p in paused.values()] == [("卡01", AGENT.name, "换 卡", NOW)]
    await archive.act(lambda books: interventions.resume(books, AGENT, "卡01", NOW))
    assert await archive.look(lambda books: books.board.pauses()) == {}


async def test_what_may_have_left_is_counted_with_when_it_goes_once_more(archive: SqlArchive) -> None:
    def doubtful(books: SqlBooks) -> None:
        for seconds in (40, 20):
            message = kept(books, a_reply(MessageState.OPEN))
            due = {"state": SegmentState.UNCERTAIN, "due_at": NOW + timedelta(seconds=seconds)}
            books.connection.execute(update(segments).where(segments.c.message_id == message).values(**due))

    await archive.act(doubtful)
    now = await archive.look(lambda books: books.board.now(NOW))
    assert (now.doubt.count, now.doubt.next_at) == (2, NOW + timedelta(seconds=20))
    assert [(rate.channel, rate.waiting, rate.uncertain) for rate in now.rates] == [("modem", 2, 2)]
