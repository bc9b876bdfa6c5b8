"""The one writer: one transaction a cycle carries a batch of everything (DESIGN 2, Store).

A cycle stores the outcomes of the last cycle's sends, takes in what arrived and answers it, and stores which
segments leave next; then it commits. Only then are arrivals acknowledged and segments sent. What fails as a
batch is stored first and answered later, one by one, so that one bad row hurts nobody else; when the database
is away all waits, and afterwards the database says how things stand.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from gateway.domain.errors import StoreDown
from gateway.domain.outgoing import EXPIRY
from gateway.pipeline.cycle import Batch, Cycle, Done
from gateway.pipeline.dispatch import Dispatch
from gateway.pipeline.intake import Arrival
from gateway.pipeline.join import JUDGE_AFTER
from gateway.pipeline.questions import Questions
from gateway.pipeline.salvage import Salvage
from gateway.pipeline.sends import Sends
from gateway.pipeline.watch import tell
from gateway.ports import Backlog, Clock, Inbound, Ledger, Meter

log = logging.getLogger(__name__)

# More than this in one transaction makes those behind it wait without making it cheaper.
MOST = 256
# Seconds a cycle waits for company after one that had at least so much to do; a lone question never waits. Without it a
# transaction carries so few, at a thousand a second, that it costs as much as they do. Much shorter while replies wait
# for a line: each line stands still until its last outcome is stored.
LINGER, LINGER_FOR_LINES = 0.010, 0.001
STREAM = 8
# Arrivals are refused, and stay with their carrier, when the database is away for longer.
STORE_PATIENCE = 10.0
# How often this process says that it lives, and looks for what dead ones left.
HEARTBEAT = 5.0
# Waiting messages look so often whether a line has come back.
LINE_CHECK = 0.2


class Writer:
    """Owns the ledger, the open questions and the open messages of this process."""

    def __init__(
        self,
        ledger: Ledger,
        cycle: Cycle,
        questions: Questions,
        dispatch: Dispatch,
        clock: Clock,
        meter: Meter,
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        """`answered`: called when questions were, for those who watch."""
        self._answered = answered
        self._ledger, self._cycle, self._questions, self._dispatch = ledger, cycle, questions, dispatch
        self._clock, self._meter = clock, meter
        self._salvage = Salvage(ledger, cycle, questions, dispatch, meter, self._apply)
        self._arrivals: deque[Arrival] = deque()
        self._wake = asyncio.Event()
        self._sends = Sends(self._wake.set)
        self._posted = asyncio.Event()
        self._join_at: datetime | None = None
        self._early_until: datetime | None = None  # kept receipts may still meet their segments
        self._busy = 0
        self._doubt = False  # the database may have done what it did not confirm
        self._fenced = False  # others took us for dead, and perhaps our messages
        self._pause = 0.0  # before it is asked again, in seconds
        self.ready = asyncio.Event()

    # -- for channels ------------------------------------------------------------------------------

    async def deliver(self, item: Inbound) -> None:
        """`ports.Deliver`: return once `item` is stored. Raises `StoreDown` when it could not be for a while."""
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        self._arrivals.append(Arrival(item, stored))
        self._wake.set()
        timer = loop.call_later(STORE_PATIENCE, _give_up, stored)
        try:
            await stored
        finally:
            timer.cancel()

    def posted(self) -> None:
        """Take up at once what somebody put into the outbox, not with the next heartbeat."""
        self._posted.set()

    # -- life --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until cancelled; then wait a little for what is under way, store how it went, and let go."""
        await self._reload()
        self.ready.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._heartbeat(), name="writer heartbeat")
                while True:
                    await self._rest()
                    await self._turn()
        finally:
            self.ready.clear()
            await self._retire()

    async def _retire(self) -> None:
        await self._sends.drain()
        now = self._clock.now()
        self._settle(now)
        batch = Batch(now)
        batch.ended, batch.changed = self._dispatch.changes()
        try:
            await self._ledger.run(lambda unit: self._cycle.transact(unit, batch))
            await self._ledger.retire(now)
        except StoreDown as err:
            log.warning("ended while the database is away; the next start sorts it out", extra={"reason": str(err)})

    def _settle(self, now: datetime) -> None:
        ends: Counter[tuple[str, str]] = Counter()
        for start, outcome in self._sends.outcomes():
            self._dispatch.settle(start.segment.id, outcome, now)
            ends[start.message.account, type(outcome).__name__.lower()] += 1
        for (account, end), times in ends.items():
            self._meter.count("segments", times, account=account, outcome=end)

    async def _rest(self) -> None:
        """Wait for work: an arrival, an outcome, a time that has come."""
        if not self._has_work():
            self._wake.clear()
            try:
                async with asyncio.timeout(self._until_next()):
                    await self._wake.wait()
            except TimeoutError:
                return
        if self._busy > STREAM:
            await asyncio.sleep(LINGER_FOR_LINES if self._dispatch.waiting else LINGER)

    def _has_work(self) -> bool:
        return bool(self._arrivals or self._questions or self._sends or self._dispatch.unsaved or self._doubt)

    def _until_next(self) -> float | None:
        now = self._clock.now()
        due = [at for at in (self._dispatch.next_due(), self._questions.next_try(), self._join_at) if at]
        if self._dispatch.waiting:
            due.append(now + timedelta(seconds=LINE_CHECK))
        return max(0.0, (min(due) - now).total_seconds()) if due else None

    async def _heartbeat(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT):
                    await self._posted.wait()
            self._posted.clear()
            await self._beat()

    async def _beat(self) -> None:
        try:
            self._take_up(await self._ledger.orphans(self._clock.now()))
        except StoreDown as err:
            log.debug("no heartbeat", extra={"reason": str(err)})
            self._doubt = True  # something may be claimed for us that we do not know
            self._wake.set()

    def _take_up(self, backlog: Backlog) -> None:
        if backlog.fenced:
            log.warning("taken for dead by another process: asking the database what is left")
            self._doubt = self._fenced = True
            self._wake.set()
            return
        if backlog.inquiries or backlog.messages:
            # Texts alone are most often new ones, written by a job or a request for whoever sends first.
            tell = log.warning if backlog.inquiries else log.info
            tell(
                "taken up what no living process held",
                extra={"inquiries": len(backlog.inquiries), "replies": len(backlog.messages)},
            )
            self._questions.add(backlog.inquiries)
            for message in backlog.messages:
                self._dispatch.add(message)
        if backlog.next_join_at:
            self._join_at = min(self._join_at or backlog.next_join_at, backlog.next_join_at)
        self._wake.set()

    # -- one cycle ---------------------------------------------------------------------------------

    async def _turn(self) -> None:
        if self._doubt:
            await self._reload()
        batch = await self._collect()
        if not batch.size and not batch.joins:
            return
        try:
            done = await self._ledger.run(lambda unit: self._cycle.transact(unit, batch))
        except StoreDown as err:
            log.warning("the database is away", extra={"reason": str(err)})
            self._put_back(batch)
            await asyncio.sleep(self._pause)  # one that reads and cannot write would keep us spinning
            self._pause = min(1.0, self._pause * 2 or 0.1)
        except Exception:  # one bad row, of whatever kind, must not hurt the others
            log.exception("a batch failed and is tried one by one", extra={"size": batch.size})
            await self._salvage_it(batch)
        else:
            self._pause = 0.0
            self._apply(batch, done)

    async def _collect(self) -> Batch:
        now = self._clock.now()
        self._settle(now)
        for message in self._dispatch.expire(now):
            self._meter.count("replies_expired")
            log.error("reply expired", extra={"reply": str(message.id), "inquiry": str(message.inquiry)})
        self._dispatch.take_over(now)
        asked = await self._questions.take(MOST, now)
        batch = Batch(now, self._waiting_arrivals(), asked)
        batch.early = self._early_until is not None and now < self._early_until
        batch.starts = self._dispatch.plan(now)
        batch.returned = self._dispatch.returned()
        batch.ended, batch.changed = self._dispatch.changes()
        batch.joins = self._join_at is not None and self._join_at <= now
        batch.room = {account: self._dispatch.room(account, batch.starts, now) for account in self._dispatch.lines}
        self._busy = batch.size
        return batch

    def _waiting_arrivals(self) -> list[Arrival]:
        some = [self._arrivals.popleft() for _ in range(min(MOST, len(self._arrivals)))]
        return [arrival for arrival in some if not arrival.stored.done()]

    # -- after the commit --------------------------------------------------------------------------

    def _apply(self, batch: Batch, done: Done) -> None:
        self._dispatch.stored(batch.ended, batch.changed)
        self._dispatch.forget(done.lost)
        weighed = [arrival.asked for arrival in batch.arrivals if arrival.asked] if batch.careful else []
        self._questions.add(done.taken.inquiries + done.made, weighed)
        if batch.joins:
            self._join_at = done.next_join_at
        elif done.taken.joining and self._join_at is None:
            self._join_at = batch.now + JUDGE_AFTER
        for asked in batch.asked:
            self._questions.forget(asked.inquiry.id)
        for replied, message in done.replied:
            self._questions.answered(replied, batch.now)
            if message:
                self._dispatch.add(message)
        for message_id, segment in done.receipts:
            self._dispatch.receipt(message_id, segment, batch.now)
        if done.kept_receipts:
            self._early_until = batch.now + EXPIRY
        for start in done.starts:
            self._sends.start(self._dispatch.started(start, batch.now), start)
        for arrival in batch.arrivals:  # after the sends: whatever is stored as leaving and did not is in doubt
            arrival.acknowledge()
        tell(done, self._meter)
        if done.replied:
            self._answered()

    # -- when it went wrong ------------------------------------------------------------------------

    def _put_back(self, batch: Batch) -> None:
        self._arrivals.extendleft(reversed(batch.arrivals))
        self._dispatch.unplan(batch.starts)
        self._doubt = True

    async def _reload(self) -> None:
        """Wait until the database answers, then take from it how things stand."""
        delay = 0.1
        while True:
            now = self._clock.now()
            try:
                backlog = await self._ledger.backlog(now)
                break
            except StoreDown as err:
                log.debug("the database is still away", extra={"reason": str(err)})
                self._arrivals = deque(arrival for arrival in self._arrivals if not arrival.stored.done())
                await asyncio.sleep(delay)
                delay = min(1.0, delay * 2)
        self._questions.reload(backlog.inquiries)
        self._dispatch.reload(backlog.messages, now, fenced=self._fenced or backlog.fenced)
        self._dispatch.sent_today(backlog.sent_today, now)
        self._join_at = backlog.next_join_at
        self._early_until = now + EXPIRY
        self._doubt = self._fenced = False

    async def _salvage_it(self, batch: Batch) -> None:
        self._dispatch.unplan(batch.starts)
        try:
            await self._salvage.run(batch)
        except StoreDown as err:
            log.warning("the database is away", extra={"reason": str(err)})
            self._arrivals.extendleft(arrival for arrival in reversed(batch.arrivals) if not arrival.stored.done())
            self._doubt = True


def _give_up(stored: asyncio.Future[None]) -> None:
    if not stored.done():
        stored.set_exception(StoreDown("not stored: the database is away"))
