"""Questions that are answered while the asker waits: a page, the interface, a call.

The same desk as for texts. Whoever asks while a transaction runs is in the next one together with the others, so many
at once cost few commits. Nothing is told that is not stored; what the limits refuse is not stored at all, or anybody
could fill the database.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias
from uuid import UUID

from gateway.domain.errors import GatewayError, Refusal, StoreDown
from gateway.domain.inquiry import Inquiry, InquiryState
from gateway.domain.question import Intent, Question
from gateway.pipeline.answer import Desk
from gateway.pipeline.draft import Asked, Replied
from gateway.ports import Admission, Clock, Ended, First, Ledger, Limiter, Meter, Unit

log = logging.getLogger(__name__)

# As many as a cycle of the writer takes: more in one transaction make those behind it wait.
MOST = 256
# Seconds that somebody waits for the database before he is told that it is away.
PATIENCE = 10.0
# Seconds that what was heard waits for a question whose commit notes it too: a commit of its own would be in the way of
# the next question. If the process dies meanwhile, the verdict is said again, uncounted.
GATHERING = 0.1

_ALLOWED = Admission(allowed=True)


class Limited(GatewayError):
    """The asker has asked too often; `after` so many seconds it may be otherwise."""

    def __init__(self, reason: str, after: int) -> None:
        super().__init__(reason)
        self.after = after


@dataclass(frozen=True, slots=True)
class Once:
    """A question that may be sent again under its key, and how its answer is written to be given again."""

    key: str
    request: str
    written: Callable[[Replied], First]


_Result: TypeAlias = Replied | First | Refusal


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    asked: Asked
    once: Once | None
    looks: bool  # nothing is counted or kept
    aloud: bool  # by a call: it has not reached its asker before it was heard
    done: asyncio.Future[_Result]

    def tell(self, result: _Result) -> None:
        if self.done.done():  # stopped waiting
            return
        if isinstance(result, Refusal):
            self.done.set_exception(result)
        else:
            self.done.set_result(result)

    def fail(self, err: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(err)


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    inquiry: UUID
    noted: asyncio.Future[None]

    def tell(self) -> None:
        if not self.noted.done():  # else: stopped waiting
            self.noted.set_result(None)

    def fail(self, err: Exception) -> None:
        if not self.noted.done():
            self.noted.set_exception(err)


class LiveDesk:
    """Answers whoever waits. Its owner runs `run`."""

    def __init__(
        self,
        ledger: Ledger,
        desk: Desk,
        limiter: Limiter,
        clock: Clock,
        meter: Meter,
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        """`answered`: called when questions were, for those who watch."""
        self._answered = answered
        self._ledger, self._desk, self._limiter = ledger, desk, limiter
        self._clock, self._meter = clock, meter
        self._waiting: deque[_Waiting] = deque()
        self._heard: list[_Heard] = []
        self._wake = asyncio.Event()

    async def ask(self, inquiry: Inquiry, question: Question, once: Once | None = None) -> Replied | First:
        """Count and answer a question; with `once`, what was answered to it before.

        Raises `Limited`, `StoreDown` (then nothing was said), and `Refusal` where `once.key` stands for another
        question.
        """
        admission = _ALLOWED
        if not inquiry.test:
            now = self._clock.now()
            admission = self._limiter.admit(inquiry.querier, inquiry.text, len(question.tokens), now)
        if not admission.allowed:
            raise Limited(admission.reason, admission.after)
        result = await self._wait(Asked(inquiry, question, admission), once, looks=False)
        if isinstance(result, Replied):
            self._note(result)
        return result

    async def ask_aloud(self, asked: Asked) -> Replied:
        """Count and answer what a caller keyed. Raises `Limited`, `StoreDown` (then nothing was said).

        Until `heard`, an answer counts as one that did not reach its asker: whenever the call ends, however this
        process ends, he hears the same verdict again.
        """
        if not asked.admission.allowed:
            raise Limited(asked.admission.reason, asked.admission.after)
        result = await self._wait(asked, None, looks=False, aloud=True)
        assert isinstance(result, Replied)  # noqa: S101 - only what may be sent again is given again
        self._note(result, tell=False)
        return result

    async def heard(self, inquiry: UUID) -> None:
        """Note that a verdict was heard to its end. Raises `StoreDown`: then it is owed, and said again uncounted."""
        heard = _Heard(inquiry, asyncio.get_running_loop().create_future())
        if not self._heard:
            self._wake.set()
        self._heard.append(heard)
        try:
            async with asyncio.timeout(PATIENCE):
                await heard.noted
        except TimeoutError as err:
            raise StoreDown("not noted: the database is away") from err

    async def look(self, inquiry: Inquiry, question: Question) -> Replied:
        """Say what is known without counting or keeping anything. Raises `StoreDown`."""
        result = await self._wait(Asked(inquiry, question, _ALLOWED), None, looks=True)
        assert isinstance(result, Replied)  # noqa: S101 - looked at, so never given again
        return result

    async def run(self) -> None:
        """Answer until cancelled; who still waits then is told that the store is away."""
        try:
            while True:
                self._wake.clear()
                if not self._waiting and not self._heard:
                    await self._wake.wait()
                    continue
                if not self._waiting:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(GATHERING):
                            await self._wake.wait()
                heard, self._heard = self._heard[:MOST], self._heard[MOST:]
                await self._answer(self._next(), heard)
        finally:
            while self._waiting:
                self._waiting.popleft().fail(StoreDown("the service ends"))
            for told in self._heard:
                told.fail(StoreDown("the service ends"))

    async def _wait(self, asked: Asked, once: Once | None, *, looks: bool, aloud: bool = False) -> Replied | First:
        done: asyncio.Future[_Result] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(asked, once, looks, aloud, done))
        self._wake.set()
        try:
            async with asyncio.timeout(PATIENCE):
                result = await done
        except TimeoutError as err:
            raise StoreDown("not answered: the database is away") from err
        assert not isinstance(result, Refusal)  # noqa: S101 - it was raised
        return result

    def _next(self) -> list[_Waiting]:
        """Take some; of those with the same key the first, since the others get its answer."""
        batch: list[_Waiting] = []
        later: list[_Waiting] = []
        keys: set[str] = set()
        while self._waiting and len(batch) < MOST:
            one = self._waiting.popleft()
            if one.done.done():
                continue
            if one.once and one.once.key in keys:
                later.append(one)
                continue
            if one.once:
                keys.add(one.once.key)
            batch.append(one)
        self._waiting.extendleft(reversed(later))
        return batch

    async def _answer(self, batch: Sequence[_Waiting], heard: Sequence[_Heard] = ()) -> None:
        """Answer some, and note what others heard: one commit for all."""
        if not batch and not heard:
            return
        try:
            results = await self._ledger.run(partial(self._transact, batch=batch, heard=heard, now=self._clock.now()))
        except (StoreDown, asyncio.CancelledError) as err:
            away = StoreDown(str(err) or "the service ends")
            everybody: list[_Waiting | _Heard] = [*batch, *heard]
            for each in everybody:
                each.fail(away)
            if not isinstance(err, StoreDown):
                raise
            log.warning("the database is away", extra={"reason": str(err)})
        except Exception as err:  # one bad question must not hurt the others
            await self._answer_each(batch, heard, err)
        else:
            for one, result in zip(batch, results, strict=True):
                one.tell(result)
            if not all(one.looks for one in batch):
                self._answered()
            for told in heard:
                told.tell()

    async def _answer_each(self, batch: Sequence[_Waiting], heard: Sequence[_Heard], err: Exception) -> None:
        """Answer some that failed together, each by itself."""
        if heard:
            await self._answer(batch)
            await self._note_each(heard)
        elif len(batch) == 1:
            log.error("a question failed", extra={"inquiry": str(batch[0].asked.inquiry.id)}, exc_info=err)
            batch[0].fail(err)
        else:
            for one in batch:
                await self._answer([one])

    async def _note_each(self, heard: Sequence[_Heard]) -> None:
        """Note what was heard, each by itself."""
        for one in heard:
            try:
                await self._ledger.run(partial(_note_heard, heard=[one], now=self._clock.now()))
            except Exception as err:  # whoever waits is told
                one.fail(err)
            else:
                one.tell()

    def _transact(self, unit: Unit, batch: Sequence[_Waiting], heard: Sequence[_Heard], now: datetime) -> list[_Result]:
        _note_heard(unit, heard, now)
        results: dict[_Waiting, _Result] = {}
        # Ordered by key: two transactions that take the same keys in another order would lock each other out.
        for one in sorted((one for one in batch if one.once), key=_key):
            earlier = _earlier(unit, one, now)
            if earlier is not None:
                results[one] = earlier
        looking = [one for one in batch if one.looks]
        new = [one for one in batch if not one.looks and one not in results]
        replied = self._desk.answer_new(unit, [one.asked for one in new], now)
        unheard = {r.inquiry.id for one, r in zip(new, replied, strict=True) if one.aloud and _is_verdict(r)}
        # What the asker waits for is delivered with the answer itself; what is spoken, once it was heard.
        unit.inbox.end([_unheard(r) if r.inquiry.id in unheard else _told(r) for r in replied if _said(r)], now)
        unit.inbox.owe([r.inquiry.id for r in replied if r.inquiry.id in unheard and r.inquiry.sender.number], now)
        results |= zip(new, replied, strict=True)
        results |= zip(looking, self._desk.look(unit, [one.asked for one in looking], now), strict=True)
        for one, answer in zip(new, replied, strict=True):
            if one.once:
                unit.replays.keep(one.once.key, one.once.written(answer))
        return [results[one] for one in batch]

    def _note(self, replied: Replied, *, tell: bool = True) -> None:
        inquiry = replied.inquiry
        verdicts = [answer.decision.verdict.value for answer in replied.answers]
        self._meter.count("inquiries")
        for verdict in verdicts:
            self._meter.count("answers", verdict=verdict)
        if tell and replied.intent in (Intent.QUERY, Intent.MALFORMED) and replied.answers and not inquiry.test:
            self._limiter.answered(inquiry.querier, replied.known, self._clock.now())
        log.info("answered", extra={"inquiry": str(inquiry.id), "channel": inquiry.channel, "verdicts": verdicts})


def _note_heard(unit: Unit, heard: Sequence[_Heard], now: datetime) -> None:
    if heard:
        unit.inbox.heard([one.inquiry for one in heard], now)


def _key(one: _Waiting) -> str:
    return one.once.key if one.once else ""


def _told(replied: Replied) -> Ended:
    return Ended(replied.inquiry.id, InquiryState.ANSWERED, replied.intent)


def _unheard(replied: Replied) -> Ended:
    return Ended(replied.inquiry.id, InquiryState.EXPIRED, replied.intent, "the call ended before it was heard")


def _is_verdict(replied: Replied) -> bool:
    return replied.intent is Intent.QUERY and bool(replied.answers)


def _said(replied: Replied) -> bool:
    return replied.state is InquiryState.REPLYING


def _earlier(unit: Unit, one: _Waiting, now: datetime) -> First | Refusal | None:
    assert one.once is not None  # noqa: S101 - only those come here
    try:
        return unit.replays.first(one.once.key, one.once.request, now)
    except Refusal as refusal:  # concerns this question only
        return refusal
