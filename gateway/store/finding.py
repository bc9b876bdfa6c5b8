"""Questions found by whatever is known of them; no address that a page may have makes the database read for long.

Where no index leads to what is asked for, only so many questions are looked through, from the newest on, and it is
said how far that went: the next page goes on from there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TextClause,
    extract,
    false,
    func,
    not_,
    null,
    or_,
    select,
    text,
)

from gateway.domain.inquiry import InquiryState
from gateway.domain.verdict import Verdict
from gateway.filing.questions import Sought
from gateway.store.reporting import WHERE, of_records, of_test_class
from gateway.store.statements import first_id
from gateway.store.tables import answers, channel_hours, inquiries, messages, records, segments
from gateway.store.tables.questions import UNANSWERED, UNUSUAL

_i, _a, _m, _s = inquiries.c, answers.c, messages.c, segments.c
# A question's id is made when it comes in; a long text's first part came up to so much earlier.
_SLACK: Final = timedelta(hours=1)
_RARE: Final = frozenset(InquiryState) - {InquiryState.NEW, InquiryState.REPLYING, InquiryState.ANSWERED}
# So many questions are looked through for a page where no index leads: weeks of a city, in some 0.1 s.
LOOKED: Final = 200_000
# Where each one's answer or reply is looked at besides.
LOOKED_CLOSELY: Final = 60_000
# So many rows are counted; how many more there are is told from how quickly these came.
COUNTED: Final = 2_000
# Where the counted ones took so long, questions are told by their hours.
_LONG: Final = timedelta(hours=6)
_EAST: Final = 8  # Shanghai's hours before UTC; it has had no summer time since 1991


@dataclass(frozen=True, slots=True)
class Key:
    """A row of what is found: a question, or one of its answers, and that one's verdict."""

    id: UUID
    place: int | None
    given: str | None


@dataclass(frozen=True, slots=True)
class Keys:
    """The newest rows, the newest first; `count` and `about` as `filing.search.Found` has them."""

    keys: Sequence[Key]
    count: int | None
    about: bool
    floor: UUID | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One search; `looked` and `counted` bound what it reads."""

    connection: Connection
    sought: Sought
    looked: int = LOOKED
    counted: int = COUNTED

    def keys(self) -> Keys:
        """Find the rows of one page and a few more, by which all are counted: on the first page only."""
        floor, sought = self._floor(), self.sought
        most = sought.most + 1 if sought.before else max(sought.most + 1, self.counted)
        found = [Key(*row) for row in self.connection.execute(self._statement(floor).limit(most))]
        if sought.before:
            return Keys(found, None, about=False, floor=floor)
        if len(found) < most:
            return Keys(found, len(found), about=False, floor=floor)
        return Keys(found, self._guessed(told(found[0].id), told(found[-1].id), most), about=True, floor=None)

    def _guessed(self, first: datetime, last: datetime, count: int) -> int:
        """Return about how many there are, of which so many were asked for between these moments."""
        begins = self._begins()
        if first <= last or last <= begins:
            return count
        if first - last > _LONG:
            these, all_ = self._asked(last, first), self._asked(begins, first)
            if 0 < these < all_:
                return int(count * all_ / these)
        return int(count * ((first - begins) / (first - last)))

    def _asked(self, begins: datetime, ends: datetime) -> int:
        """Return how many questions were asked in this time, as far as hours are summed up."""
        at = channel_hours.c.begins_at
        summed = select(func.sum(channel_hours.c.questions)).where(at >= begins, at < ends)
        return int(self.connection.execute(summed).scalar() or 0)

    def _begins(self) -> datetime:
        oldest = told(self.connection.execute(select(_i.id).order_by(_i.id).limit(1)).scalar_one())
        return max(oldest, self.sought.begins) if self.sought.begins else oldest

    # -- what is read ------------------------------------------------------------------------------

    @property
    def _by_answers(self) -> bool:
        sought = self.sought
        about = (sought.verdicts, sought.prefix, sought.record, sought.district)
        return sought.code is not None or any(about)

    @property
    def _id(self) -> ColumnElement[UUID]:
        return _a.inquiry_id if self._by_answers else _i.id

    def _statement(self, floor: UUID | None) -> Select[Any]:
        """Return the keys of what is asked for, the newest first."""
        sought = self.sought
        narrow = [*self._of_questions(), *_between(self._id, sought, floor)]
        if self._by_answers:
            wanted = select(_a.inquiry_id, _a.position, _a.verdict).where(*self._of_answers(), *narrow)
            if self._of_questions():
                # Bounded on both sides of the join: PostgreSQL passes only equalities on, and would read all of one.
                wanted = wanted.join_from(answers, inquiries, _i.id == _a.inquiry_id)
                wanted = wanted.where(*_between(_i.id, sought, floor))
            return wanted.order_by(_a.inquiry_id.desc(), _a.position.desc())
        wanted = select(_i.id, null(), null()).where(*narrow).order_by(_i.id.desc())
        if sought.segments is None:
            return wanted
        many = select(func.count()).where(_s.message_id == _m.id).correlate(messages).scalar_subquery()
        return wanted.join_from(inquiries, messages, _m.inquiry_id == _i.id).where(many == sought.segments)

    def _of_answers(self) -> list[ColumnElement[bool] | TextClause]:
        sought = self.sought
        found: list[ColumnElement[bool] | TextClause] = [_a.code == sought.code] if sought.code is not None else []
        if len(sought.verdicts) == 1:
            [verdict] = sought.verdicts
            found.append(_a.verdict == verdict)
            if verdict is not Verdict.GENUINE_FIRST:
                found.append(text(f"answers.{UNUSUAL}"))
        elif sought.verdicts:
            # Not by the index: of several verdicts it would read and sort every row, and these are many.
            found.append((_a.verdict + "").in_(list(sought.verdicts)))
        if sought.prefix:
            found.append(func.substr(_a.code, 1, len(sought.prefix)) == sought.prefix)
        if sought.record:
            found.append(_a.record_id == sought.record)
        if sought.district:
            there = select(records.c.id).select_from(of_records()).where(WHERE.in_([sought.district]))
            found.append(_a.record_id.in_(there))
        if sought.before and sought.place is not None:
            found.append(or_(_a.inquiry_id < sought.before, _a.position < sought.place))
        if sought.real:
            found.append(or_(_a.code.is_(None), not_(of_test_class(_a.code))))
        return found

    def _of_questions(self) -> list[ColumnElement[bool] | TextClause]:
        sought = self.sought
        found: list[ColumnElement[bool] | TextClause | None] = [
            _i.sender_shown == sought.shown if sought.shown is not None else None,
            _i.channel == sought.channel if sought.channel is not None else None,
            _i.account == sought.account if sought.account is not None else None,
            self._in_hour(sought.hour) if sought.hour is not None else None,
            _i.test == false() if sought.real else None,
            _i.received_at >= sought.begins if sought.begins else None,
            _i.received_at < sought.ends if sought.ends else None,
            *_in_state(sought.states),
        ]
        return [condition for condition in found if condition is not None]

    def _in_hour(self, hour: int) -> ColumnElement[bool]:
        utc = (hour - _EAST) % 24
        if self.connection.dialect.name == "postgresql":
            return extract("hour", func.timezone("UTC", _i.received_at)) == utc
        return func.substr(_i.received_at, 12, 2) == f"{utc:02}"  # `2026-05-01 10:42:03`

    # -- how far it goes ---------------------------------------------------------------------------

    @property
    def _led(self) -> bool:
        """Return whether an index leads to what is asked for, or every question is."""
        sought = self.sought
        if sought.code is not None or sought.shown is not None or _leads(sought.states):
            return True
        others = (sought.channel, sought.account, sought.hour, sought.segments, sought.district)
        plain = all(one is None for one in others) and not sought.states
        unusual = len(sought.verdicts) == 1 and Verdict.GENUINE_FIRST not in sought.verdicts
        return plain and (unusual or not self._by_answers)

    def _floor(self) -> UUID | None:
        if self._led:
            return None
        closely = self._by_answers or self.sought.segments is not None
        most = min(self.looked, LOOKED_CLOSELY) if closely and self._of_questions() else self.looked
        ids = select(_i.id).where(*_between(_i.id, self.sought)).order_by(_i.id.desc())
        last = self.connection.execute(ids.offset(most - 1).limit(2)).scalars().all()
        return last[0] if len(last) > 1 else None  # the last one looked at, where there are more


def told(id_: UUID) -> datetime:
    """Return when a question came in, by its id (RFC 9562 §5.7)."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)


def _leads(states: Collection[str]) -> bool:
    return bool(states) and (_RARE.issuperset(states) or set(states) == {InquiryState.REPLYING})


def _in_state(states: Collection[str]) -> Sequence[ColumnElement[bool] | TextClause]:
    """Return which questions are in these states, told so that what is rare is found by an index of its own."""
    if not states:
        return []
    found: list[ColumnElement[bool] | TextClause] = [_i.state.in_(list(states))]
    if _RARE.issuperset(states):
        found.append(text(f"inquiries.{UNANSWERED}"))
    elif set(states) == {InquiryState.REPLYING}:
        found.append(_i.id.in_(select(_m.inquiry_id).where(text("messages.state = 'open'"))))
    return found


def _between(id_: ColumnElement[Any], sought: Sought, floor: UUID | None = None) -> list[ColumnElement[bool]]:
    """Return between which ids questions of this time stand, so that no others are looked at."""
    found: list[ColumnElement[bool]] = []
    if sought.before:
        found.append(id_ < sought.before if sought.place is None else id_ <= sought.before)
    elif sought.ends:
        found.append(id_ < first_id(sought.ends + _SLACK))
    # One bound to each side: of two a database takes either for its range.
    least = [floor] if floor else []
    if sought.begins:
        least.append(first_id(sought.begins - _SLACK))
    if least:
        found.append(id_ >= max(least))
    return found
