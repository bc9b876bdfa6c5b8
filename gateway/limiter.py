"""How much one person, and all together, may ask: the limits of DOMAIN T1, T4 and T5, kept in process.

Several processes keep them each for itself, and tell each other what they count: nobody waits for a counter elsewhere.

The arithmetic of sliding windows is pyrate-limiter's; which windows there are, and who is told, is ours.
"""

import logging
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import NamedTuple, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field
from pyrate_limiter import InMemoryBucket, Rate, RateItem

from gateway.ports import Admission, Bus, Limiter

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
    registered_codes_per_hour: int = Field(default=600, ge=1, description="codes of a registered phone with its PIN")
    registered_codes_per_day: int = Field(default=3000, ge=1, description="(a station asks before each fill)")
    same_text_per_hour: int = Field(default=3, ge=1, description="identical texts answered; more is a machine (T4)")
    misses_in_a_row: int = Field(default=5, ge=1, description="unknown codes before a sender is not answered (T1)")
    silence_minutes: int = Field(default=60, ge=1, description="for how long then")
    total_per_minute: int = Field(default=6000, ge=1, description="replies to all together; the budget breaker (T5)")
    unknown_alarm_per_minute: int = Field(default=60, ge=1, description="unknown codes of all senders: an alarm (T1)")
    address_codes_per_hour: int = Field(default=300, ge=1, description="codes from one IP address; many share one (T1)")
    address_codes_per_day: int = Field(default=3000, ge=1, description="(T1)")
    address_misses_in_a_row: int = Field(default=20, ge=1, description="unknown codes from one IP address (T1)")
    key_codes_per_hour: int = Field(default=2000, ge=1, description="codes by one key, which asks for many people (T1)")
    key_codes_per_day: int = Field(default=20_000, ge=1, description="(T1)")
    key_misses_in_a_row: int = Field(default=100, ge=1, description="unknown codes by one key (T1)")

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
        return self._of(self.address_codes_per_hour, self.address_codes_per_day, self.address_misses_in_a_row)

    def of_key(self) -> "LimitSettings":
        """Return what holds for one key of the interface."""
        return self._of(self.key_codes_per_hour, self.key_codes_per_day, self.key_misses_in_a_row)

    def _of(self, hour: int, day: int, misses: int) -> "LimitSettings":
        own = {"codes_per_hour": hour, "codes_per_day": day, "misses_in_a_row": misses}
        return self.model_copy(update=own).on_screen()


@dataclass(slots=True)
class _Person:
    codes: InMemoryBucket
    replies: InMemoryBucket
    texts: dict[int, InMemoryBucket] = field(default_factory=dict)
    told_until: datetime | None = None
    silent_until: datetime | None = None
    misses: int = 0


class _Use(NamedTuple):
    """One text as the limits see it. Who asked once is kept as that: most never ask again, and buckets cost more."""

    at: datetime
    codes: int
    text: int  # its hash


_Key: TypeAlias = tuple[bytes, bool]  # the querier, and whether it is as a registered phone


class InProcessLimiter:
    """`ports.Limiter` for one process; what was used is forgotten when it ends."""

    def __init__(self, settings: LimitSettings) -> None:
        s = self._settings = settings
        self._codes = _rates((s.codes_per_hour, HOUR), (s.codes_per_day, DAY))
        self._registered = _rates((s.registered_codes_per_hour, HOUR), (s.registered_codes_per_day, DAY))
        self._replies = _rates(
            (s.replies_per_minute, MINUTE), (s.replies_per_10_minutes, 10 * MINUTE), (s.replies_per_day, DAY)
        )
        self._same_text = _rates((s.same_text_per_hour, HOUR))
        self._persons: OrderedDict[_Key, _Person | _Use] = OrderedDict()
        self._total = InMemoryBucket(_rates((s.total_per_minute, MINUTE)))
        self._unknown = InMemoryBucket(_rates((s.unknown_alarm_per_minute, MINUTE)))

    def admit(self, querier: bytes, text: str, codes: int, now: datetime, *, registered: bool = False) -> Admission:
        """Count one message with so many codes in it, and say whether it may be answered.

        The lowest limit wins. The first refusal of a window is told, later ones are silent. A registered phone that
        showed its PIN has limits of its own.
        """
        key, asked = (querier, registered), _Use(now, codes, hash(text))
        if key not in self._persons and codes <= self._code_rates(key)[0].limit:
            self._remember(key, asked)
        elif refusal := self._refusal(self._person(key), asked):
            return refusal
        if _breaks(self._total, 1, now):
            log.error("the budget of replies is used up; the service answers nobody until the minute is over")
            return Admission(allowed=False, suppress=True, reason="the budget of all replies is used up", after=MINUTE)
        return _ALLOWED

    def answered(self, querier: bytes, known: bool, now: datetime) -> None:
        """Learn whether the codes asked for were known: many misses in a row silence a guesser."""
        key = querier, False
        if known and not isinstance(self._persons.get(key), _Person):
            return
        person = self._person(key)
        if known:
            person.misses = 0
            return
        person.misses += 1
        if person.misses >= self._settings.misses_in_a_row:
            person.misses = 0
            person.silent_until = now + timedelta(minutes=self._settings.silence_minutes)
            log.warning("a sender asked for many unknown codes and is not answered for a while")
        if _breaks(self._unknown, 1, now):
            log.error("unknown codes come in numbers: somebody guesses, or a fake batch is out")
            self._unknown.flush()

    def misses(self, querier: bytes) -> int:
        """Return how many unknown codes in a row this one has asked for."""
        person = self._persons.get((querier, False))
        return person.misses if isinstance(person, _Person) else 0

    def _refusal(self, person: _Person, asked: _Use) -> Admission | None:
        now = asked.at
        if person.silent_until and now < person.silent_until:
            left = int((person.silent_until - now).total_seconds()) + 1
            return Admission(allowed=False, reason="too many unknown codes in a row", after=left)
        if self._repeats(person, asked.text, now):
            return Admission(allowed=False, suppress=True, reason="the same text again and again", after=HOUR)
        refusing = _breaks(person.replies, 1, now) or (_breaks(person.codes, asked.codes, now) if asked.codes else None)
        return self._refused(person, refusing, now) if refusing else None

    def _refused(self, person: _Person, rate: Rate, now: datetime) -> Admission:
        seconds = rate.interval // 1000
        reason = f"more than {rate.limit} in {seconds} s"
        if person.told_until and now < person.told_until:
            return Admission(allowed=False, reason=reason, after=seconds)
        person.told_until = now + timedelta(seconds=seconds)
        return Admission(allowed=False, tell=True, reason=reason, after=seconds)

    def _repeats(self, person: _Person, text: int, now: datetime) -> bool:
        # A person asks again and varies; a machine that answers our answers repeats itself to the letter.
        bucket = person.texts.get(text)
        if bucket is None:
            if len(person.texts) >= self._settings.replies_per_day:
                person.texts.clear()
            bucket = person.texts[text] = InMemoryBucket(self._same_text)
        return _breaks(bucket, 1, now) is not None

    def _person(self, key: _Key) -> _Person:
        known = self._persons.get(key)
        if isinstance(known, _Person):
            self._persons.move_to_end(key)
            return known
        replies = self._registered if key[1] else self._replies
        person = _Person(InMemoryBucket(self._code_rates(key)), InMemoryBucket(replies))
        if known:
            self._refusal(person, known)  # which was none
        self._remember(key, person)
        return person

    def _code_rates(self, key: _Key) -> list[Rate]:
        return self._registered if key[1] else self._codes

    def _remember(self, key: _Key, person: _Person | _Use) -> None:
        self._persons[key] = person
        self._persons.move_to_end(key)
        if len(self._persons) > MOST_PERSONS:
            self._persons.popitem(last=False)


class _Told(msgspec.Struct, frozen=True, array_like=True):
    """What one process counted: a question (`known` None), or whether the codes of one were known."""

    querier: bytes
    at: int  # milliseconds since 1970
    text: str = ""  # a mark of it
    codes: int = 0
    registered: bool = False
    known: bool | None = None


_DECODER = msgspec.msgpack.Decoder(_Told)


class SharedLimiter:
    """`ports.Limiter` of several processes: to what this one counts comes what the others say they counted.

    What two processes let pass in the same millisecond may be one too many; while they do not hear of each other, each
    goes on from what it knew.
    """

    def __init__(self, name: str, own: InProcessLimiter, bus: Bus, mark: Callable[[str], str]) -> None:
        """`name`: the same in all processes; `mark`: what stands for a text where others may read it."""
        self._topic, self._own, self._bus, self._mark = f"limit {name}", own, bus, mark
        self._turn = Lock()  # a transaction asks from SQLite's thread while the event loop takes in what others tell
        bus.hear(self._topic, self._take)

    def admit(self, querier: bytes, text: str, codes: int, now: datetime, *, registered: bool = False) -> Admission:
        """Count one message with so many codes in it, and say whether it may be answered."""
        mark = self._mark(text)
        with self._turn:
            admission = self._own.admit(querier, mark, codes, now, registered=registered)
        if admission.allowed or admission.tell:  # all else changes nothing
            self._tell(_Told(querier, _milliseconds(now), mark, codes, registered))
        return admission

    def answered(self, querier: bytes, known: bool, now: datetime) -> None:
        """Learn whether the codes asked for were known."""
        with self._turn:
            changes = not known or self._own.misses(querier) > 0
            self._own.answered(querier, known, now)
        if changes:
            self._tell(_Told(querier, _milliseconds(now), known=known))

    def _tell(self, told: _Told) -> None:
        self._bus.tell(self._topic, msgspec.msgpack.encode(told))

    def _take(self, body: bytes) -> None:
        try:
            told = _DECODER.decode(body)
            at = datetime.fromtimestamp(told.at / 1000, UTC)
        except (msgspec.MsgspecError, ValueError, OverflowError, OSError) as err:
            log.debug("another release, or another hand, wrote this", extra={"reason": str(err)})
            return
        with self._turn:
            if told.known is None:
                self._own.admit(told.querier, told.text, told.codes, at, registered=told.registered)
            else:
                self._own.answered(told.querier, told.known, at)


def shared_limiter(name: str, settings: LimitSettings, bus: Bus, mark: Callable[[str], str]) -> Limiter:
    """Return a limiter: with all processes of the service where they have a bus, else of this one."""
    own = InProcessLimiter(settings)
    return own if bus.alone else SharedLimiter(name, own, bus, mark)


def _rates(*written: tuple[int, int]) -> list[Rate]:
    """Return the library's rates of (so many, in so many seconds), given by rising interval.

    The library refuses rates that another leaves nothing to do; they go: 100 a minute beside 20 a day never bites,
    nor does 100 a day beside 1 an hour.
    """
    kept: list[Rate] = []
    for limit, seconds in written:
        while kept and kept[-1].limit >= limit:
            kept.pop()
        rate = Rate(limit, seconds * 1000)
        if not kept or kept[-1].limit * rate.interval >= limit * kept[-1].interval:
            kept.append(rate)
    return kept


def _breaks(bucket: InMemoryBucket, weight: int, now: datetime) -> Rate | None:
    """Count `weight`, or return the rate that it would break."""
    at = _milliseconds(now)
    late = bool(bucket.items) and at < bucket.items[-1].timestamp  # another process counted it
    bucket.leak(at)
    if not bucket.put(RateItem("", at, weight)):
        return bucket.failing_rate
    if late:  # the library searches them: each belongs into its place
        own = bucket.items[-weight:]
        del bucket.items[-weight:]
        place = bisect_right(bucket.items, at, key=_timestamp)
        bucket.items[place:place] = own
    return None


def _timestamp(item: RateItem) -> int:
    return int(item.timestamp)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
