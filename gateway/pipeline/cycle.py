"""One cycle's transaction: what goes in, what it does in which order, what comes out (DESIGN 2, Store)."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gateway.domain.calendar import today
from gateway.domain.inquiry import Inquiry
from gateway.domain.message import Receipt
from gateway.domain.outgoing import EXPIRY, Message, Segment, SegmentState
from gateway.pipeline.answer import Desk
from gateway.pipeline.draft import Asked, Replied
from gateway.pipeline.intake import Arrival, Intake, Taken, Weigh
from gateway.pipeline.lines import Start
from gateway.ports import Unit


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
    returned: Counter[str] = field(default_factory=Counter)  # by line: counted before, and did not leave
    joins: bool = False
    early: bool = False
    careful: bool = False  # only store what arrived: its answers come with the next one

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
    starts: list[Start]  # what leaves now
    lost: set[UUID]  # messages that another process has taken over
    receipts: list[tuple[UUID, Segment]]
    kept_receipts: int
    next_join_at: datetime | None  # asked for when long texts were judged

    @classmethod
    def nothing(cls, next_join_at: datetime | None) -> "Done":
        """Return what a transaction did that failed."""
        return cls(Taken(), [], [], [], set(), [], 0, next_join_at)


@dataclass(frozen=True, slots=True)
class Cycle:
    """The hops of the path in one transaction. Holds no state: it runs where the ledger wants it to."""

    intake: Intake
    weigh: Weigh
    desk: Desk
    reference: Callable[[], int]

    def transact(self, unit: Unit, batch: Batch) -> Done:
        """Do all of a batch."""
        now = batch.now
        starting = [(start.message, start.segment) for start in batch.starts]
        lost: set[UUID] = set()
        if batch.ended or batch.changed or starting:
            lost = unit.outbox.save(batch.ended, batch.changed + starting, now)
        early = unit.receipts.take_early(batch.changed) if batch.early and batch.changed else []
        receipts = [arrival.item for arrival in batch.arrivals if isinstance(arrival.item, Receipt)]
        changed, kept = unit.receipts.match(receipts) if receipts else ([], 0)
        taken = self.intake.take(unit, batch.arrivals, now, None if batch.careful else self.weigh)
        made = self.intake.judge_overdue(unit, now) if batch.joins else []
        replied = self.desk.answer(unit, batch.asked, now) if batch.asked else []
        replied += self.desk.answer_new(unit, taken.asked, now) if taken.asked else []
        outgoing, new = self._address(replied, batch)
        unit.outbox.add([message for _, message in outgoing if message])
        starts = [start for start in batch.starts if start.message.id not in lost] + new
        leaving = Counter(start.message.account for start in starts)
        leaving.subtract(batch.returned)
        unit.outbox.sent(leaving, today(now))
        next_join = unit.inbox.next_judgement() if batch.joins else None
        return Done(taken, made, outgoing, starts, lost, early + changed, kept, next_join)

    def _address(
        self, replied: Sequence[Replied], batch: Batch
    ) -> tuple[list[tuple[Replied, Message | None]], list[Start]]:
        """Bind replies to the line that brought the question; what it has room for starts at once."""
        room = dict(batch.room)
        outgoing: list[tuple[Replied, Message | None]] = []
        starts: list[Start] = []
        for one in replied:
            account = one.inquiry.account
            message = self._message(one, batch.now, room.get(account, 0)) if one.reply else None
            if message:
                leaving = [Start(message, s) for s in message.segments if s.state is SegmentState.SENDING]
                room[account] = room.get(account, 0) - len(leaving)
                starts += leaving
            outgoing.append((one, message))
        return outgoing, starts

    def _message(self, replied: Replied, now: datetime, room: int) -> Message:
        """Word the reply as a message whose first segments, as many as there is room for, start at once."""
        inquiry, reply = replied.inquiry, replied.reply
        assert reply is not None  # noqa: S101 - asked for replies only
        mint = self.intake.mint
        segments = [Segment(mint(), position, text, due_at=now) for position, text in enumerate(reply.segments, 1)]
        return Message(
            id=mint(),
            inquiry=inquiry.id,
            channel=inquiry.channel,
            account=inquiry.account,
            source=inquiry.destination,
            recipient=inquiry.sender,
            text=reply.text,
            encoding=reply.encoding,
            reference=self.reference(),
            created_at=now,
            expires_at=now + EXPIRY,
            segments=tuple(s.starting() if s.position <= room else s for s in segments),
        )

    def give_up(self, unit: Unit, asked: Asked, now: datetime) -> Message | None:
        """Tell the asker that there is no answer; final."""
        replied = self.desk.give_up(unit, asked, now)
        message = self._message(replied, now, room=0) if replied else None
        unit.outbox.add([message] if message else [])
        return message
