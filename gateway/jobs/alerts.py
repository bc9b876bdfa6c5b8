"""Lifts in trouble: tell those who can help, and tell them again until somebody acknowledges (R43)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.domain import pushes
from gateway.domain.access import Role
from gateway.domain.address import Address
from gateway.domain.records.lift import Lift
from gateway.filing.books import Books, Phone
from gateway.filing.kept import Kept
from gateway.filing.telling import Alert
from gateway.jobs.post import Letters

log = logging.getLogger(__name__)

# An alert is of use for so long; the next one says it anew.
KEEPS = timedelta(minutes=30)
# As long as nobody is there to be told, it is looked so often whether somebody was registered.
_NOBODY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Who is told of a lift's alert, and when again."""

    letters: Letters
    escalate_after: Sequence[timedelta]  # since somebody was told first, rising
    regulators: Sequence[Address] = ()

    def sound(self, books: Books, now: datetime) -> int:
        """Tell of each alert that is due; return how many texts that made."""
        return sum(self._tell(books, alert, now) for alert in books.alerts.due(now))

    def _tell(self, books: Books, alert: Alert, now: datetime) -> int:
        kept = books.records.get("lift", alert.record_id.partition("/")[2])
        if kept is None or not isinstance(kept.record, Lift):
            log.error("an alert of a lift that is not on record", extra={"record": alert.record_id})
            books.alerts.told(alert.id, None)
            return 0
        lift = kept.record
        phones = self._phones(books, kept, lift)
        if not phones:
            tell = log.error if now - alert.created_at < _NOBODY else log.debug
            tell("nobody to tell of a lift's alert: register phones", extra={"record": alert.record_id})
            books.alerts.untold(alert.id, now + _NOBODY)
            return 0
        waited = int((now - alert.created_at) / timedelta(minutes=1)) if alert.level else 0
        clause = pushes.lift_alert(
            lift.local_no, lift.address, lift.emergency_phone,
            trapped=alert.kind == "trapped", at=alert.at, now=now, waited=waited,
        )  # fmt: skip
        books.post.send(self.letters.to(phones, clause, now, keeps=KEEPS, bulk=False))
        books.alerts.told(alert.id, self._next(alert, now))
        books.audit.note(
            now,
            "gateway",
            "lift alert",
            alert.record_id,
            level=alert.level,
            told=[str(phone.address) for phone in phones],
        )
        return len(phones)

    def _phones(self, books: Books, kept: Kept, lift: Lift) -> list[Phone]:
        parties = [party for party in kept.concerned if party]
        owner = books.parties.get(kept.owner) if kept.owner else None
        district = lift.district or (owner.district if owner else None)
        told = books.phones.to_tell(parties, role=Role.REGULATOR, district=district, grave=True)
        configured = [Phone(address, "", Role.REGULATOR) for address in self.regulators]
        return list({phone.address: phone for phone in [*told, *configured]}.values())

    def _next(self, alert: Alert, now: datetime) -> datetime | None:
        """Return when it is told again; None: all was said."""
        if alert.level >= len(self.escalate_after):
            return None
        before = self.escalate_after[alert.level - 1] if alert.level else timedelta()
        return now + self.escalate_after[alert.level] - before
