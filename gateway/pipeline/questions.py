"""The open questions of this process: read, weighed against the limits once, tried again when they fail."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from gateway.domain.access import Badge, PinFault
from gateway.domain.errors import StoreDown
from gateway.domain.inquiry import Inquiry
from gateway.domain.question import Intent, Question
from gateway.pipeline.draft import Asked, Replied
from gateway.ports import Admission, Badges, Limiter

log = logging.getLogger(__name__)

RETRY_PIN = 0.1  # seconds
# A question that is stored but cannot be answered is tried again so often, and told so after a minute (DESIGN 2).
RETRY_AFTER, GIVE_UP_AFTER = timedelta(seconds=5), timedelta(seconds=60)


class Questions:
    """What is stored and not answered. A question keeps what the limits said of it, however often it is tried."""

    def __init__(self, read: Callable[[str], Question], limiter: Limiter, badges: Badges) -> None:
        self._read = read
        self._limiter = limiter
        self._badges = badges
        self._new: deque[Inquiry] = deque()
        self._weighed: dict[UUID, Asked] = {}
        self._later: dict[UUID, tuple[datetime, Asked]] = {}

    def __len__(self) -> int:
        """Return how many may be answered at once."""
        return len(self._new)

    def add(self, inquiries: Iterable[Inquiry], weighed: Iterable[Asked] = ()) -> None:
        """Take questions that are stored; `weighed`: what the limits said of some of them before."""
        self._new.extend(inquiries)
        self._weighed.update((asked.inquiry.id, asked) for asked in weighed)

    def reload(self, inquiries: Iterable[Inquiry]) -> None:
        """Start again from what the database holds."""
        self._new = deque(inquiry for inquiry in inquiries if inquiry.id not in self._later)

    async def take(self, most: int, now: datetime) -> list[Asked]:
        """Return questions to answer now: those whose next try is due, then new ones."""
        due = [asked for at, asked in self._later.values() if at <= now]
        for asked in due:
            del self._later[asked.inquiry.id]
        for _ in range(min(most - len(due), len(self._new))):
            inquiry = self._new.popleft()
            try:
                due.append(self._weighed.get(inquiry.id) or await self._weigh(inquiry, now))
            except StoreDown as err:  # its PIN could not be checked, and nothing was counted
                log.debug("a PIN waits for the database", extra={"reason": str(err)})
                self._new.appendleft(inquiry)
                await asyncio.sleep(RETRY_PIN)
                break
        return due

    def weigh_new(self, inquiry: Inquiry, now: datetime) -> Asked | None:
        """Weigh a question that is not stored yet; None where a PIN must be checked before."""
        question = self._read(inquiry.text)
        return None if question.pin else Asked(inquiry, question, self._admission(inquiry, question, None, now))

    async def _weigh(self, inquiry: Inquiry, now: datetime) -> Asked:
        question, badge = self._read(inquiry.text), None
        if question.pin and not unanswerable(inquiry):
            badge = await self._badges.check(inquiry.querier, question.pin, now)
        admission = self._admission(inquiry, question, badge, now)
        asked = self._weighed[inquiry.id] = Asked(inquiry, question, admission, badge)
        return asked

    def _admission(
        self, inquiry: Inquiry, question: Question, badge: Badge | PinFault | None, now: datetime
    ) -> Admission:
        if refused := unanswerable(inquiry):
            return refused
        if inquiry.continues:
            return Admission(allowed=True)  # its text was counted with its first parts
        codes = len(question.tokens) if question.intent is Intent.QUERY else 0
        registered = isinstance(badge, Badge)
        return self._limiter.admit(inquiry.querier, inquiry.text, codes, now, registered=registered)

    def answered(self, replied: Replied, now: datetime) -> None:
        """Forget a question that came to its end; tell the limits what it was worth."""
        self.forget(replied.inquiry.id)
        if replied.intent in (Intent.QUERY, Intent.MALFORMED) and replied.answers:
            self._limiter.answered(replied.inquiry.querier, replied.known, now)

    def forget(self, inquiry: UUID) -> None:
        """Forget a question."""
        self._weighed.pop(inquiry, None)

    def try_later(self, asked: Asked, now: datetime) -> None:
        """Keep a question that could not be answered for another try."""
        self._later[asked.inquiry.id] = (now + RETRY_AFTER, asked)

    def next_try(self) -> datetime | None:
        """Return when the next try is due."""
        return min((at for at, _ in self._later.values()), default=None)


def is_hopeless(asked: Asked, now: datetime) -> bool:
    """Return whether a question was tried for so long that its asker must be told."""
    return now >= asked.inquiry.received_at + GIVE_UP_AFTER


def unanswerable(inquiry: Inquiry) -> Admission | None:
    """Refuse whoever must never get an SMS from us: service numbers, short codes, names (DOMAIN T4)."""
    if inquiry.sender.is_mobile:
        return None
    return Admission(allowed=False, suppress=True, reason="not a mobile number: never answered by SMS")
