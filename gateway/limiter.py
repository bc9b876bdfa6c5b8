"""How much one person, and all together, may ask: the limits of DOMAIN T1, T4 and T5, kept in process.

A window slides: it holds the times of what was used in it. A person is a few short lists, since there are many.
"""

import logging
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from gateway.ports import Admission

log = logging.getLogger(__name__)

MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds

# Persons remembered; the one not heard of for longest is forgotten first, and starts with nothing used.
MOST_PERSONS = 200_000

_ALLOWED = Admission(allowed=True)


class LimitSettings(BaseModel):
    """`[limits]`: what one sender, and all together, may have in a window."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codes_per_hour: int = Field(default=10, ge=1, description="codes one sender may ask for (T1)")
    codes_per_day: int = Field(default=20, ge=1, description="(T1)")
    replies_per_minute: int = Field(default=3, ge=1, description="replies to one number; stops loops (T4)")
    replies_per_10_minutes: int = Field(default=5, ge=1, description="replies to one number; stops reflection (T5)")
    replies_per_day: int = Field(default=20, ge=1, description="(T5)")
    same_text_per_hour: int = Field(default=3, ge=1, description="identical texts answered; more is a machine (T4)")
    misses_in_a_row: int = Field(default=5, ge=1, description="unknown codes before a sender is not answered (T1)")
    silence_minutes: int = Field(default=60, ge=1, description="for how long then")
    total_per_minute: int = Field(default=6000, ge=1, description="replies to all together; the budget breaker (T5)")
    unknown_alarm_per_minute: int = Field(default=60, ge=1, description="unknown codes of all senders: an alarm (T1)")
    address_codes_per_hour: int = Field(default=120, ge=1, description="codes from one IP address; many share one (T1)")
    address_codes_per_day: int = Field(default=600, ge=1, description="(T1)")
    address_misses_in_a_row: int = Field(default=20, ge=1, description="unknown codes from one IP address (T1)")

    def on_screen(self) -> "LimitSettings":
        """Return what holds where the answer is shown and no message sent: of codes only (T4, T5 are of messages)."""
        hour, day = self.codes_per_hour, self.codes_per_day
        return self.model_copy(
            update={
                "replies_per_minute": hour,
                "replies_per_10_minutes": hour,
                "replies_per_day": day,
                "same_text_per_hour": hour,
            }
        )

    def of_address(self) -> "LimitSettings":
        """Return what holds for one IP address."""
        return self.model_copy(
            update={
                "codes_per_hour": self.address_codes_per_hour,
                "codes_per_day": self.address_codes_per_day,
                "misses_in_a_row": self.address_misses_in_a_row,
            }
        ).on_screen()


class Rate(NamedTuple):
    """So many in so many seconds."""

    limit: int
    interval: int


# When each of what was used was used, in seconds since the epoch, in order: nothing older than the longest window.
Used: TypeAlias = list[float] | deque[float]


@dataclass(slots=True)
class _Person:
    codes: list[float] = field(default_factory=list)
    replies: list[float] = field(default_factory=list)
    texts: dict[int, list[float]] = field(default_factory=dict)
    told_until: datetime | None = None
    silent_until: datetime | None = None
    misses: int = 0


class InProcessLimiter:
    """`ports.Limiter` for one process; what was used is forgotten when it ends."""

    def __init__(self, settings: LimitSettings) -> None:
        s = self._settings = settings
        self._codes = (Rate(s.codes_per_hour, HOUR), Rate(s.codes_per_day, DAY))
        self._replies = (
            Rate(s.replies_per_minute, MINUTE),
            Rate(s.replies_per_10_minutes, 10 * MINUTE),
            Rate(s.replies_per_day, DAY),
        )
        self._same_text = (Rate(s.same_text_per_hour, HOUR),)
        self._all_replies = (Rate(s.total_per_minute, MINUTE),)
        self._all_unknown = (Rate(s.unknown_alarm_per_minute, MINUTE),)
        self._persons: OrderedDict[bytes, _Person] = OrderedDict()
        self._total: deque[float] = deque()
        self._unknown: deque[float] = deque()

    async def admit(self, querier: bytes, text: str, codes: int, now: datetime) -> Admission:
        """Count one message with so many codes in it, and say whether it may be answered.

        The lowest limit wins. The first refusal of a window is told, later ones are silent.
        """
        person, at = self._person(querier), now.timestamp()
        if person.silent_until and now < person.silent_until:
            left = int((person.silent_until - now).total_seconds()) + 1
            return Admission(allowed=False, reason="too many unknown codes in a row", after=left)
        if self._repeats(person, text, at):
            return Admission(allowed=False, suppress=True, reason="the same text again and again", after=HOUR)
        refusing = _use(person.replies, self._replies, 1, at) or _use(person.codes, self._codes, codes, at)
        if refusing:
            return self._refused(person, refusing, now)
        if _use(self._total, self._all_replies, 1, at):
            log.error("the budget of replies is used up; the service answers nobody until the minute is over")
            return Admission(allowed=False, suppress=True, reason="the budget of all replies is used up", after=MINUTE)
        return _ALLOWED

    def answered(self, querier: bytes, known: bool, now: datetime) -> None:
        """Learn whether the codes asked for were known: many misses in a row silence a guesser."""
        person = self._person(querier)
        if known:
            person.misses = 0
            return
        person.misses += 1
        if person.misses >= self._settings.misses_in_a_row:
            person.misses = 0
            person.silent_until = now + timedelta(minutes=self._settings.silence_minutes)
            log.warning("a sender asked for many unknown codes and is not answered for a while")
        if _use(self._unknown, self._all_unknown, 1, now.timestamp()):
            log.error("unknown codes come in numbers: somebody guesses, or a fake batch is out")
            self._unknown.clear()

    def _refused(self, person: _Person, rate: Rate, now: datetime) -> Admission:
        reason = f"more than {rate.limit} in {rate.interval} s"
        if person.told_until and now < person.told_until:
            return Admission(allowed=False, reason=reason, after=rate.interval)
        person.told_until = now + timedelta(seconds=rate.interval)
        return Admission(allowed=False, tell=True, reason=reason, after=rate.interval)

    def _repeats(self, person: _Person, text: str, at: float) -> bool:
        # A person asks again and varies; a machine that answers our answers repeats itself to the letter.
        key = hash(text)
        if key not in person.texts and len(person.texts) >= self._settings.replies_per_day:
            person.texts.clear()
        return _use(person.texts.setdefault(key, []), self._same_text, 1, at) is not None

    def _person(self, querier: bytes) -> _Person:
        person = self._persons.get(querier)
        if person is not None:
            self._persons.move_to_end(querier)
            return person
        person = self._persons[querier] = _Person()
        if len(self._persons) > MOST_PERSONS:
            self._persons.popitem(last=False)
        return person


def _use(used: Used, rates: Sequence[Rate], weight: int, at: float) -> Rate | None:
    """Count `weight`, or return the first rate, they rise by interval, that it would break."""
    while used and used[-1] > at:  # the clock was set back: those times say nothing any more
        used.pop()
    oldest = at - rates[-1].interval
    while used and used[0] <= oldest:
        del used[0]
    for rate in rates:
        before = rate.limit - weight  # so many may have been used in the window
        if before < 0 or (len(used) > before and used[-1 - before] > at - rate.interval):
            return rate
    used.extend([at] * weight)
    return None
