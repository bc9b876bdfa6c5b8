"""From arrivals to answers through a real ledger: repeats, long texts, what cannot be stored."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.domain.address import Address
from gateway.domain.errors import StoreDown
from gateway.domain.message import Concat, Undecodable
from gateway.ports import Inbound
from gateway.store.engine import SqlLedger
from gateway.store.tables import answers, dead_letters, inquiries, joins, labels, records, tickets
from tests.builders.messages import (
    NEIGHBOUR,
    NOW,
    a_citizen,
    a_part,
    a_receipt,
    liquor_code,
    melon_code,
    parts_of,
)
from tests.builders.pipeline import Bench
from tests.builders.store import a_ledger, declare_dead, rows, segment_states, sqlite_url, states


@pytest.fixture
async def bench(ledger: SqlLedger) -> Bench:
    return await Bench(ledger).start()


async def counted(ledger: SqlLedger, code: str) -> int:
    found = await rows(ledger, select(labels.c.query_count).where(labels.c.code == code))
    return int(found[0]["query_count"]) if found else 0


async def test_repeats_of_a_code_in_one_batch_are_counted_in_their_order(ledger: SqlLedger, bench: Bench) -> None:
    senders = [a_citizen(n) for n in (3, 1, 2)]
    await bench.bring(*(a_part(liquor_code(5), sender=sender) for sender in senders))
    assert bench.line.texts == ["GENUINE_FIRST", "REPEAT_WARN", "REPEAT_WARN"]
    assert [submission.recipient for submission in bench.line.sent] == senders
    assert [row["query_count"] for row in await rows(ledger, select(answers).order_by(answers.c.inquiry_id))] == [
        1,
        2,
        3,
    ]


async def test_the_same_message_again_is_acknowledged_and_not_answered(ledger: SqlLedger, bench: Bench) -> None:
    part = a_part(liquor_code(5), key=b"SCTS 1")
    assert await bench.bring(part, part) == [None, None]
    assert await bench.bring(part) == [None]
    assert bench.line.texts == ["GENUINE_FIRST"]
    assert await counted(ledger, liquor_code(5)) == 1
    assert bench.limiter.asked == 1


async def test_a_question_is_stored_together_with_its_answer(ledger: SqlLedger, bench: Bench) -> None:
    bring = asyncio.ensure_future(bench.writer.deliver(a_part(liquor_code(5))))
    await asyncio.sleep(0)
    await bench.writer._turn()
    await bring
    assert await states(ledger) == {"replying": 1}
    assert await segment_states(ledger) == ["sending"]


async def test_who_watches_is_told_once_answers_are_stored(bench: Bench) -> None:
    assert bench.told == []
    await bench.bring(*(a_part(liquor_code(n)) for n in range(5)))
    assert bench.told == [None]
    await bench.settle()
    assert bench.told == [None]


async def test_the_same_message_is_known_again_after_a_restart(tmp_path: Path, ledger: SqlLedger, bench: Bench) -> None:
    part = a_part(liquor_code(5), key=b"SCTS 1")
    await bench.bring(part)
    await declare_dead(ledger)
    next_ledger = await a_ledger(sqlite_url(tmp_path))
    after = await Bench(next_ledger).start()
    assert await after.bring(part) == [None]
    assert after.line.texts == []
    await next_ledger.database.close()


async def test_one_key_on_two_accounts_is_two_messages(bench: Bench) -> None:
    await bench.bring(a_part(liquor_code(5), key=b"1"), a_part(liquor_code(5), key=b"1", account="two"))
    assert bench.meter.events["repeats"] == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_both_parts_of_a_text_in_one_batch_are_one_question(
    ledger: SqlLedger, bench: Bench, order: tuple[int, int]
) -> None:
    parts = parts_of(f"CX {liquor_code(5)} 请问这瓶酒是真的吗", 25)
    await bench.bring(*(parts[at] for at in order))
    assert bench.line.texts == ["GENUINE_FIRST"]
    assert await counted(ledger, liquor_code(5)) == 1
    assert set(await states(ledger)) <= {"answered", "suppressed"}


async def test_a_code_answered_early_is_not_counted_again_with_the_last_part(ledger: SqlLedger, bench: Bench) -> None:
    first, second = parts_of(f"CX {liquor_code(5)} 和 {liquor_code(6)} 两瓶", 21)
    await bench.bring(first)
    assert bench.line.texts == ["GENUINE_FIRST"]
    await bench.bring(second)
    assert bench.line.texts == ["GENUINE_FIRST", "GENUINE_FIRST"]
    assert await counted(ledger, liquor_code(5)) == 1
    assert await counted(ledger, liquor_code(6)) == 1
    await bench.later(20)
    assert len(bench.line.sent) == 2


async def test_an_early_answer_gets_no_help_behind_it(bench: Bench) -> None:
    first, second = parts_of(f"CX {liquor_code(5)} 帮我查一下 谢谢", 21)
    await bench.bring(first)
    await bench.bring(second)
    await bench.later(20)
    assert bench.line.texts == ["GENUINE_FIRST"]


async def test_a_code_across_two_parts_waits_for_the_other_half(ledger: SqlLedger, bench: Bench) -> None:
    first, second = parts_of(f"CX {liquor_code(5)}", 11)
    await bench.bring(first)
    assert bench.line.texts == []
    await bench.bring(second)
    assert bench.line.texts == ["GENUINE_FIRST"]
    assert await counted(ledger, liquor_code(5)) == 1


async def test_half_a_code_alone_is_asked_for_again_and_late_parts_complete_it(ledger: SqlLedger, bench: Bench) -> None:
    first, second = parts_of(f"CX {liquor_code(5)}", 11)
    await bench.bring(first)
    await bench.later(9.9)
    assert bench.line.texts == []
    await bench.later(0.2)
    assert bench.line.texts == ["RESEND"]
    assert await counted(ledger, liquor_code(5)) == 0
    await bench.bring(second)
    assert bench.line.texts == ["RESEND", "GENUINE_FIRST"]


async def test_every_long_text_is_judged_in_its_time(bench: Bench) -> None:
    await bench.bring(parts_of(f"CX {liquor_code(5)}", 11, sender=a_citizen(1))[0])
    await bench.later(5)
    await bench.bring(parts_of(f"CX {liquor_code(6)}", 11, sender=a_citizen(2))[0])
    await bench.later(5)
    assert [sent.recipient for sent in bench.line.sent] == [a_citizen(1)]
    await bench.later(5)
    assert [sent.recipient for sent in bench.line.sent] == [a_citizen(1), a_citizen(2)]


async def test_a_reference_used_again_pushes_the_unfinished_text_aside(ledger: SqlLedger, bench: Bench) -> None:
    await bench.bring(parts_of(f"CX {liquor_code(5)}", 11)[0])
    await bench.later(3)
    await bench.bring(*parts_of(f"CX {liquor_code(6)}", 11))
    assert bench.line.texts == ["GENUINE_FIRST"]
    assert await counted(ledger, liquor_code(6)) == 1
    await bench.later(10)
    assert bench.line.texts == ["GENUINE_FIRST", "RESEND"]


async def test_a_finished_text_sent_again_is_a_new_question(ledger: SqlLedger, bench: Bench) -> None:
    text = f"CX {liquor_code(5)}"
    await bench.bring(*parts_of(text, 11))
    await bench.bring(*parts_of(text, 11))
    assert bench.line.texts == ["GENUINE_FIRST", "SELF_REPEAT"]


async def test_a_part_that_cannot_be_of_its_text_is_a_text_and_stops_no_other(bench: Bench) -> None:
    """3GPP TS 23.040 §9.2.3.24.1 has such a header ignored: the part is a text of its own."""
    for at, number in enumerate((0, 3, -1)):
        impossible = a_part(liquor_code(at), concat=Concat(9, 2, number), sender=NEIGHBOUR)
        assert await bench.bring(impossible) == [None]
    assert bench.line.texts == ["GENUINE_FIRST"] * 3
    await bench.bring(parts_of(f"CX {liquor_code(5)}", 11)[0])
    await bench.later(11)
    assert bench.line.texts[3:] == ["RESEND"]


async def test_parts_of_two_senders_under_one_reference_do_not_mix(bench: Bench) -> None:
    mine, others = parts_of(f"CX {liquor_code(5)}", 11), parts_of(f"CX {liquor_code(6)}", 11, sender=NEIGHBOUR)
    await bench.bring(mine[0], others[1])
    assert bench.line.texts == []
    await bench.bring(others[0], mine[1])
    assert bench.line.texts == ["GENUINE_FIRST", "GENUINE_FIRST"]


async def test_a_long_text_survives_the_process_that_took_its_first_part(
    tmp_path: Path, ledger: SqlLedger, bench: Bench
) -> None:
    first, _ = parts_of(f"CX {liquor_code(5)}", 11)
    await bench.bring(first)
    await declare_dead(ledger)
    next_ledger = await a_ledger(sqlite_url(tmp_path))
    after = await Bench(next_ledger, clock=bench.clock).start()
    await after.later(11)
    assert after.line.texts == ["RESEND"]
    await next_ledger.database.close()


# -- poison ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("poison", ["\x00", "\ud800", "\udcff 16位"])
async def test_what_a_database_cannot_hold_hurts_nobody_beside_it(ledger: SqlLedger, bench: Bench, poison: str) -> None:
    arrivals: list[Inbound] = [
        a_part(liquor_code(5)),
        a_part(f"投诉 假酒{poison} {liquor_code(6)}", sender=a_citizen(1)),
        a_part(poison, sender=a_citizen(2)),
        a_part("text", sender=Address(f"BANK{poison}")),
        a_part("text", destination=Address(f"1065{poison}"), sender=a_citizen(3)),
        Undecodable("scripted", "one", f"raw {poison!r}".encode(), poison, f"no codec: {poison}", NOW),
        a_receipt(f"ref{poison}"),
        a_part(liquor_code(7), sender=NEIGHBOUR),
    ]
    assert await bench.bring(*arrivals) == [None] * len(arrivals)
    await bench.later(120)
    assert bench.line.texts.count("GENUINE_FIRST") == 2
    assert "UNAVAILABLE" not in bench.line.texts
    assert "REPORT_RECEIVED" in bench.line.texts
    assert not set(await states(ledger)) & {"new", "replying", "unavailable"}


async def test_a_record_that_does_not_decode_fails_alone_and_says_so_after_a_minute(
    ledger: SqlLedger, bench: Bench
) -> None:
    broken = update(records).where(records.c.type == "melon").values(body=b'{"product": 1}')
    await ledger.database.transact(lambda connection: connection.execute(broken))
    await bench.bring(a_part(melon_code(1)), a_part(liquor_code(5), sender=NEIGHBOUR))
    assert bench.line.texts == ["GENUINE_FIRST"]
    assert bench.limiter.asked == 2, "tried again, weighed once"
    for _ in range(12):
        await bench.later(5.1)
    assert bench.line.texts == ["GENUINE_FIRST", "UNAVAILABLE"]
    assert await counted(ledger, melon_code(1)) == 0
    assert await states(ledger) == {"answered": 1, "unavailable": 1}
    assert bench.writer._questions._weighed == {}


async def test_an_unreadable_message_is_kept_for_a_person_once(ledger: SqlLedger, bench: Bench) -> None:
    item = Undecodable("scripted", "one", b"k", "07 91 FF", "no such alphabet", NOW)
    assert await bench.bring(item, item) == [None, None]
    assert [row["reason"] for row in await rows(ledger, select(dead_letters))] == ["no such alphabet"]


async def test_a_question_from_no_mobile_is_stored_and_never_answered(ledger: SqlLedger, bench: Bench) -> None:
    for sender in ("10086", "", "95588", "861380013800"):
        await bench.bring(a_part(liquor_code(5), sender=Address(sender)))
    assert bench.line.sent == []
    assert await states(ledger) == {"suppressed": 4}
    assert await counted(ledger, liquor_code(5)) == 0


async def test_a_question_is_weighed_against_the_limits_once_however_often_it_is_tried(
    ledger: SqlLedger, bench: Bench
) -> None:
    broken = update(records).where(records.c.type == "melon").values(body=b"{")
    await ledger.database.transact(lambda connection: connection.execute(broken))
    await bench.bring(a_part(melon_code(1)))
    for _ in range(5):
        await bench.later(5.1)
    assert bench.limiter.asked == 1


async def test_an_arrival_the_store_never_took_is_given_back_to_its_channel(
    ledger: SqlLedger, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.pipeline.writer.STORE_PATIENCE", 0.01)
    with pytest.raises(StoreDown):
        await bench.writer.deliver(a_part(liquor_code(5)))
    await bench.settle()
    assert await states(ledger) == {}


async def test_a_channel_that_gives_up_waiting_leaves_nothing_behind(ledger: SqlLedger, bench: Bench) -> None:
    waiting = asyncio.ensure_future(bench.writer.deliver(a_part(liquor_code(5))))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await bench.settle()
    assert await rows(ledger, select(inquiries)) == []
    assert await rows(ledger, select(joins)) == []


async def test_a_report_whose_beginning_comes_late_is_taken_once(ledger: SqlLedger, bench: Bench) -> None:
    first, second = parts_of("JB 胜利路小店卖假酒，老板不承认，请来查", 8)
    await bench.bring(second)
    await bench.later(11)
    await bench.bring(first)
    assert len(await rows(ledger, select(tickets))) == 1


async def test_the_rest_of_a_long_text_is_not_a_second_message_for_the_limits(bench: Bench) -> None:
    first, second = parts_of(f"CX {liquor_code(5)} 谢谢你们了，辛苦", 22)
    await bench.bring(first)
    await bench.bring(second)
    assert bench.limiter.asked == 1
