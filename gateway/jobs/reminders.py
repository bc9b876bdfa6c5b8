"""Reminders before an inspection is due (R32), and of fruit picked too early (R29): once each, in working hours."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from gateway.domain import pushes
from gateway.domain.calendar import local, today
from gateway.domain.records.melon import Melon
from gateway.filing.books import Archive, Books
from gateway.filing.telling import Due
from gateway.jobs.post import Letters

log = logging.getLogger(__name__)

# Who is reminded of what: the station that owns a cylinder, the unit that uses a lift.
ROLES = {"lpg": "owner", "lift": "use_unit", "vehicle": "owner"}
DAYS_BEFORE = 30  # where a record does not say (DOMAIN 2.6)
# Records with a longer notice of their own are found too; no record asks for more than a quarter.
_LOOK_AHEAD = timedelta(days=92)
_MOST = 20_000  # things a round
_LOOK_BACK = timedelta(days=2)  # for changed records; what was told once is not told again


@dataclass(frozen=True, slots=True)
class Reminding:
    """Tells each unit of what is due, one text a unit and kind.

    What there is to tell is found by reading alone: of twenty thousand things that takes a second, for which no
    question may wait.
    """

    archive: Archive
    letters: Letters
    from_hour: int = 8
    to_hour: int = 20
    _without_phone: set[str] = field(default_factory=set)

    def open(self, now: datetime) -> bool:
        """Return whether reminders may leave at this hour of Asia/Shanghai."""
        return self.from_hour <= local(now).hour < self.to_hour

    async def remind(self, now: datetime) -> int:
        """Send what is due and was not told; return how many texts that made. Outside the hours: nothing."""
        if not self.open(now):
            return 0
        found = await self.archive.look(lambda books: self._due(books, today(now)))
        if not found:
            return 0
        return await self.archive.act(
            lambda books: sum(self._one(books, party, kind, dues, now) for (party, kind), dues in found.items())
        )

    def _due(self, books: Books, day: date) -> Mapping[tuple[str, str], Sequence[Due]]:
        of_unit: dict[tuple[str, str], list[Due]] = defaultdict(list)
        for due in books.reminders.due(tuple(ROLES), day, day + _LOOK_AHEAD, _MOST):
            party = due.parties.get(ROLES[due.record_type]) or due.owner
            if party and due.due_on - day <= _notice(due):
                of_unit[party, due.record_type].append(due)
        return {unit: dues for unit, dues in of_unit.items() if self._reachable(books, unit[0], len(dues))}

    def _reachable(self, books: Books, party: str, due: int) -> bool:
        if books.phones.to_tell([party]):
            self._without_phone.discard(party)
            return True
        if party not in self._without_phone:
            self._without_phone.add(party)
            log.warning("nobody to remind: register a phone", extra={"party": party, "due": due})
        return False

    def _one(self, books: Books, party: str, record_type: str, dues: Sequence[Due], now: datetime) -> int:
        phones = books.phones.to_tell([party])
        told = books.reminders.note(dues, "due", party, now) if phones else []
        if not told:
            return 0
        day = today(now)
        days = (max(due.due_on for due in told) - day).days
        clause = pushes.inspection_reminder(record_type, len(told), max(days, 1), min(d.due_on for d in told), day)
        books.post.send(self.letters.to(phones, clause, now, keeps=self._rest_of_day(now), bulk=True))
        return len(phones)

    async def warn(self, now: datetime) -> int:
        """Tell cooperatives of batches whose picking lies inside the safety interval of their last pesticide."""
        if not self.open(now):
            return 0
        changed = await self.archive.look(lambda books: books.reminders.changed("melon", now - _LOOK_BACK))
        early = sorted((due for due in changed if _allowed_from(due)), key=lambda due: due.owner or "")
        if not early:
            return 0
        return await self.archive.act(
            lambda books: sum(
                self._warn(books, owner, list(dues), now) for owner, dues in groupby(early, lambda due: due.owner)
            )
        )

    def _warn(self, books: Books, owner: str | None, dues: Sequence[Due], now: datetime) -> int:
        phones = books.phones.to_tell([owner]) if owner else []
        told = books.reminders.note(dues, "interval", owner, now) if owner and phones else []
        for due in told:
            allowed_from = _allowed_from(due)
            assert isinstance(due.record, Melon) and allowed_from  # noqa: S101, PT018 - how it was found
            clause = pushes.interval_warning(
                due.record.product, due.record.batch_no, due.record.picked_on, allowed_from, today(now)
            )
            books.post.send(self.letters.to(phones, clause, now, keeps=self._rest_of_day(now), bulk=True))
        return len(told) * len(phones)

    def _rest_of_day(self, now: datetime) -> timedelta:
        at = local(now)
        end = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=self.to_hour)
        return end - at


def _notice(due: Due) -> timedelta:
    return timedelta(days=getattr(due.record, "remind_days", DAYS_BEFORE))


def _allowed_from(due: Due) -> date | None:
    """Return the first day on which a batch picked too early might have been; None for one picked in time."""
    if not isinstance(due.record, Melon):
        return None
    allowed = due.record.free_on
    return allowed if allowed and due.record.picked_on < allowed else None
