"""The one writer: one transaction a cycle carries a batch of everything (DESIGN 2, Store).

A cycle stores the outcomes of the last cycle's sends, takes in what arrived, answers the questions that
the cycle before took in, and stores which segments leave next; then it commits. Only then are arrivals
acknowledged and segments sent. What fails as a batch is tried one by one, so that one bad row hurts
nobody else; when the database is away all waits, and afterwards the database says how things stand.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from gateway.domain.calendar import today
from gateway.domain.errors import GatewayError, StoreDown
from gateway.domain.inquiry import Inquiry
from gateway.domain.message import Part, Receipt, Undecodable
from gateway.domain.outcome import Outcome, Uncertain
from gateway.domain.outgoing import EXPIRY, Message, Segment
from gateway.domain.question import Intent
from gateway.pipeline.answer import Asked, Desk, Replied
from gateway.pipeline.dispatch import Dispatch, Start
from gateway.pipeline.intake import Intake, Taken
from gateway.pipeline.join import JUDGE_AFTER
from gateway.ports import Admission, Backlog, Channel, Clock, Inbound, Ledger, Limiter, Meter, Unit

log = logging.getLogger(__name__)

# More than this in one transaction makes those behind it wait without making it cheaper.
MOST = 256
# Seconds a cycle waits for company after one that had at least so much to do; a lone question never waits.
LINGER = 0.003
STREAM = 8
# Arrivals are refused, and stay with their carrier, when the database is away for longer.
STORE_PATIENCE = 10.0
# A question that is stored but cannot be answered is tried again so often, and told so after a minute (DESIGN 2).
RETRY_AFTER, GIVE_UP_AFTER = timedelta(seconds=5), timedelta(seconds=60)
# How often this process says that it lives, and looks for what dead ones left.
HEARTBEAT = 5.0
# Waiting messages look so often whether a line has come back.
LINE_CHECK = 0.2

Arrival: TypeAlias = tuple[Inbound, "asyncio.Future[None]"]


@dataclass(slots=True)
class Batch:
    """What one transaction is to do."""

    now: datetime
    arrivals: list[Arrival] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    ended: list[Message] = field(default_factory=list)
    changed: list[tuple[Message, Segment]] = field(default_factory=list)
    room: dict[str, int] = field(default_factory=dict)
    joins: bool = False
    early: bool = False

    @property
    def size(self) -> int:
        """Return how much there is to do."""
        return len(self.arrivals) + len(self.asked) + len(self.starts) + len(self.changed) + len(self.ended)


@dataclass(slots=True)
class Done:
    """What one transaction did."""

    taken: Taken
    made: list[Inquiry]  # of long texts whose parts were waited for
    replied: list[tuple[Replied, Message | None]]
    starts: list[Start]  # of new messages
    receipts: list[tuple[UUID, Segment]]
    kept_receipts: int


class Writer:
    """Owns the ledger, the open questions and the open messages of this process."""

    def __init__(
        self,
        ledger: Ledger,
        intake: Intake,
        desk: Desk,
        dispatch: Dispatch,
        limiter: Limiter,
        clock: Clock,
        meter: Meter,
        channels: Sequence[Channel],
        reference: Callable[[], int],
    ) -> None:
        self._ledger, self._intake, self._desk, self._dispatch = ledger, intake, desk, dispatch
        self._limiter, self._clock, self._meter = limiter, clock, meter
        self._kind_of = {channel.account: channel.kind for channel in channels}
        self._reference = reference
        self._arrivals: deque[Arrival] = deque()
        self._questions: deque[Inquiry] = deque()
        self._asked: dict[UUID, Asked] = {}  # weighed against the limits already
        self._later: dict[UUID, tuple[datetime, Asked]] = {}
        self._outcomes: deque[tuple[UUID, Outcome]] = deque()
        self._sends: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._join_at: datetime | None = None
        self._early = True
        self._busy = 0
        self.ready = asyncio.Event()

    # -- for channels ------------------------------------------------------------------------------

    async def deliver(self, item: Inbound) -> None:
        """`ports.Deliver`: return once `item` is stored. Raises `StoreDown` when it could not be for a while."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        arrival = (item, stored)
        self._arrivals.append(arrival)
        self._wake.set()
        try:
            async with asyncio.timeout(STORE_PATIENCE):
                await stored
        except TimeoutError as err:
            raise StoreDown("not stored: the database is away") from err
        finally:
            if not stored.done():
                stored.cancel()

    # -- life --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve until cancelled; what is under way then is settled as uncertain by whoever comes next."""
        await self._reload()
        self.ready.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._heartbeat(), name="writer heartbeat")
                while True:
                    await self._rest()
                    await self._cycle()
        finally:
            self.ready.clear()
            for task in self._sends:
                task.cancel()
            await asyncio.gather(*self._sends, return_exceptions=True)

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
            await asyncio.sleep(LINGER)

    def _has_work(self) -> bool:
        return bool(self._arrivals or self._questions or self._outcomes or self._dispatch.unsaved)

    def _until_next(self) -> float | None:
        now = self._clock.now()
        due = [at for at in (self._dispatch.next_due(), self._join_at) if at]
        due += [at for at, _ in self._later.values()]
        if self._dispatch.waiting:
            due.append(now + timedelta(seconds=LINE_CHECK))
        return max(0.0, (min(due) - now).total_seconds()) if due else None

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT)
            try:
                self._take_up(await self._ledger.orphans(self._clock.now()))
            except StoreDown as err:
                log.debug("no heartbeat", extra={"reason": str(err)})

    def _take_up(self, backlog: Backlog) -> None:
        if backlog.inquiries or backlog.messages:
            log.warning(
                "taken over from a process that ended",
                extra={"inquiries": len(backlog.inquiries), "replies": len(backlog.messages)},
            )
            self._questions.extend(backlog.inquiries)
            for message in backlog.messages:
                self._dispatch.add(message)
            self._wake.set()

    # -- one cycle ---------------------------------------------------------------------------------

    async def _cycle(self) -> None:
        batch = await self._collect()
        if not batch.size and not batch.joins:
            return
        try:
            done = await self._ledger.run(lambda unit: self._transact(unit, batch))
        except StoreDown as err:
            log.warning("the database is away", extra={"reason": str(err)})
            self._put_back(batch)
            await self._reload()
        except Exception:
            log.exception("a batch failed and is tried one by one", extra={"size": batch.size})
            await self._one_by_one(batch)
        else:
            self._apply(batch, done)

    async def _collect(self) -> Batch:
        now = self._clock.now()
        while self._outcomes:
            self._dispatch.settle(*self._outcomes.popleft(), now)
        for message in self._dispatch.expire(now):
            self._meter.count("replies_expired")
            log.error("reply expired", extra={"reply": str(message.id), "inquiry": str(message.inquiry)})
        self._dispatch.take_over(now)
        asked = await self._weigh(now)
        batch = Batch(now, self._waiting_arrivals(), asked, early=self._early)
        batch.starts = self._dispatch.plan(now)
        batch.ended, batch.changed = self._dispatch.changes()
        batch.joins = self._join_at is not None and self._join_at <= now
        batch.room = {account: self._dispatch.room(account, batch.starts, now) for account in self._kind_of}
        self._busy = batch.size
        return batch

    def _waiting_arrivals(self) -> list[Arrival]:
        some = [self._arrivals.popleft() for _ in range(min(MOST, len(self._arrivals)))]
        return [arrival for arrival in some if not arrival[1].done()]

    async def _weigh(self, now: datetime) -> list[Asked]:
        """Read the waiting questions and count them against the limits, each once."""
        due = [asked for at, asked in self._later.values() if at <= now]
        for asked in due:
            del self._later[asked.inquiry.id]
        for _ in range(min(MOST - len(due), len(self._questions))):
            inquiry = self._questions.popleft()
            asked_before = self._asked.get(inquiry.id)
            due.append(asked_before or await self._weigh_one(inquiry, now))
        return due

    async def _weigh_one(self, inquiry: Inquiry, now: datetime) -> Asked:
        question = self._intake.read(inquiry.text)
        admission = unanswerable(inquiry)
        if admission is None:
            codes = len(question.tokens) if question.intent is Intent.QUERY else 0
            admission = await self._limiter.admit(inquiry.querier, inquiry.text, codes, now)
        asked = self._asked[inquiry.id] = Asked(inquiry, question, admission)
        return asked

    def _transact(self, unit: Unit, batch: Batch) -> Done:
        """Do all of a batch in one transaction. Runs where the ledger wants it: touches nothing of ours."""
        now = batch.now
        starting = [(start.message, start.segment) for start in batch.starts]
        if batch.ended or batch.changed or starting:
            unit.outbox.save(batch.ended, batch.changed + starting, now)
        if batch.early:
            unit.outbox.take_early(batch.changed)
        arrivals = [item for item, _ in batch.arrivals]
        receipts = [item for item in arrivals if isinstance(item, Receipt)]
        changed, kept = unit.outbox.receipts(receipts) if receipts else ([], 0)
        taken = self._intake.take(unit, arrivals, now)
        made = self._intake.judge_overdue(unit, now) if batch.joins else []
        replied = self._desk.answer(unit, batch.asked, now) if batch.asked else []
        outgoing, starts = self._address(replied, batch)
        unit.outbox.add([message for _, message in outgoing if message])
        for account in {start.message.account for start in batch.starts + starts}:
            leaving = sum(start.message.account == account for start in batch.starts + starts)
            unit.outbox.sent(account, leaving, today(now))
        return Done(taken, made, outgoing, starts, changed, kept)

    def _address(
        self, replied: Sequence[Replied], batch: Batch
    ) -> tuple[list[tuple[Replied, Message | None]], list[Start]]:
        """Bind replies to the line that brought the question; what it has room for starts at once."""
        room = dict(batch.room)
        outgoing: list[tuple[Replied, Message | None]] = []
        starts: list[Start] = []
        for one in replied:
            message = self._message(one, batch.now) if one.reply else None
            for segment in message.segments if message else ():
                if message and room.get(message.account, 0) > 0:
                    room[message.account] -= 1
                    starts.append(Start(message, segment.starting()))
                    message = message.with_segment(starts[-1].segment)
            outgoing.append((one, message))
        return outgoing, starts

    def _message(self, replied: Replied, now: datetime) -> Message:
        inquiry, reply = replied.inquiry, replied.reply
        assert reply is not None  # noqa: S101 - asked for replies only
        mint = self._intake.mint
        return Message(
            id=mint(),
            inquiry=inquiry.id,
            channel=inquiry.channel,
            account=inquiry.account,
            source=inquiry.destination,
            recipient=inquiry.sender,
            text=reply.text,
            encoding=reply.encoding,
            reference=self._reference(),
            created_at=now,
            expires_at=now + EXPIRY,
            segments=tuple(
                Segment(mint(), position, text, due_at=now) for position, text in enumerate(reply.segments, 1)
            ),
        )

    # -- after the commit --------------------------------------------------------------------------

    def _apply(self, batch: Batch, done: Done) -> None:
        for _, stored in batch.arrivals:
            if not stored.done():
                stored.set_result(None)
        self._dispatch.stored(batch.ended, batch.changed)
        self._questions.extend(done.taken.inquiries + done.made)
        if done.taken.joining and self._join_at is None:
            self._join_at = batch.now + JUDGE_AFTER
        elif batch.joins:
            self._join_at = batch.now + JUDGE_AFTER if done.taken.joining else None
        for replied, message in done.replied:
            self._asked.pop(replied.inquiry.id, None)
            self._note(replied, batch.now)
            if message:
                self._dispatch.add(message)
        for message_id, segment in done.receipts:
            self._dispatch.receipt(message_id, segment, batch.now)
        self._early = done.kept_receipts > 0 or (self._early and not batch.early)
        for start in batch.starts + done.starts:
            self._start(start, batch.now)
        self._count(done)

    def _start(self, start: Start, now: datetime) -> None:
        channel = self._dispatch.started(start, now)
        task = asyncio.get_running_loop().create_task(self._send(channel, start), name=f"send {channel.account}")
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)

    async def _send(self, channel: Channel, start: Start) -> None:
        try:
            outcome = await channel.send(start.message.submission(start.segment))
        except Exception:
            # A channel that breaks its contract must not lose a reply: what it did is unknown.
            log.exception("a channel failed", extra={"account": channel.account, "segment": str(start.segment.id)})
            outcome = Uncertain("the channel failed")
        self._outcomes.append((start.segment.id, outcome))
        self._wake.set()
        self._meter.count("segments", outcome=type(outcome).__name__.lower(), account=channel.account)

    def _note(self, replied: Replied, now: datetime) -> None:
        if replied.intent in (Intent.QUERY, Intent.MALFORMED) and replied.answers:
            self._limiter.answered(replied.inquiry.querier, replied.known, now)
        verdicts = [answer.decision.verdict.value for answer in replied.answers]
        for verdict in verdicts:
            self._meter.count("answers", verdict=verdict)
        log.info(
            "answered",
            extra={
                "inquiry": str(replied.inquiry.id),
                "sender": str(replied.inquiry.sender),
                "account": replied.inquiry.account,
                "intent": replied.intent.value,
                "state": replied.state.value,
                "verdicts": verdicts,
                "reason": replied.reason,
            },
        )

    def _count(self, done: Done) -> None:
        if done.taken.repeats:
            self._meter.count("repeats", done.taken.repeats)
        if done.taken.buried:
            self._meter.count("dead_letters", done.taken.buried)
        self._meter.count("inquiries", len(done.taken.inquiries) + len(done.made))

    # -- when it went wrong ------------------------------------------------------------------------

    def _put_back(self, batch: Batch) -> None:
        self._arrivals.extendleft(reversed(batch.arrivals))
        self._dispatch.unplan(batch.starts)

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
                await asyncio.sleep(delay)
                delay = min(1.0, delay * 2)
        waiting = {asked.inquiry.id for _, asked in self._later.values()}
        self._questions = deque(inquiry for inquiry in backlog.inquiries if inquiry.id not in waiting)
        self._dispatch.reload(backlog.messages, now)
        self._dispatch.sent_today(backlog.sent_today, now)
        self._join_at = backlog.next_join_at

    async def _one_by_one(self, batch: Batch) -> None:
        """Find the one that cannot be stored: do each part of a failed batch in a transaction of its own."""
        self._dispatch.unplan(batch.starts)
        for arrival in batch.arrivals:
            await self._alone(replace(Batch(batch.now), arrivals=[arrival]), arrival)
        for asked in batch.asked:
            await self._alone(replace(Batch(batch.now), asked=[asked]), asked)
        if batch.changed or batch.ended:
            await self._alone(replace(Batch(batch.now), changed=batch.changed, ended=batch.ended), None)
        if batch.joins:
            await self._joins_alone(batch.now)

    async def _alone(self, batch: Batch, poison: Arrival | Asked | None) -> None:
        try:
            done = await self._ledger.run(lambda unit: self._transact(unit, batch))
        except StoreDown:
            self._put_back(batch)
            await self._reload()
        except Exception as err:
            match poison:
                case Asked():
                    log.exception("a question cannot be answered", extra={"inquiry": str(poison.inquiry.id)})
                    await self._later_or_never(poison, batch.now)
                case None:
                    raise
                case _:
                    await self._bury(poison, err, batch.now)
        else:
            self._apply(batch, done)

    async def _joins_alone(self, now: datetime) -> None:
        try:
            done = await self._ledger.run(lambda unit: self._transact(unit, Batch(now, joins=True)))
        except GatewayError as err:
            log.warning("long texts wait", extra={"reason": str(err)})
        except Exception:
            log.exception("a long text cannot be judged; tried again later")
        else:
            self._apply(Batch(now, joins=True), done)
            return
        self._join_at = now + JUDGE_AFTER

    async def _later_or_never(self, asked: Asked, now: datetime) -> None:
        if now < asked.inquiry.received_at + GIVE_UP_AFTER:
            self._later[asked.inquiry.id] = (now + RETRY_AFTER, asked)
            return

        def give_up(unit: Unit) -> Message | None:
            replied = self._desk.give_up(unit, asked, now)
            message = self._message(replied, now) if replied else None
            unit.outbox.add([message] if message else [])
            return message

        try:
            message = await self._ledger.run(give_up)
        except GatewayError as err:
            log.warning("cannot say that there is no answer", extra={"reason": str(err)})
            self._later[asked.inquiry.id] = (now + RETRY_AFTER, asked)
            return
        self._asked.pop(asked.inquiry.id, None)
        if message:
            self._dispatch.add(message)

    async def _bury(self, arrival: Arrival, err: Exception, now: datetime) -> None:
        """Keep an arrival that cannot be stored as it is among the dead letters, and acknowledge it."""
        item, stored = arrival
        log.error("an arrival cannot be stored", exc_info=err, extra={"account": item.account})
        raw = repr(item.text) if isinstance(item, Part) else repr(item)
        kind = item.channel if isinstance(item, Part | Undecodable) else self._kind_of.get(item.account, "")
        dead = Undecodable(kind, item.account, b"", raw, f"cannot be stored: {type(err).__name__}", now)
        try:
            await self._ledger.run(lambda unit: unit.inbox.bury([dead]))
        except StoreDown:
            self._arrivals.append(arrival)
            return
        self._meter.count("dead_letters")
        if not stored.done():
            stored.set_result(None)


def unanswerable(inquiry: Inquiry) -> Admission | None:
    """Refuse whoever must never get an SMS from us: service numbers, short codes, names (DOMAIN T4)."""
    if inquiry.sender.is_mobile:
        return None
    return Admission(allowed=False, suppress=True, reason="not a mobile number: never answered by SMS")
