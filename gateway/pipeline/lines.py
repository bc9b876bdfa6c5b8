"""One line as dispatch sees it: what waits for it, what is under way by it, what it may still carry today."""

from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from gateway.domain.calendar import today
from gateway.domain.outcome import Deferred, Outcome
from gateway.domain.outgoing import Message, Segment
from gateway.ports import Channel

# A line that is down for longer gives its waiting messages to another; a replugged modem is back in less.
TAKEOVER = timedelta(seconds=10)


@dataclass(slots=True)
class Line:
    """One channel and what is waiting for it."""

    channel: Channel
    answers: deque[UUID] = field(default_factory=deque)
    bulk: deque[UUID] = field(default_factory=deque)
    under_way: int = 0
    day: date = date.min
    sent: int = 0
    returned: int = 0  # of those sent today, not stored yet: they did not leave after all
    not_ready_since: datetime | None = None
    paused: bool = False  # by a person: it receives, and sends nothing

    def room(self, now: datetime) -> int:
        """Return how many segments may start now."""
        if self.paused:
            return 0
        if not self.channel.ready:
            self.not_ready_since = self.not_ready_since or now
            return 0
        self.not_ready_since = None
        return max(0, min(self.channel.window - self.under_way, self.left_today(now)))

    def left_today(self, now: datetime) -> int:
        """Return how many segments its daily limit leaves."""
        if self.day != today(now):
            self.day, self.sent = today(now), 0
        limit = self.channel.daily_limit
        return self.channel.window if limit is None else limit - self.sent

    def settle(self, outcome: Outcome, now: datetime) -> None:
        """Note the end of one send; a deferred one took nothing of the day's limit."""
        self.under_way -= 1
        if isinstance(outcome, Deferred) and self.day == today(now):
            self.sent -= 1
            self.returned += 1

    def gives_away(self, now: datetime) -> bool:
        """Return whether what waits here should rather go by another line."""
        down_for = now - self.not_ready_since if self.not_ready_since else timedelta(0)
        return self.paused or down_for > TAKEOVER or self.left_today(now) <= 0


@dataclass(frozen=True, slots=True)
class Start:
    """A segment that may leave as soon as this is stored."""

    message: Message
    segment: Segment  # as it is stored: `SENDING`
