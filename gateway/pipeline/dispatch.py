"""Open messages of this process: which segment leaves next by which line, and what becomes of it.

Holds no task and no database: the writer asks what may start, starts it once that is stored, and brings
the outcomes back. The database has all of it; after any doubt `reload` puts this right again.
"""

import heapq
import logging
from collections import Counter, deque
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from gateway.domain.calendar import today
from gateway.domain.outcome import Outcome
from gateway.domain.outgoing import DELAYS, Message, MessageState, Segment, SegmentState
from gateway.pipeline.lines import Line, Start
from gateway.ports import Channel

log = logging.getLogger(__name__)

# So many entries of messages that ended may wait for their time in the heap of expiries.
_SLACK = 100


class Dispatch:
    """The lines and the open messages of this process."""

    def __init__(self, channels: Sequence[Channel], reference: Callable[[], int]) -> None:
        self.lines = {channel.account: Line(channel) for channel in channels}
        self._reference = reference
        self._messages: dict[UUID, Message] = {}
        self._under_way: dict[UUID, Start] = {}  # by their segment
        self._later: list[tuple[datetime, UUID]] = []
        self._expiries: list[tuple[datetime, UUID]] = []
        self._changed: dict[UUID, tuple[UUID, Segment]] = {}
        self._touched: set[UUID] = set()  # messages that moved or ended
        self._queued: set[UUID] = set()
        self._homeless: set[UUID] = set()

    # -- what the writer stores ------------------------------------------------------------------

    def changes(self) -> tuple[list[Message], list[tuple[Message, Segment]]]:
        """Return what is not stored yet: messages that moved or ended, and segments as they are now."""
        touched = [self._messages[id_] for id_ in self._touched]
        return touched, [(self._messages[id_], segment) for id_, segment in self._changed.values()]

    def stored(self, messages: Iterable[Message], changed: Iterable[tuple[Message, Segment]]) -> None:
        """Forget changes that are in the database now, and messages that came to an end."""
        for message, segment in changed:
            if self._changed.get(segment.id) == (message.id, segment):
                del self._changed[segment.id]
        for message in messages:
            if self._messages.get(message.id) is message:
                self._touched.discard(message.id)
                if message.state() is not MessageState.OPEN:
                    del self._messages[message.id]
        if len(self._expiries) > 2 * len(self._messages) + _SLACK:  # the rest are of messages that ended
            self._expiries = [(message.expires_at, message.id) for message in self._messages.values()]
            heapq.heapify(self._expiries)

    def forget(self, lost: Iterable[UUID]) -> None:
        """Let go of messages that another process has taken over."""
        for id_ in lost:
            message = self._messages.pop(id_, None)
            for segment in message.segments if message else ():
                self._changed.pop(segment.id, None)
            self._touched.discard(id_)
            self._homeless.discard(id_)

    # -- starting --------------------------------------------------------------------------------

    def plan(self, now: datetime) -> list[Start]:
        """Return the segments that may start now: to be stored, then `started`, or else taken back by `unplan`."""
        self._wake(now)
        starts: list[Start] = []
        for line in self.lines.values():
            room = line.room(now)
            for queue in (line.answers, line.bulk):
                while room > 0 and queue:
                    room -= self._plan_next(queue, starts, now)
        return starts

    def _plan_next(self, queue: deque[UUID], starts: list[Start], now: datetime) -> int:
        message = self._messages.get(queue[0])
        segment = _next_due(message, self._under_way, now) if message else None
        if message is None or segment is None:
            self._queued.discard(queue.popleft())
            if message:
                self._wait(message)
            return 0
        starting = segment.starting()
        starts.append(Start(message, starting))
        self._messages[message.id] = message.with_segment(starting)
        return 1

    def unplan(self, starts: Iterable[Start]) -> None:
        """Take planned starts back: they could not be stored."""
        for start in starts:
            before = start.message.segments[start.segment.position - 1]
            message = self._messages[start.message.id].with_segment(before)
            self._messages[message.id] = message
            self._queue(message)

    def room(self, account: str, starts: Sequence[Start], now: datetime) -> int:
        """Return how many segments may start by a line besides those planned."""
        line = self.lines.get(account)
        if line is None or line.answers:
            return 0
        return line.room(now) - sum(start.message.account == account for start in starts)

    def started(self, start: Start, now: datetime) -> Channel:
        """Note that a stored segment leaves now; return the channel to send it by."""
        line = self.lines[start.message.account]
        line.under_way += 1
        line.left_today(now)  # a new day begins at zero
        line.sent += 1
        self._under_way[start.segment.id] = start
        return line.channel

    # -- taking in -------------------------------------------------------------------------------

    def add(self, message: Message) -> None:
        """Take a stored message over; one whose segments all came to an end before that was stored ends now."""
        self._put(message)
        if message.state() is MessageState.OPEN:
            heapq.heappush(self._expiries, (message.expires_at, message.id))
            self._queue(message)

    def settle(self, segment_id: UUID, outcome: Outcome, now: datetime) -> None:
        """Take the outcome of a send."""
        start = self._under_way.pop(segment_id)
        self.lines[start.message.account].settle(outcome, now)
        message = self._messages.get(start.message.id)
        if message is None or (message.account, message.reference) != (start.message.account, start.message.reference):
            return  # taken over by another process while it was under way, and perhaps left by another line
        segment = message.segments[start.segment.position - 1]
        self._change(message, segment.settled(outcome, now), now)

    def receipt(self, message_id: UUID, segment: Segment, now: datetime) -> None:
        """Take what a receipt said of a segment; the database has it already."""
        message = self._messages.get(message_id)
        if message and segment.id not in self._under_way:
            self._change(message, segment, now)

    def expire(self, now: datetime) -> list[Message]:
        """Give up what is too old to be of use; return the messages given up."""
        given_up = []
        while self._expiries and self._expiries[0][0] <= now:
            _, id_ = heapq.heappop(self._expiries)
            message = self._messages.get(id_)
            if message is None or message.state() is not MessageState.OPEN:
                continue
            if self._is_under_way(message):
                heapq.heappush(self._expiries, (now + timedelta(seconds=1), id_))  # its end counts
            after = message.expired()
            if after != message:
                self._put(after, instead_of=message)
                given_up.append(after)
        return given_up

    def take_over(self, now: datetime) -> None:
        """Move what waits for a line that is down or spent to one that can carry it."""
        for line in list(self.lines.values()):
            if (line.answers or line.bulk) and line.gives_away(now):
                for queue in (line.answers, line.bulk):
                    waiting = list(queue)
                    queue.clear()
                    self._queued.difference_update(waiting)
                    self._move_or_queue(waiting, now, receipts=line.channel.ready)
        homeless, self._homeless = self._homeless, set()
        self._move_or_queue(homeless, now, receipts=False)

    def _move_or_queue(self, ids: Iterable[UUID], now: datetime, *, receipts: bool) -> None:
        """Move what may go by another line; where `receipts` still come in by its own, one waited for comes first."""
        for id_ in ids:
            message = self._messages.get(id_)
            if message is None or message.state() is not MessageState.OPEN:
                continue
            if (receipts and message.awaits_receipt(now)) or not self._move(message, now):
                self._queue(message)

    def reload(self, stored: Iterable[Message], now: datetime, *, fenced: bool = False) -> None:
        """Start again from what the database holds, keeping what is under way and what it does not know yet.

        `fenced`: others held our messages meanwhile, so that what we did not store is void.
        """
        if fenced:
            self.forget(list(self._messages))
        unsaved = {id_ for id_, _ in self._changed.values()} | self._touched
        unsaved |= {start.message.id for start in self._under_way.values()} & self._messages.keys()
        kept = {id_: self._messages[id_] for id_ in unsaved}
        fresh = {message.id: _never_left(message, self._under_way, now) for message in stored if message.id not in kept}
        self._messages = {}
        self._later, self._expiries = [], []
        self._queued.clear()
        self._homeless.clear()
        for line in self.lines.values():
            line.answers.clear()
            line.bulk.clear()
        for message in [*kept.values(), *fresh.values()]:
            self.add(message)
            if message.id in fresh:
                for segment in message.segments:
                    self._changed[segment.id] = (message.id, segment)

    def returned(self) -> Counter[str]:
        """Return, once, how many segments were counted as leaving by each line and did not leave."""
        counted = Counter({account: line.returned for account, line in self.lines.items() if line.returned})
        for line in self.lines.values():
            line.returned = 0
        return counted

    def pause(self, accounts: Container[str]) -> None:
        """Have these lines send nothing, and all others send; what is under way comes to its end."""
        for account, line in self.lines.items():
            line.paused = account in accounts

    def sent_today(self, sent: Mapping[str, int], now: datetime) -> None:
        """Take what left by each line today, as it is stored."""
        for account, line in self.lines.items():
            line.day, line.sent = today(now), sent.get(account, 0)

    # -- what the writer waits for -----------------------------------------------------------------

    def next_due(self) -> datetime | None:
        """Return when something is due by the clock."""
        due = [heap[0][0] for heap in (self._later, self._expiries) if heap]
        return min(due) if due else None

    @property
    def waiting(self) -> int:
        """Return how many messages wait for a line."""
        return len(self._queued) + len(self._homeless)

    @property
    def depth(self) -> int:
        """Return how many messages are open."""
        return len(self._messages)

    @property
    def unsaved(self) -> bool:
        """Return whether there is anything to store."""
        return bool(self._changed or self._touched)

    # -- inside ------------------------------------------------------------------------------------

    def _change(self, message: Message, segment: Segment, now: datetime) -> None:
        before, message = message, message.with_segment(segment)
        if segment.state is SegmentState.REFUSED:
            message = message.expired()  # nobody shall read the rest of a text without its part
        self._put(message, instead_of=before)
        if segment.stranded and not self._move(message, now):
            self._change(message, replace(segment, due_at=now + DELAYS[-1]), now)
        elif message.state() is MessageState.OPEN:
            self._queue(message)

    def _put(self, message: Message, instead_of: Message | None = None) -> None:
        self._messages[message.id] = message
        for before, after in zip(instead_of.segments, message.segments, strict=True) if instead_of else ():
            if after != before:
                self._changed[after.id] = (message.id, after)
        if message.state() is not MessageState.OPEN:
            self._touched.add(message.id)

    def _move(self, message: Message, now: datetime) -> bool:
        """Bind a message to another line that is up and reaches its recipient; False when there is none."""
        if self._is_under_way(message):
            return False
        for line in sorted(self.lines.values(), key=lambda line: len(line.answers)):
            channel = line.channel
            if channel.account != message.account and line.room(now) and channel.reaches(message.recipient):
                moved = message.on_line(channel.kind, channel.account, self._reference(), now)
                if moved is None:
                    return False
                log.info(
                    "reply moved to another line",
                    extra={"reply": str(message.id), "from": message.account, "to": moved.account},
                )
                self._messages[moved.id] = moved
                self._touched.add(moved.id)
                for segment in moved.segments:
                    self._changed[segment.id] = (moved.id, segment)
                self._queue(moved)
                return True
        return False

    def _is_under_way(self, message: Message) -> bool:
        return any(segment.id in self._under_way for segment in message.segments)

    def _queue(self, message: Message) -> None:
        line = self.lines.get(message.account)
        if line is None:
            self._homeless.add(message.id)  # its line is no longer configured
        elif message.id not in self._queued and any(segment.waits for segment in message.segments):
            self._queued.add(message.id)
            (line.bulk if message.bulk else line.answers).append(message.id)

    def _wait(self, message: Message) -> None:
        due = [segment.due_at for segment in message.segments if segment.waits and segment.due_at]
        if due:
            heapq.heappush(self._later, (min(due), message.id))

    def _wake(self, now: datetime) -> None:
        while self._later and self._later[0][0] <= now:
            _, id_ = heapq.heappop(self._later)
            message = self._messages.get(id_)
            if message and message.state() is MessageState.OPEN:
                self._queue(message)


def _next_due(message: Message, under_way: Container[UUID], now: datetime) -> Segment | None:
    """Return the segment to send next: in order, but past one that waits for its receipt."""
    for segment in message.segments:
        if segment.id in under_way:
            continue
        if segment.waits and segment.due_at and segment.due_at <= now:
            return segment
        if segment.state is SegmentState.QUEUED:
            return None
    return None


def _never_left(message: Message, under_way: Container[UUID], now: datetime) -> Message:
    """Put back what was stored as starting by a transaction whose end we did not see: we did not send it."""
    segments = tuple(
        replace(
            s,
            state=SegmentState.QUEUED if s.submits == 1 else SegmentState.UNCERTAIN,
            submits=s.submits - 1,
            due_at=now,
        )
        if s.state is SegmentState.SENDING and s.id not in under_way
        else s
        for s in message.segments
    )
    return replace(message, segments=segments)
