"""A writer with its lines, moved cycle by cycle on a clock moved by hand: nothing sleeps, nothing races."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path

from uuid_utils.compat import uuid7

from gateway.domain.access import Badge, PinFault
from gateway.domain.address import Address
from gateway.domain.message import Submission
from gateway.domain.outcome import Accepted, Deferred, Outcome
from gateway.domain.reply import Clause, Reply
from gateway.pipeline.answer import Desk
from gateway.pipeline.cycle import Cycle
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.intake import Intake
from gateway.pipeline.questions import Questions
from gateway.pipeline.reading import read
from gateway.pipeline.writer import Writer
from gateway.ports import Admission, Badges, Channel, Clock, Deliver, Inbound, Ledger, Limiter, Meter, Renderer
from gateway.store.engine import SqlLedger
from gateway.text.segments import encoding_of, split
from tests.builders.messages import CODES, VAULT, ManualClock
from tests.builders.store import a_ledger, declare_dead, sqlite_url

ALLOWED = Admission(allowed=True)
MOST_CYCLES = 200  # a writer that has not come to rest by then never will


class ScriptedLine:
    """`ports.Channel` that says what the test wrote down; without a script it takes everything."""

    kind = "scripted"

    def __init__(self, account: str = "one", *, window: int = 8, daily_limit: int | None = None) -> None:
        self.account = account
        self.window = window
        self.daily_limit = daily_limit
        self.ready = True
        self.sent: list[Submission] = []
        self.script: list[Outcome | Exception | Awaitable[Outcome]] = []
        self._references = count(1)

    def reaches(self, recipient: Address) -> bool:
        return recipient.is_mobile

    async def run(self, deliver: Deliver) -> None:
        await asyncio.Event().wait()

    async def send(self, submission: Submission) -> Outcome:
        if not self.ready:
            return Deferred("no line")
        self.sent.append(submission)
        says = self.script.pop(0) if self.script else Accepted(f"{self.account}-{next(self._references)}")
        if isinstance(says, Exception):
            raise says
        return await says if isinstance(says, Awaitable) else says

    @property
    def texts(self) -> list[str]:
        return [submission.text for submission in self.sent]


class PlainRenderer:
    """`ports.Renderer` that says the clauses' names, and `padding` so that a reply may need several segments."""

    def __init__(self, padding: str = "") -> None:
        self.padding = padding

    def reply(self, clauses: Sequence[Clause]) -> Reply:
        text = " ".join(str(clause.name) for clause in clauses) + self.padding
        return Reply(text, encoding_of(text), split(text))


class OpenLimiter:
    """`ports.Limiter` that lets everybody in, or does what `admission` says."""

    def __init__(self) -> None:
        self.admission = ALLOWED
        self.asked = 0

    def admit(self, querier: bytes, text: str, codes: int, now: datetime, *, registered: bool = False) -> Admission:
        self.asked += 1
        return self.admission

    def answered(self, querier: bytes, known: bool, now: datetime) -> None:
        pass


class CountingMeter:
    """`ports.Meter` to look at."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()

    def count(self, event: str, by: int = 1, **labels: str) -> None:
        self.events[event] += by


class NoBadges:
    """`ports.Badges` that knows no phone."""

    async def check(self, querier: bytes, pin: str, now: datetime) -> Badge | PinFault | None:
        return None


def a_writer(
    ledger: Ledger,
    dispatch: Dispatch,
    clock: Clock,
    reference: Callable[[], int],
    *,
    limiter: Limiter | None = None,
    meter: Meter | None = None,
    renderer: Renderer | None = None,
    badges: Badges | None = None,
    answered: Callable[[], None] = lambda: None,
) -> Writer:
    """Wire a writer as the service does, with words, limits and counts that a test can foresee."""
    intake = Intake(VAULT, uuid7, partial(read, lift_digits=6))
    questions = Questions(intake.read, limiter or OpenLimiter(), badges or NoBadges())
    cycle = Cycle(intake, questions.weigh_new, Desk(renderer or PlainRenderer(), CODES), reference)
    return Writer(ledger, cycle, questions, dispatch, clock, meter or CountingMeter(), answered)


def references() -> Callable[[], int]:
    """Return UDH references, one after the other."""
    numbers = count(1)
    return lambda: next(numbers) % 256


@asynccontextmanager
async def serving(ledger: Ledger, *lines: Channel, clock: Clock) -> AsyncIterator[Writer]:
    """Run a writer and its lines while the block lasts."""
    reference = references()
    writer = a_writer(ledger, Dispatch(lines, reference), clock, reference)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(writer.run()), *(tasks.create_task(line.run(writer.deliver)) for line in lines)]
        try:
            await writer.ready.wait()
            yield writer
        finally:
            for task in running:
                task.cancel()


class Bench:
    """One process's writer. `bring` and `settle` return when it has come to rest."""

    def __init__(
        self,
        ledger: Ledger,
        *lines: ScriptedLine,
        clock: ManualClock | None = None,
        renderer: Renderer | None = None,
        badges: Badges | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        self.lines = lines or (ScriptedLine(),)
        self.line = self.lines[0]
        self.limiter = OpenLimiter()
        self.meter = CountingMeter()
        self.told: list[None] = []  # for each time that those who watch were told of answers
        reference = references()
        self.dispatch = Dispatch(self.lines, reference)
        self.writer = a_writer(
            ledger,
            self.dispatch,
            self.clock,
            reference,
            limiter=self.limiter,
            meter=self.meter,
            renderer=renderer,
            badges=badges,
            answered=lambda: self.told.append(None),
        )

    async def start(self) -> "Bench":
        await self.writer._reload()
        await self.settle()
        return self

    async def bring(self, *items: Inbound) -> list[BaseException | None]:
        """Let items arrive together; return for each None when it was acknowledged, else why not."""
        deliveries = [asyncio.ensure_future(self.writer.deliver(item)) for item in items]
        await asyncio.sleep(0)
        await self.settle()
        for delivery in deliveries:
            delivery.cancel()
        return await asyncio.gather(*deliveries, return_exceptions=True)

    async def later(self, seconds: float) -> None:
        """Let time pass, and all that becomes due by it."""
        self.clock.forward(seconds)
        await self.settle()

    async def settle(self) -> None:
        at_rest = 0
        for _ in range(MOST_CYCLES):
            await self.writer._turn()
            await self._let_sends_go()
            at_rest = 0 if self.writer._has_work() else at_rest + 1
            if at_rest > 1:  # the first one may have queued what the second one starts
                return
        raise AssertionError(f"still at work after {MOST_CYCLES} cycles")

    async def die(self) -> None:
        """End as SIGKILL does: nothing that was under way is settled."""
        await self.writer._sends.give_up()
        list(self.writer._sends.outcomes())

    async def _let_sends_go(self) -> None:
        for _ in range(3):  # a send that waits for nothing is through after one turn of the loop
            await asyncio.sleep(0)


async def restarted(
    tmp_path: Path, before: Bench, ledger: SqlLedger, renderer: Renderer | None = None
) -> tuple[Bench, SqlLedger]:
    """Kill the process behind `before` and start another one on the same lines."""
    await before.die()
    await declare_dead(ledger)
    anew = await a_ledger(sqlite_url(tmp_path))
    return await Bench(anew, *before.lines, clock=before.clock, renderer=renderer).start(), anew
