"""How much one person, and all together, may ask: the limits of DOMAIN T1, T4 and T5, kept in process.

The arithmetic of sliding windows is pyrate-limiter's; which windows there are, and who is told, is ours.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field
from pyrate_limiter import InMemoryBucket, Rate, RateItem

from gateway.ports import Admission

log = logging.getLogger(__name__)

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # milliseconds, as the library counts

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


@dataclass(slots=True)
class _Person:
    codes: InMemoryBucket
    replies: InMemoryBucket
    texts: dict[int, InMemoryBucket] = field(default_factory=dict)
    told_until: datetime | None = None
    silent_until: datetime | None = None
    misses: int = 0


class InProcessLimiter:
    """`ports.Limiter` for one process; what was used is forgotten when it ends."""

    def __init__(self, settings: LimitSettings) -> None:
        self._settings = settings
        self._persons: OrderedDict[bytes, _Person] = OrderedDict()
        self._total = InMemoryBucket([Rate(settings.total_per_minute, MINUTE)])
        self._unknown = InMemoryBucket([Rate(settings.unknown_alarm_per_minute, MINUTE)])

    async def admit(self, querier: bytes, text: str, codes: int, now: datetime) -> Admission:
        """Count one message with so many codes in it, and say whether it may be answered.

        The lowest limit wins. The first refusal of a window is told, later ones are silent.
        """
        person = self._person(querier)
        if person.silent_until and now < person.silent_until:
            return Admission(allowed=False, reason="too many unknown codes in a row")
        if not self._new_text(person, text, now):
            return Admission(allowed=False, suppress=True, reason="the same text again and again")
        refusing = _refusal(person.replies, 1, now) or (codes and _refusal(person.codes, codes, now)) or None
        if refusing:
            return self._refused(person, refusing, now)
        if not _put(self._total, 1, now):
            log.error("the budget of replies is used up; the service answers nobody until the minute is over")
            return Admission(allowed=False, suppress=True, reason="the budget of all replies is used up")
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
        self._unknown.leak(_milliseconds(now))
        if not _put(self._unknown, 1, now):
            log.error("unknown codes come in numbers: somebody guesses, or a fake batch is out")
            self._unknown.flush()

    def _refused(self, person: _Person, rate: Rate, now: datetime) -> Admission:
        reason = f"more than {rate.limit} in {rate.interval // 1000} s"
        if person.told_until and now < person.told_until:
            return Admission(allowed=False, reason=reason)
        person.told_until = now + timedelta(milliseconds=rate.interval)
        return Admission(allowed=False, tell=True, reason=reason)

    def _new_text(self, person: _Person, text: str, now: datetime) -> bool:
        # A person asks again and varies; a machine that answers our answers repeats itself to the letter.
        key = hash(text)
        bucket = person.texts.get(key)
        if bucket is None:
            if len(person.texts) >= self._settings.replies_per_day:
                person.texts.clear()
            bucket = person.texts[key] = InMemoryBucket([Rate(self._settings.same_text_per_hour, HOUR)])
        return _put(bucket, 1, now)

    def _person(self, querier: bytes) -> _Person:
        person = self._persons.get(querier)
        if person is not None:
            self._persons.move_to_end(querier)
            return person
        s = self._settings
        person = _Person(
            codes=_bucket(Rate(s.codes_per_hour, HOUR), Rate(s.codes_per_day, DAY)),
            replies=_bucket(
                Rate(s.replies_per_minute, MINUTE),
                Rate(s.replies_per_10_minutes, 10 * MINUTE),
                Rate(s.replies_per_day, DAY),
            ),
        )
        self._persons[querier] = person
        if len(self._persons) > MOST_PERSONS:
            self._persons.popitem(last=False)
        return person


def _bucket(*rates: Rate) -> InMemoryBucket:
    """Build a bucket of rates given by rising interval, each a multiple of the one before.

    The library refuses rates that another leaves nothing to do; they go: 100 a minute beside 20 a day never bites,
    nor does 100 a day beside 1 an hour.
    """
    kept: list[Rate] = []
    for rate in rates:
        while kept and kept[-1].limit >= rate.limit:
            kept.pop()
        if not kept or kept[-1].limit * rate.interval >= rate.limit * kept[-1].interval:
            kept.append(rate)
    return InMemoryBucket(kept)


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1000)


def _put(bucket: InMemoryBucket, weight: int, now: datetime) -> bool:
    at = _milliseconds(now)
    bucket.leak(at)
    return bool(bucket.put(RateItem("", at, weight)))


def _refusal(bucket: InMemoryBucket, weight: int, now: datetime) -> Rate | None:
    """Count `weight`, or return the rate that it would break."""
    return None if _put(bucket, weight, now) else bucket.failing_rate
