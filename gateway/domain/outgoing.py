"""A message on its way out: its segments, their states, and what each outcome does to them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from gateway.domain.address import Address
from gateway.domain.message import Concat, Submission
from gateway.domain.outcome import Accepted, Deferred, Outcome, Refused, Uncertain
from gateway.text.segments import Encoding

# Waits before a deferred segment is tried again on its line (DESIGN 2, Dispatch).
DELAYS = (timedelta(seconds=2), timedelta(seconds=8), timedelta(seconds=25))
# How long an uncertain segment waits for a receipt before it goes once more.
RECEIPT_GRACE = timedelta(seconds=60)
# An answer that could not leave by then is of no use to its asker.
EXPIRY = timedelta(minutes=15)
# A segment meets the wire at most twice.
MOST_SUBMITS = 2
# A reference has 8 bits where every handset and carrier understands it (3GPP TS 23.040 §9.2.3.24.1).
REFERENCES = 256


class SegmentState(StrEnum):
    """`QUEUED` … `UNCERTAIN` may still change; `UNCERTAIN` without a due time is final."""

    QUEUED = "queued"
    SENDING = "sending"
    UNCERTAIN = "uncertain"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"


class MessageState(StrEnum):
    """`OPEN` until each of its segments has come to an end."""

    OPEN = "open"
    SENT = "sent"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Segment:
    """One short message of a reply."""

    id: UUID
    position: int  # 1…total
    text: str
    state: SegmentState = SegmentState.QUEUED
    attempts: int = 0  # tries on this line that left nothing behind
    submits: int = 0  # how often it has met, or may have met, the wire
    due_at: datetime | None = None
    peer_ref: str | None = None
    reason: str | None = None

    @property
    def waits(self) -> bool:
        """True while it is neither under way nor at an end."""
        return self.state is SegmentState.QUEUED or (self.state is SegmentState.UNCERTAIN and self.due_at is not None)

    @property
    def stranded(self) -> bool:
        """True when its line has been tried enough and it may still go by another."""
        return (
            self.due_at is None
            and self.submits < MOST_SUBMITS
            and self.state in (SegmentState.QUEUED, SegmentState.UNCERTAIN)
        )

    def starting(self) -> "Segment":
        """Return it as it must be stored before its first byte leaves."""
        return replace(self, state=SegmentState.SENDING, submits=self.submits + 1, due_at=None)

    def settled(self, outcome: Outcome, now: datetime) -> "Segment":
        """Return it as `outcome` leaves it; it may then be `stranded`."""
        match outcome:
            case Accepted(peer_ref=peer_ref):
                return replace(self, state=SegmentState.ACCEPTED, peer_ref=peer_ref, due_at=None, reason=None)
            case Deferred(reason=reason, after=after):
                due = now + max(after, DELAYS[self.attempts]) if self.attempts < len(DELAYS) else None
                state = SegmentState.QUEUED if self.submits == 1 else SegmentState.UNCERTAIN
                return replace(
                    self, state=state, attempts=self.attempts + 1, submits=self.submits - 1, due_at=due, reason=reason
                )
            case Refused(reason=reason):
                return replace(self, state=SegmentState.REFUSED, due_at=None, reason=reason)
            case Uncertain(reason=reason):
                due = now + RECEIPT_GRACE if self.submits < MOST_SUBMITS else None
                return replace(self, state=SegmentState.UNCERTAIN, due_at=due, reason=reason)
            case _:
                assert_never(outcome)


@dataclass(frozen=True, slots=True)
class Message:
    """One reply to one person, bound to the line it leaves by."""

    id: UUID
    inquiry: UUID | None
    channel: str
    account: str
    source: Address  # the number that was asked
    recipient: Address
    text: str
    encoding: Encoding
    reference: int  # of the UDH, when there are several segments
    created_at: datetime
    expires_at: datetime
    segments: tuple[Segment, ...]
    bulk: bool = False  # reminders; answers overtake them
    moved: bool = False  # went once as a whole from another line: its only resend

    def with_segment(self, segment: Segment) -> "Message":
        """Return it with this segment in its place."""
        at = segment.position - 1
        return replace(self, segments=(*self.segments[:at], segment, *self.segments[at + 1 :]))

    def submission(self, segment: Segment) -> Submission:
        """Return what a channel needs to carry this segment."""
        total = len(self.segments)
        concat = Concat(self.reference, total, segment.position) if total > 1 else None
        return Submission(segment.id, self.recipient, segment.text, self.encoding, concat, self.source)

    def state(self) -> MessageState:
        """Return where it stands: the worst end of its segments, once all have one."""
        worst = MessageState.SENT
        for segment in self.segments:
            if segment.state is SegmentState.SENDING or segment.waits:
                return MessageState.OPEN
            if segment.state is SegmentState.REFUSED:
                worst = MessageState.REFUSED
            elif segment.state is SegmentState.EXPIRED and worst is MessageState.SENT:
                worst = MessageState.EXPIRED
        return worst

    def awaits_receipt(self, now: datetime) -> bool:
        """Return whether a receipt may still say of a segment that it went."""
        return any(s.state is SegmentState.UNCERTAIN and s.due_at and s.due_at > now for s in self.segments)

    def expired(self) -> "Message":
        """Return it with whatever has not left given up; what may have left stays uncertain."""
        return replace(self, segments=tuple(_given_up(segment) for segment in self.segments))

    def on_line(self, channel: str, account: str, reference: int, now: datetime) -> "Message | None":
        """Return it bound to another line, all of it to go again; None when it must not.

        Parts of one text are only put together by the handset when they come from one number, so it
        goes as a whole; that spends the one resend of the parts that have met the wire already.
        """
        met = any(segment.submits for segment in self.segments)
        if met and (self.moved or any(segment.submits >= MOST_SUBMITS for segment in self.segments)):
            return None
        if reference == self.reference:  # by chance: parts already out must not be put together with the new ones
            reference = (reference + 1) % REFERENCES
        again = tuple(
            replace(s, state=SegmentState.QUEUED, attempts=0, due_at=now, peer_ref=None) for s in self.segments
        )
        return replace(
            self, channel=channel, account=account, reference=reference, segments=again, moved=self.moved or met
        )


def _given_up(segment: Segment) -> Segment:
    if not segment.waits:
        return segment
    if segment.submits:
        return replace(segment, state=SegmentState.UNCERTAIN, due_at=None)
    return replace(segment, state=SegmentState.EXPIRED, due_at=None)
