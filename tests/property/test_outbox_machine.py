"""Replies through crashes, doubt, late receipts and lines that come and go: two processes on one real database.

Whatever happens in whatever order, no segment meets the wire three times, no text is torn over two lines, and in the
end each question that was acknowledged has come to exactly one end.
"""

import asyncio
import atexit
import shutil
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
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
# What a far end may do with a segment; silence and doubt are what the rules are made for.
ANSWERS = ["accepted"] * 3 + ["deferred", "refused", "raises"] + ["uncertain"] * 2 + ["silence"] * 3
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
    """A line that answers as chance has it; "silence" waits until the machine has it answered."""

    def __init__(self, account: str, wire: Wire, chance: Random) -> None:
        super().__init__(account, window=2)
        self._wire = wire
        self._chance = chance
        self.sound = False  # from now on it takes everything

    async def send(self, submission: Submission) -> Outcome:
        choice = "accepted" if self.sound else self._chance.choice(ANSWERS)
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


@dataclass(frozen=True, slots=True)
class Process:
    """One gateway on the database they all share."""

    ledger: SqlLedger
    doubt: DoubtfulLedger
    bench: Bench

    @classmethod
    async def start(cls, folder: Path, lines: list[WiredLine], clock: ManualClock) -> "Process":
        ledger = await a_ledger(sqlite_url(folder))
        doubt = DoubtfulLedger(ledger)
        bench = Bench(doubt, *lines, clock=clock, renderer=PlainRenderer("·" * 100))  # two segments
        await bench.start()
        return cls(ledger, doubt, bench)

    async def kill(self) -> None:
        await self.bench.die()
        await declare_dead(self.ledger)
        await self.ledger.database.close()


class Gateways(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="gateway-machine-"))
        shutil.copy(template(), self.folder / "gateway.db")
        self.clock = ManualClock()
        self.wire = Wire()
        self.lines: dict[str, WiredLine] = {}
        self.living: dict[int, Process] = {}
        self.parts: list[Part] = []
        self.acknowledged: set[int] = set()

    @initialize(chance=st.randoms(use_true_random=False))
    def start(self, chance: Random) -> None:
        for process, accounts in enumerate(ACCOUNTS):
            self.lines |= {account: WiredLine(account, self.wire, chance) for account in accounts}
            self._start(process)

    def _start(self, process: int) -> None:
        lines = [self.lines[account] for account in ACCOUNTS[process]]
        self.living[process] = self.runner.run(Process.start(self.folder, lines, self.clock))

    # -- what may happen ---------------------------------------------------------------------------

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def somebody_asks(self, data: st.DataObject) -> None:
        process = self._one_of_the_living(data)
        number = len(self.parts)
        account = data.draw(st.sampled_from(ACCOUNTS[process]), label="line")
        part = a_part(liquor_code(number), sender=a_citizen(number), account=account, at=self.clock.now())
        self.parts.append(part)
        self._bring(process, number)

    @precondition(lambda self: self.living and self.parts)
    @rule(data=st.data())
    def a_message_comes_again(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.parts) - 1), label="message")
        self._bring(self._one_of_the_living(data), number)

    def _bring(self, process: int, number: int) -> None:
        if self.runner.run(self.living[process].bench.bring(self.parts[number])) == [None]:
            self.acknowledged.add(number)

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

    @precondition(lambda self: self.living and self.wire.carried)
    @rule(data=st.data(), delivery=st.sampled_from(Delivery))
    def a_receipt_comes(self, data: st.DataObject, delivery: Delivery) -> None:
        account, submission, reference = data.draw(st.sampled_from(self.wire.carried), label="receipt for")
        receipt = a_receipt(reference, delivery, recipient=submission.recipient, account=account, at=self.clock.now())
        self.runner.run(self.living[self._one_of_the_living(data)].bench.bring(receipt))

    @rule(seconds=st.sampled_from([1, 3, 9, 26, 61, 300]))
    def time_passes(self, seconds: int) -> None:
        self.clock.forward(seconds)
        self._settle()

    @precondition(lambda self: self.living)
    @rule(data=st.data(), before=st.booleans(), transactions=st.integers(1, 3))
    def a_process_loses_its_database(self, data: st.DataObject, before: bool, transactions: int) -> None:
        doubt = self.living[self._one_of_the_living(data)].doubt
        doubt.lose_before, doubt.lose_after = (transactions, 0) if before else (0, transactions)

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def a_process_is_killed(self, data: st.DataObject) -> None:
        self.runner.run(self.living.pop(self._one_of_the_living(data)).kill())

    @precondition(lambda self: len(self.living) < len(ACCOUNTS))
    @rule()
    def a_process_starts(self) -> None:
        self._start(next(process for process in range(len(ACCOUNTS)) if process not in self.living))

    @precondition(lambda self: len(self.living) == len(ACCOUNTS))
    @rule(data=st.data())
    def a_process_pauses_so_long_that_the_other_inherits(self, data: st.DataObject) -> None:
        pausing = self._one_of_the_living(data)
        self.runner.run(declare_dead(self.living[pausing].ledger))
        self.runner.run(self.living[1 - pausing].bench.writer._beat())
        self._settle()

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def a_heart_beats(self, data: st.DataObject) -> None:
        self.runner.run(self.living[self._one_of_the_living(data)].bench.writer._beat())
        self._settle()

    def _one_of_the_living(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.living)), label="process")

    def _settle(self) -> None:
        for process in self.living.values():
            self.runner.run(process.bench.settle())

    # -- what must hold ----------------------------------------------------------------------------

    @invariant()
    def no_segment_meets_the_wire_three_times(self) -> None:
        assert max(self.wire.met.values(), default=0) <= MOST_SUBMITS

    @invariant()
    def no_text_is_torn_over_two_lines(self) -> None:
        assert all(len(lines) == 1 for lines in self.wire.ways.values())

    def teardown(self) -> None:
        try:
            if self.lines:
                self._come_to_an_end()
                self.runner.run(self._check_the_end())
        finally:
            for process in self.living.values():
                self.runner.run(process.ledger.database.close())
            self.runner.close()
            shutil.rmtree(self.folder)

    def _come_to_an_end(self) -> None:
        for line in self.lines.values():
            line.ready = line.sound = True
        for waiting in self.wire.silent:
            if not waiting.done():
                waiting.set_result(Uncertain("no answer"))
        for process in self.living.values():
            process.doubt.lose_before = process.doubt.lose_after = 0
        if not self.living:
            self._start(0)
        for seconds in (0, 10, 61, 61, int(EXPIRY.total_seconds()), 61):
            self.time_passes(seconds)
        for process in self.living.values():  # what one of them left
            self.runner.run(process.bench.writer._beat())
        for seconds in (61, 61, int(EXPIRY.total_seconds()), 61):
            self.time_passes(seconds)
        self.no_segment_meets_the_wire_three_times()
        self.no_text_is_torn_over_two_lines()

    async def _check_the_end(self) -> None:
        ledger = next(iter(self.living.values())).ledger
        assert set(await states(ledger)) <= {"answered", "refused", "expired"}
        asked = await rows(ledger, select(inquiries.c.sender_shown))
        assert len(self.acknowledged) <= len(asked) <= len(self.parts)
        counts = await rows(ledger, select(labels.c.query_count))
        assert [row["query_count"] for row in counts] == [1] * len(asked)
        assert len(await rows(ledger, select(messages.c.id))) == len(asked)
        told = select(segments.c.id).join(messages, messages.c.id == segments.c.message_id)
        for row in await rows(ledger, told.where(messages.c.state == "sent")):
            assert self.wire.met[row["id"]], "called sent, and never left"
        assert {process.bench.dispatch.depth for process in self.living.values()} == {0}


TestGateways = Gateways.TestCase
TestGateways.settings = settings(max_examples=40, stateful_step_count=30)
