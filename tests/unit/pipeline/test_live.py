"""Answers to whoever waits: group commits, one bad question, a database that goes away, a caller that goes away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import select

from gateway.domain.errors import StoreDown, TemplateFault
from gateway.domain.question import Question, understand
from gateway.domain.reply import Clause, Reply
from gateway.domain.verdict import Verdict
from gateway.pipeline.answer import Desk
from gateway.pipeline.draft import Asked
from gateway.pipeline.live import Limited, LiveDesk, Once
from gateway.ports import Admission, First, Unit
from gateway.store.engine import SqlLedger
from gateway.store.tables import inquiries, labels
from tests.builders.messages import CODES, ManualClock, an_inquiry, liquor_code, melon_code
from tests.builders.pipeline import CountingMeter, OpenLimiter, PlainRenderer
from tests.builders.store import DoubtfulLedger, rows, states

T = TypeVar("T")


class SlowLedger(DoubtfulLedger):
    """Lets a transaction begin when it is told, and counts them."""

    def __init__(self, ledger: SqlLedger) -> None:
        super().__init__(ledger)
        self.go = asyncio.Event()
        self.go.set()
        self.begun = asyncio.Event()
        self.transactions = 0

    async def run(self, work: Callable[[Unit], T]) -> T:
        self.transactions += 1
        self.begun.set()
        await self.go.wait()
        return await super().run(work)


class ChokingRenderer(PlainRenderer):
    """Cannot say one verdict."""

    def reply(self, clauses: Sequence[Clause]) -> Reply:
        if any(clause.name == Verdict.UNKNOWN for clause in clauses):
            raise TemplateFault("unknown.j2:1: a value is missing")
        return super().reply(clauses)


@asynccontextmanager
async def a_desk(
    ledger: DoubtfulLedger,
    limiter: OpenLimiter | None = None,
    renderer: PlainRenderer | None = None,
    told: list[None] | None = None,
) -> AsyncIterator[LiveDesk]:
    desk = Desk(renderer or PlainRenderer(), CODES)
    watching = told if told is not None else []
    tell = partial(watching.append, None)
    live = LiveDesk(ledger, desk, limiter or OpenLimiter(), ManualClock(), CountingMeter(), tell)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(live.run())
        yield live
        running.cancel()


def of(code: str) -> Question:
    return understand(code)


async def count_of(ledger: SqlLedger, code: str) -> int:
    return sum(row["query_count"] for row in await rows(ledger, select(labels).where(labels.c.code == code)))


async def verdict(live: LiveDesk, code: str) -> Verdict:
    replied = await live.ask(an_inquiry(code), of(code))
    assert not isinstance(replied, First)
    return replied.answers[0].decision.verdict


async def test_who_asks_meanwhile_shares_the_next_transaction(ledger: SqlLedger) -> None:
    slow = SlowLedger(ledger)
    async with a_desk(slow) as live, asyncio.TaskGroup() as asking:
        slow.go.clear()
        first = asking.create_task(verdict(live, melon_code(0)))
        await slow.begun.wait()
        others = [asking.create_task(verdict(live, melon_code(n))) for n in range(1, 50)]
        await asyncio.sleep(0)
        slow.go.set()
    assert slow.transactions == 2
    assert {one.result() for one in (first, *others)} == {Verdict.TRACE_OK}
    assert await states(ledger) == {"answered": 50}


async def test_who_watches_is_told_of_answers_and_not_of_looks(ledger: SqlLedger) -> None:
    told: list[None] = []
    async with a_desk(DoubtfulLedger(ledger), told=told) as live:
        await live.look(an_inquiry(melon_code(0)), of(melon_code(0)))
        assert told == []
        await verdict(live, melon_code(0))
        assert told == [None]


async def test_what_was_heard_costs_no_commit_of_its_own(ledger: SqlLedger) -> None:
    slow = SlowLedger(ledger)
    async with a_desk(slow) as live:
        code = liquor_code(1)
        heard = await live.ask_aloud(Asked(an_inquiry(code), of(code), Admission(allowed=True)))
        before = slow.transactions
        await asyncio.gather(live.heard(heard.inquiry.id), verdict(live, melon_code(1)))
        assert slow.transactions == before + 1
    assert await states(ledger) == {"answered": 2}


async def test_what_was_heard_is_noted_though_a_question_beside_it_fails(ledger: SqlLedger) -> None:
    async with a_desk(SlowLedger(ledger), renderer=ChokingRenderer()) as live:
        code, unknown = liquor_code(1), CODES.issue(4, 1, 10**9)
        heard = await live.ask_aloud(Asked(an_inquiry(code), of(code), Admission(allowed=True)))
        told = await asyncio.gather(live.heard(heard.inquiry.id), verdict(live, unknown), return_exceptions=True)
    assert [type(one) for one in told] == [type(None), TemplateFault]
    assert await states(ledger) == {"answered": 1}


async def test_a_question_that_cannot_be_answered_hurts_nobody_else(ledger: SqlLedger) -> None:
    slow = SlowLedger(ledger)
    unknown = CODES.issue(4, 1, 10**9)
    async with a_desk(slow, renderer=ChokingRenderer()) as live:
        codes = [melon_code(1), unknown, melon_code(2)]
        told = await asyncio.gather(*(verdict(live, code) for code in codes), return_exceptions=True)
        assert await verdict(live, melon_code(1)) is Verdict.TRACE_OK
    assert [type(one) for one in told] == [Verdict, TemplateFault, Verdict]
    assert await states(ledger) == {"answered": 3}


async def test_a_database_that_is_away_is_told_and_nothing_is_counted(ledger: SqlLedger) -> None:
    doubtful = DoubtfulLedger(ledger)
    doubtful.lose_before = 1
    code = liquor_code(1)
    async with a_desk(doubtful) as live:
        with pytest.raises(StoreDown):
            await verdict(live, code)
        assert await count_of(ledger, code) == 0
        assert await verdict(live, code) is Verdict.GENUINE_FIRST


async def test_who_goes_away_before_his_turn_is_not_counted(ledger: SqlLedger) -> None:
    slow = SlowLedger(ledger)
    async with a_desk(slow) as live:
        slow.go.clear()
        ahead = asyncio.create_task(verdict(live, melon_code(1)))
        await slow.begun.wait()
        gone = asyncio.create_task(verdict(live, melon_code(2)))
        await asyncio.sleep(0)
        gone.cancel()
        slow.go.set()
        await ahead
        await verdict(live, melon_code(3))
    assert await count_of(ledger, melon_code(2)) == 0


async def test_who_still_waits_when_the_service_ends_is_told(ledger: SqlLedger) -> None:
    slow = SlowLedger(ledger)
    slow.go.clear()
    async with a_desk(slow) as live:
        asking = [asyncio.create_task(verdict(live, melon_code(n))) for n in range(2)]
        await slow.begun.wait()
        late = asyncio.create_task(verdict(live, melon_code(3)))
        await asyncio.sleep(0)
    told = await asyncio.gather(*asking, late, return_exceptions=True)
    assert [type(one) for one in told] == [StoreDown] * 3


async def test_what_the_limits_refuse_is_not_stored(ledger: SqlLedger) -> None:
    limiter = OpenLimiter()
    limiter.admission = Admission(allowed=False, reason="more than 10 in 3600 s", after=3600)
    async with a_desk(DoubtfulLedger(ledger), limiter) as live:
        with pytest.raises(Limited) as refused:
            await verdict(live, melon_code(1))
        assert refused.value.after == 3600
        trial = an_inquiry(melon_code(1), test=True)
        await live.ask(trial, of(melon_code(1)))
    assert await rows(ledger, select(inquiries.c.test)) == [{"test": True}]


async def test_a_look_leaves_nothing_behind(ledger: SqlLedger) -> None:
    code = melon_code(1)
    async with a_desk(DoubtfulLedger(ledger)) as live:
        looked = await live.look(an_inquiry(code, test=True), of(code))
    assert looked.answers[0].decision.verdict is Verdict.TRACE_OK
    assert await rows(ledger, select(inquiries)) == []
    assert await count_of(ledger, code) == 0


async def test_the_same_key_in_one_batch_is_one_question(ledger: SqlLedger) -> None:
    slow = SlowLedger(ledger)
    code = liquor_code(1)
    once = Once("key", "request", lambda replied: First(200, str(replied.answers[0].standing.count).encode()))
    async with a_desk(slow) as live:
        told = await asyncio.gather(*(live.ask(an_inquiry(code), of(code), once) for _ in range(3)))
    assert [isinstance(one, First) and one.body for one in told] == [False, b"1", b"1"]
    assert await count_of(ledger, code) == 1
