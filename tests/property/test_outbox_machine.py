"""Replies through crashes, doubt, late receipts and lines that come and go: two processes on one real database.

Whatever happens in whatever order, no segment meets the wire three times, no text is torn over two lines, and in the
end each question that was acknowledged has come to exactly one end.
"""

import asyncio
import atexit
import shutil
import tempfile
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from gateway.domain.message import Delivery, Part, Submission
from gateway.domain.outcome import Accepted, Deferred, Outcome, Refused, Uncertain
from gateway.domain.outgoing import EXPIRY, MOST_SUBMITS
from gateway.store.engine import SqlLedger
from gateway.store.tables import inquiries, labels, messages, segments
from tests.builders.messages import ManualClock, a_citizen, a_part, a_receipt, liquor_code
from tests.builders.pipeline import Bench, PlainRenderer, ScriptedLine
from tests.builders.store import DoubtfulLedger, a_ledger, declare_dead, rows, sqlite_url, states, stocked

ACCOUNTS = (("one", "two"), ("three",))  # the lines of each process
PROCESSES = st.integers(0, len(ACCOUNTS) - 1)
LINES = st.sampled_from([account for accounts in ACCOUNTS for account in accounts])


@cache
def template() -> Path:
    """Make a database with goods once; every example starts on a copy."""
    folder = Path(tempfile.mkdtemp(prefix="gateway-machine-"))
    atexit.register(shutil.rmtree, folder)

    async def make() -> None:
        async with stocked(sqlite_url(folder)):
            pass

    asyncio.run(make())
    return folder / "gateway.db"


class Wire:
    """What all lines carried, by segment; a far end that has not answered may answer later."""

    def __init__(self) -> None:
        self.met: Counter[UUID] = Counter()
        self.ways: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self.silent: list[asyncio.Future[Outcome]] = []
        self.carried: list[tuple[str, Submission, str]] = []  # line, segment, the reference it has there


class WiredLine(ScriptedLine):
    """A line whose next outcomes the machine chooses; "silence" waits until the machine has it answered."""

    def __init__(self, account: str, wire: Wire) -> None:
        super().__init__(account, window=2)
        self._wire = wire
        self.next: list[str] = []

    async def send(self, submission: Submission) -> Outcome:
        choice = self.next.pop(0) if self.next else "accepted"
        if not self.ready or choice == "deferred":
            return Deferred("not now")
        wire, reference = self._wire, f"{self.account}-{len(self._wire.carried)}"
        wire.met[submission.segment] += 1
        wire.carried.append((self.account, submission, reference))
        if submission.concat:
            wire.ways[submission.recipient.number, submission.concat.reference].add(self.account)
        match choice:
            case "accepted":
                return Accepted(reference)
            case "refused":
                return Refused("never")
            case "uncertain":
                return Uncertain("no answer")
            case "raises":
                raise ConnectionError("a bug in a channel")
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        wire.silent.append(answer)
        return await answer


class Gateways(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="gateway-machine-"))
        shutil.copy(template(), self.folder / "gateway.db")
        self.clock = ManualClock()
        self.wire = Wire()
        self.lines = {account: WiredLine(account, self.wire) for accounts in ACCOUNTS for account in accounts}
        self.ledgers: list[SqlLedger] = []
        self.doubts: list[DoubtfulLedger] = []
        self.benches: list[Bench] = []
        self.parts: list[Part] = []
        self.acknowledged: set[int] = set()

    @initialize()
    def start(self) -> None:
        for process in range(len(ACCOUNTS)):
            self.runner.run(self._start(process))

    async def _start(self, process: int) -> None:
        ledger = await a_ledger(sqlite_url(self.folder))
        doubt = DoubtfulLedger(ledger)
        lines = [self.lines[account] for account in ACCOUNTS[process]]
        bench = Bench(doubt, *lines, clock=self.clock, renderer=PlainRenderer("·" * 100))
        self.ledgers[process : process + 1] = [ledger]
        self.doubts[process : process + 1] = [doubt]
        self.benches[process : process + 1] = [bench]
        await bench.start()

    # -- what may happen ---------------------------------------------------------------------------

    @rule(process=PROCESSES, line=st.integers(0, 1))
    def somebody_asks(self, process: int, line: int) -> None:
        accounts = ACCOUNTS[process]
        number = len(self.parts)
        part = a_part(
            liquor_code(number),
            sender=a_citizen(number),
            account=accounts[line % len(accounts)],
            at=self.clock.now(),
        )
        self.parts.append(part)
        self._bring(process, number)

    @precondition(lambda self: self.parts)
    @rule(data=st.data(), process=PROCESSES)
    def a_message_comes_again(self, data: st.DataObject, process: int) -> None:
        self._bring(process, data.draw(st.integers(0, len(self.parts) - 1), label="message"))

    def _bring(self, process: int, number: int) -> None:
        if self.runner.run(self.benches[process].bring(self.parts[number])) == [None]:
            self.acknowledged.add(number)

    @rule(line=LINES, choices=st.lists(st.sampled_from(["deferred", "refused", "uncertain", "raises", "silence"])))
    def a_line_will_say(self, line: str, choices: list[str]) -> None:
        self.lines[line].next = choices[:4]

    @rule(line=LINES)
    def a_line_goes_or_comes_back(self, line: str) -> None:
        self.lines[line].ready = not self.lines[line].ready

    @precondition(lambda self: self.wire.silent)
    @rule(answer=st.sampled_from([Accepted("late"), Refused("never"), Uncertain("no answer")]))
    def a_late_answer_comes(self, answer: Outcome) -> None:
        waiting = self.wire.silent.pop(0)
        if not waiting.done():
            waiting.set_result(answer)
        self._settle()

    @precondition(lambda self: self.wire.carried)
    @rule(data=st.data(), process=PROCESSES, delivery=st.sampled_from(Delivery))
    def a_receipt_comes(self, data: st.DataObject, process: int, delivery: Delivery) -> None:
        account, submission, reference = data.draw(st.sampled_from(self.wire.carried), label="receipt for")
        receipt = a_receipt(reference, delivery, recipient=submission.recipient, account=account, at=self.clock.now())
        self.runner.run(self.benches[process].bring(receipt))

    @rule(seconds=st.sampled_from([1, 3, 9, 26, 61, 300]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds)
        self._settle()

    @rule(process=PROCESSES, before=st.booleans(), transactions=st.integers(1, 3))
    def a_process_loses_its_database(self, process: int, before: bool, transactions: int) -> None:
        doubt = self.doubts[process]
        doubt.lose_before, doubt.lose_after = (transactions, 0) if before else (0, transactions)

    @rule(process=PROCESSES)
    def a_process_is_killed(self, process: int) -> None:
        self.runner.run(self.benches[process].die())
        self.runner.run(declare_dead(self.ledgers[process]))
        self.runner.run(self._close(process))
        self.runner.run(self._start(process))

    @rule(process=PROCESSES)
    def a_heart_beats(self, process: int) -> None:
        self.runner.run(self.benches[process].writer._beat())
        self._settle()

    def _settle(self) -> None:
        for bench in self.benches:
            self.runner.run(bench.settle())

    async def _close(self, process: int) -> None:
        await self.ledgers[process].database.close()

    # -- what must hold ----------------------------------------------------------------------------

    @invariant()
    def no_segment_meets_the_wire_three_times(self) -> None:
        assert max(self.wire.met.values(), default=0) <= MOST_SUBMITS

    @invariant()
    def no_text_is_torn_over_two_lines(self) -> None:
        assert all(len(lines) == 1 for lines in self.wire.ways.values())

    def teardown(self) -> None:
        try:
            if self.benches:
                self._come_to_an_end()
                self.runner.run(self._check_the_end())
        finally:
            for process in range(len(self.ledgers)):
                self.runner.run(self._close(process))
            self.runner.close()
            shutil.rmtree(self.folder)

    def _come_to_an_end(self) -> None:
        for line in self.lines.values():
            line.ready, line.next = True, []
        for waiting in self.wire.silent:
            if not waiting.done():
                waiting.set_result(Uncertain("no answer"))
        for doubt in self.doubts:
            doubt.lose_before = doubt.lose_after = 0
        for seconds in (0, 10, 61, 61, EXPIRY.total_seconds(), 61):
            self.time_passes(int(seconds))
        self.no_segment_meets_the_wire_three_times()
        self.no_text_is_torn_over_two_lines()

    async def _check_the_end(self) -> None:
        ledger = self.ledgers[0]
        assert set(await states(ledger)) <= {"answered", "refused", "expired"}
        asked = await rows(ledger, select(inquiries.c.sender_shown))
        assert len(asked) >= len(self.acknowledged)
        assert len(asked) <= len(self.parts)
        counts = await rows(ledger, select(labels.c.query_count))
        assert {row["query_count"] for row in counts} <= {1}
        assert len(counts) == len(asked)
        replies = await rows(ledger, select(messages.c.id))
        assert len(replies) == len(asked)
        told = select(segments.c.id).join(messages, messages.c.id == segments.c.message_id)
        for row in await rows(ledger, told.where(messages.c.state == "sent")):
            assert self.wire.met[row["id"]], "called sent, and never left"
        assert [bench.dispatch.depth for bench in self.benches] == [0] * len(self.benches)


TestGateways = Gateways.TestCase
TestGateways.settings = settings(max_examples=30, stateful_step_count=25)
