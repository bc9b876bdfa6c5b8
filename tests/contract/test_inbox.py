"""What every inbox must do: know what came before, join what belongs together, give each question to one process."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.domain.address import Address
from gateway.domain.inquiry import GAP, Inquiry, InquiryState
from gateway.domain.message import Concat, Part, Undecodable
from gateway.domain.trace import Standing
from gateway.domain.verdict import Decision, Verdict
from gateway.ports import Answered, Ended, Join, Unit
from gateway.store.engine import SqlLedger
from gateway.store.inbox import KEY_LIFE
from gateway.store.tables import dead_letters, inquiries, joins, optouts
from tests.builders.messages import NOW, VAULT, a_citizen, a_part, an_inquiry, liquor_code
from tests.builders.store import rows

JUDGE_AT = NOW + timedelta(seconds=10)
TODAY = NOW.date()


async def test_a_key_is_new_once(ledger: SqlLedger) -> None:
    assert await ledger.run(lambda unit: unit.inbox.unseen(["a", "b", "a"], NOW)) == {"a", "b"}
    assert await ledger.run(lambda unit: unit.inbox.unseen(["b", "c"], NOW)) == {"c"}
    assert await ledger.run(lambda unit: unit.inbox.unseen([], NOW)) == set()


async def test_a_key_is_new_to_one_of_two_processes(ledger: SqlLedger, another: Callable[[], SqlLedger]) -> None:
    keys = [f"{number:032}" for number in range(600)]
    both = await asyncio.gather(
        ledger.run(lambda unit: unit.inbox.unseen(keys, NOW)),
        another().run(lambda unit: unit.inbox.unseen(keys[::-1], NOW)),
    )
    assert sorted([*both[0], *both[1]]) == keys


async def test_a_question_comes_back_as_it_was(ledger: SqlLedger) -> None:
    await ledger.backlog(NOW)
    asked = [
        an_inquiry(f"CX {liquor_code(1)}"),
        an_inquiry("CQ 蒙C12345 #1234"),  # a PIN: shown masked, kept sealed until it is answered
        an_inquiry(f"half{GAP}\x00\ud83d"),
        an_inquiry("", sender=Address("")),
        an_inquiry("x" * 5000, sender=Address("BANK\x00\ud800"), destination=Address("1065730")),
    ]
    await ledger.run(lambda unit: unit.inbox.add(asked))
    assert sorted((await ledger.backlog(NOW)).inquiries, key=lambda one: one.id) == asked


async def test_a_pin_is_never_shown_and_gone_when_answered(ledger: SqlLedger) -> None:
    inquiry = an_inquiry("CQ 蒙C12345 #1234")
    await ledger.run(lambda unit: unit.inbox.add([inquiry]))
    (row,) = await rows(ledger, select(inquiries.c.text, inquiries.c.sealed_text))
    assert "1234" not in row["text"].replace("12345", "")
    assert row["sealed_text"] is not None
    await ledger.run(lambda unit: unit.inbox.end([Ended(inquiry.id, InquiryState.ANSWERED)], NOW))
    (row,) = await rows(ledger, select(inquiries.c.sealed_text))
    assert row["sealed_text"] is None


async def test_a_question_is_answered_by_one_of_two_processes(
    ledger: SqlLedger, another: Callable[[], SqlLedger]
) -> None:
    asked = [an_inquiry(sender=a_citizen(number)) for number in range(20)]
    await ledger.run(lambda unit: unit.inbox.add(asked))

    def answer(unit: Unit) -> int:
        mine = unit.inbox.still_new([inquiry.id for inquiry in asked])
        unit.inbox.end([Ended(id_, InquiryState.REPLYING, "help") for id_ in mine], NOW)
        return len(mine)

    assert sorted(await asyncio.gather(ledger.run(answer), another().run(answer))) == [0, 20]


@pytest.mark.parametrize("state", [InquiryState.REPLYING, InquiryState.LIMITED])
async def test_a_question_stored_with_its_end_is_nobody_s_to_answer(ledger: SqlLedger, state: InquiryState) -> None:
    inquiry = an_inquiry("你好 #123456")
    ended = Ended(inquiry.id, state, "none", "why")
    await ledger.run(lambda unit: unit.inbox.add_ended([(inquiry, ended)], NOW))
    assert (await ledger.backlog(NOW)).inquiries == ()
    assert await ledger.run(lambda unit: unit.inbox.still_new([inquiry.id])) == set()
    (row,) = await rows(ledger, select(inquiries))
    assert (row["state"], row["intent"], row["reason"]) == (state, "none", "why")
    assert row["settled_at"] == (None if state is InquiryState.REPLYING else NOW)
    assert row["sealed_text"] is None, "what is answered is kept masked only"


async def test_an_end_that_no_column_holds_is_cut_and_cleaned(ledger: SqlLedger) -> None:
    inquiry = an_inquiry()
    await ledger.run(lambda unit: unit.inbox.add([inquiry]))
    ended = Ended(inquiry.id, InquiryState.SUPPRESSED, "none", "because\x00 \ud800" + "x" * 300)
    await ledger.run(lambda unit: unit.inbox.end([ended], NOW))
    (row,) = await rows(ledger, select(inquiries.c.reason))
    assert row["reason"].startswith("because ")
    assert len(row["reason"]) == 200


async def test_codes_answered_are_those_of_the_whole_long_text(ledger: SqlLedger) -> None:
    first, rest = an_inquiry(), an_inquiry()
    rest = Inquiry(rest.id, "scripted", "one", rest.sender, rest.destination, rest.querier, "rest", NOW, first.id)

    def answer(inquiry: Inquiry, *codes: str | None) -> list[Answered]:
        genuine = Decision(Verdict.GENUINE_FIRST, "first query", ("WHY",))
        return [Answered(inquiry.id, at, code, "liquor", genuine, Standing(1, NOW)) for at, code in enumerate(codes)]

    def work(unit: Unit) -> set[str]:
        unit.inbox.add([first, rest])
        unit.inbox.answered(answer(first, "a", None) + answer(rest, "b"))
        return unit.inbox.codes_answered(first.id)

    assert await ledger.run(work) == {"a", "b"}


async def test_a_notice_is_first_once_a_day_for_each(ledger: SqlLedger) -> None:
    def work(unit: Unit) -> list[bool]:
        first = unit.inbox.first_today
        tomorrow = TODAY + timedelta(days=1)
        return [
            first(b"a", "help", TODAY),
            first(b"a", "help", TODAY),
            first(b"b", "help", TODAY),
            first(b"a", "optout", TODAY),
            first(b"a", "help", tomorrow),
        ]

    assert await ledger.run(work) == [True, False, True, True, True]


async def test_opting_out_twice_is_opting_out(ledger: SqlLedger) -> None:
    for _ in range(2):
        await ledger.run(lambda unit: unit.inbox.opt_out(b"person", NOW))
    assert len(await rows(ledger, select(optouts))) == 1


async def test_what_nobody_can_read_is_kept_sealed(ledger: SqlLedger) -> None:
    item = Undecodable("modem", "one", b"k", "\x00\ud800 07 91", "why\x00\ud800" + "y" * 500, NOW)
    await ledger.run(lambda unit: unit.inbox.bury([item]))
    (row,) = await rows(ledger, select(dead_letters))
    assert VAULT.open(row["raw"]) == item.raw
    assert len(row["reason"]) == 400


# -- long texts --------------------------------------------------------------------------------------


def numbered(number: int, text: str, *, total: int = 3, seconds: float = 0.0) -> Part:
    return a_part(text, concat=Concat(7, total, number), at=NOW + timedelta(seconds=seconds))


async def add(ledger: SqlLedger, part: Part, key: str = "text") -> Join:
    return await ledger.run(lambda unit: unit.inbox.add_part(key, part, JUDGE_AT))


async def test_parts_come_together_in_any_order(ledger: SqlLedger) -> None:
    for number in (3, 1):
        await add(ledger, numbered(number, f"第{number}"))
    join = await add(ledger, numbered(2, "\x00\ud83d"))
    assert join.parts == {1: "第1", 2: "\x00\ud83d", 3: "第3"}
    assert (join.total, join.sender, join.inquiry, join.judged) == (3, a_part().sender, None, False)


async def test_the_same_part_again_changes_nothing(ledger: SqlLedger) -> None:
    first = await add(ledger, numbered(1, "一"))
    assert await add(ledger, numbered(1, "一")) == first


async def test_another_text_under_the_same_reference_starts_anew(ledger: SqlLedger) -> None:
    old = await add(ledger, numbered(1, "旧"))
    new = await add(ledger, numbered(1, "新"))
    assert new.id != old.id
    assert new.parts == {1: "新"}
    due = await ledger.run(lambda unit: unit.inbox.joins_due(JUDGE_AT))
    assert {join.id: join.parts for join in due} == {old.id: {1: "旧"}, new.id: {1: "新"}}


async def test_a_part_a_quarter_of_an_hour_later_belongs_to_another_text(ledger: SqlLedger) -> None:
    old = await add(ledger, numbered(1, "旧"))
    late = KEY_LIFE.total_seconds()
    assert (await add(ledger, numbered(2, "准时", seconds=late))).id == old.id
    assert (await add(ledger, numbered(3, "太晚", seconds=late + 1))).id != old.id


async def test_a_finished_text_takes_no_more_parts(ledger: SqlLedger) -> None:
    await add(ledger, numbered(1, "一", total=2))
    whole = await add(ledger, numbered(2, "二", total=2))
    assert (await add(ledger, numbered(1, "一", total=2))).id != whole.id


async def test_what_is_due_is_judged_once_and_the_next_time_is_known(ledger: SqlLedger) -> None:
    join = await add(ledger, numbered(1, "一"))
    other = await ledger.run(
        lambda unit: unit.inbox.add_part("other", numbered(1, "别"), JUDGE_AT + timedelta(seconds=3))
    )
    first = an_inquiry()
    assert await ledger.run(lambda unit: unit.inbox.next_judgement()) == JUDGE_AT
    early = JUDGE_AT - timedelta(microseconds=1)
    assert await ledger.run(lambda unit: unit.inbox.joins_due(early)) == []
    assert [one.id for one in await ledger.run(lambda unit: unit.inbox.joins_due(JUDGE_AT))] == [join.id]
    await ledger.run(lambda unit: unit.inbox.asked(join.id, first.id, final=True))
    assert await ledger.run(lambda unit: unit.inbox.joins_due(JUDGE_AT)) == []
    assert await ledger.run(lambda unit: unit.inbox.next_judgement()) == JUDGE_AT + timedelta(seconds=3)
    late = await add(ledger, numbered(2, "二"))
    assert (late.id, late.judged, late.inquiry) == (join.id, True, first.id)
    assert not other.judged


async def test_an_early_answer_still_waits_for_its_parts(ledger: SqlLedger) -> None:
    join = await add(ledger, numbered(1, "一"))
    await ledger.run(lambda unit: unit.inbox.asked(join.id, an_inquiry().id, final=False))
    assert [one.id for one in await ledger.run(lambda unit: unit.inbox.joins_due(JUDGE_AT))] == [join.id]


async def test_parts_that_reach_two_processes_at_once_meet(ledger: SqlLedger, another: Callable[[], SqlLedger]) -> None:
    other = another()
    await other.backlog(NOW)  # connected
    for attempt in range(5):
        seen = await asyncio.gather(
            add(ledger, numbered(1, "一", total=2), f"text {attempt}"),
            add(other, numbered(2, "二", total=2), f"text {attempt}"),
        )
        assert sorted(len(join.parts) for join in seen) == [1, 2]
    assert len(await rows(ledger, select(joins.c.id))) == 5
