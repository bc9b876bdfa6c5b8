"""The live page's reads, and the few things that operators do to replies and lines."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.inquiry import InquiryState
from gateway.domain.outgoing import EXPIRY, REFERENCES, MessageState, SegmentState
from gateway.domain.ticket import TicketState
from gateway.domain.verdict import Verdict
from gateway.filing.board import LOOK_BACK, SECOND_THOUGHTS, Doubt, Exchange, Feed, Now, Pause, Rate, Stuck, Trouble
from gateway.store import sums
from gateway.store.tables import (
    alerts,
    answers,
    dead_letters,
    inquiries,
    messages,
    parties,
    paused_lines,
    segments,
    set_aside,
    sources,
    tickets,
)
from gateway.store.tables.questions import UNSENT

# A question that waits for so long is shown without its answer.
_PATIENCE: Final = timedelta(seconds=10)
_MINUTES: Final = 60
# Until so shortly before it leaves again a reply can be held back: no process starts it meanwhile.
_MARGIN: Final = timedelta(milliseconds=500)
_SHOWN: Final = 5
_MANY: Final = 20
_m, _s, _i = messages.c, segments.c, inquiries.c
_FEEDS = select(func.coalesce(parties.c.name, sources.c.name).label("shown"), sources.c.heartbeat_at).select_from(
    sources.outerjoin(parties, parties.c.id == sources.c.name)
)
# In these words, or the index of open replies is not used.
_OPEN: Final = text("messages.state = 'open'")
_ENDED_BADLY = (MessageState.REFUSED, MessageState.EXPIRED)


@dataclass(frozen=True, slots=True)
class _Open:
    """A channel's open replies: how many, how many of their segments may have left, when the first goes once more."""

    channel: str
    replies: int
    uncertain: int
    due: datetime | None


class SqlBoard:
    """`filing.board.Board` on one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = postgresql if connection.dialect.name == "postgresql" else sqlite

    def stream(self, after: UUID | None, now: datetime, most: int) -> list[Exchange]:
        """Return what was asked after this question, in order; without one the newest."""
        wanted = select(inquiries).order_by(_i.id if after else _i.id.desc()).limit(most)
        rows = list(self._connection.execute(wanted.where(_i.id > after) if after else wanted))
        if after is None:
            rows.reverse()
        ripe = []
        for row in rows:
            if row.state == InquiryState.NEW and row.received_at > now - _PATIENCE:
                break
            ripe.append(row)
        return self._exchanges(ripe)

    def _exchanges(self, rows: list[Row[Any]]) -> list[Exchange]:
        ids = [row.id for row in rows]
        a = answers.c
        verdicts = pairs(
            self._connection, select(a.inquiry_id, a.verdict).where(a.inquiry_id.in_(ids), a.position == 1)
        )
        texts = pairs(
            self._connection,
            select(_m.inquiry_id, _m.text).where(_m.inquiry_id.in_(ids)).order_by(_m.id.desc()),
        )
        return [exchange(row, verdicts.get(row.id), texts.get(row.id)) for row in rows]

    def now(self, now: datetime) -> Now:
        """Return how things stand."""
        stuck_in_all, stuck = self._stuck(now)
        waiting = self._open()
        dues = [one.due for one in waiting if one.due]
        alert, ticket = alerts.c, tickets.c
        open_alerts = (
            select(alerts)
            .where(alert.acknowledged_at.is_(None), alert.restored_at.is_(None))
            .order_by(alert.id.desc())
            .limit(_MANY)
        )
        overdue = select(func.count()).where(ticket.due_at < now, ticket.state != TicketState.CLOSED)
        return Now(
            stuck=stuck,
            stuck_in_all=stuck_in_all,
            doubt=Doubt(sum(one.uncertain for one in waiting), min(dues, default=None)),
            unreadable=self._count(select(func.count()).where(dead_letters.c.at >= now - LOOK_BACK)),
            troubles=[
                Trouble(row.record_id.partition("/")[2], row.kind, row.created_at, row.level)
                for row in self._connection.execute(open_alerts)
            ],
            feeds=[Feed(row.shown, row.heartbeat_at) for row in self._connection.execute(_FEEDS)],
            overdue_tickets=self._count(overdue),
            rates=self._rates(now, waiting),
            pauses=self.pauses(),
        )

    def _count(self, wanted: Any) -> int:  # noqa: ANN401 - a statement of one number
        return int(self._connection.execute(wanted).scalar_one())

    def _stuck(self, now: datetime) -> tuple[int, list[Stuck]]:
        wanted = _stuck_since(now)
        count = self._count(select(func.count()).where(wanted))
        if not count:
            return 0, []
        rows = list(self._connection.execute(select(messages).where(wanted).order_by(_m.id.desc()).limit(_SHOWN)))
        about: dict[UUID, tuple[str, int]] = {}
        its = select(_s.message_id, _s.reason, _s.attempts, _s.submits).where(_s.message_id.in_([r.id for r in rows]))
        for id_, reason, attempts, submits in self._connection.execute(its.order_by(_s.position.desc())):
            about[id_] = (reason or about.get(id_, ("", 0))[0], max(attempts + submits, about.get(id_, ("", 0))[1]))
        return count, [
            Stuck(r.id, r.inquiry_id, r.created_at, r.account, r.recipient_shown, r.state, *about.get(r.id, ("", 0)))
            for r in rows
        ]

    def _open(self) -> list[_Open]:
        """Return by channel how many replies are open, and what of them may have left."""
        # Counted reply by reply: joined, SQLite would go through all segments there are.
        of = (_s.message_id == _m.id, _s.state == SegmentState.UNCERTAIN, _s.due_at.is_not(None))
        many = select(func.count()).where(*of).correlate(messages).scalar_subquery()
        first = select(func.min(_s.due_at)).where(*of).correlate(messages).scalar_subquery()
        each = select(_m.channel, many.label("uncertain"), first.label("due")).where(_OPEN).subquery()
        wanted = select(
            each.c.channel, func.count(), func.coalesce(func.sum(each.c.uncertain), 0), func.min(each.c.due)
        ).group_by(each.c.channel)
        return [_Open(channel, n, int(doubt), due) for channel, n, doubt, due in self._connection.execute(wanted)]

    def _rates(self, now: datetime, waiting: Sequence[_Open]) -> list[Rate]:
        begins = now.replace(second=0, microsecond=0) - timedelta(minutes=_MINUTES - 1)
        minute = _minute(self._connection, _i.received_at)
        asked = (
            select(_i.channel, minute, func.count())
            .where(_i.received_at >= begins, _i.test.is_(False))
            .group_by(_i.channel, minute)
        )
        minutes: dict[str, list[int]] = defaultdict(lambda: [0] * _MINUTES)
        for channel, at, count in self._connection.execute(asked):
            place = int((datetime.fromisoformat(at).replace(tzinfo=UTC) - begins).total_seconds() // 60)
            if 0 <= place < _MINUTES:
                minutes[channel][place] += count
        waits = sums.waits(self._connection, begins, now)
        for channel in waits:
            minutes.setdefault(channel, [0] * _MINUTES)
        open_ = {one.channel: one.replies for one in waiting}
        uncertain = {one.channel: one.uncertain for one in waiting}
        stuck = self._stuck_by_channel(now)
        for channel in {*open_, *uncertain, *stuck} - {""}:
            minutes.setdefault(channel, [0] * _MINUTES)
        return [
            Rate(
                channel, tuple(counts), waits.get(channel), open_.get(channel, 0), uncertain.get(channel, 0),
                stuck.get(channel, 0),
            )
            for channel, counts in sorted(minutes.items(), key=lambda one: (-sum(one[1]), one[0]))
        ]  # fmt: skip

    def _stuck_by_channel(self, now: datetime) -> dict[str, int]:
        wanted = select(_m.channel, func.count()).where(_stuck_since(now)).group_by(_m.channel)
        return pairs(self._connection, wanted)

    def pauses(self) -> Mapping[str, Pause]:
        """Return the lines that are paused."""
        rows = self._connection.execute(select(paused_lines))
        return {row.account: Pause(row.account, row.actor, row.reason, row.at) for row in rows}

    def pause(self, pause: Pause) -> bool:
        """Note that a line is paused; False: it was before."""
        adding = self._dialect.insert(paused_lines).values(
            account=pause.account, actor=pause.actor, reason=pause.reason, at=pause.at
        )
        return bool(self._connection.execute(adding.on_conflict_do_nothing()).rowcount)

    def resume(self, account: str) -> bool:
        """Note that a line sends again; False: it did not pause."""
        return bool(self._connection.execute(delete(paused_lines).where(paused_lines.c.account == account)).rowcount)

    def set_aside(self, message: UUID, actor: str, now: datetime) -> bool:
        """Note that a reply need not be sent any more; False: there is none that could not be sent."""
        there = select(_m.id).where(_m.id == message, _m.state.in_(_ENDED_BADLY))
        if self._connection.execute(there).first() is None:
            return False
        adding = self._dialect.insert(set_aside).values(message_id=message, actor=actor, at=now)
        return bool(self._connection.execute(adding.on_conflict_do_nothing()).rowcount)

    def put_back(self, message: UUID) -> bool:
        """Take that back."""
        return bool(self._connection.execute(delete(set_aside).where(set_aside.c.message_id == message)).rowcount)

    def send_again(self, message: UUID, line: tuple[str, str] | None, now: datetime) -> str | None:
        """Have a reply sent again in five seconds, by this line (kind, account) or by its own; say why not."""
        row = self._connection.execute(select(messages).where(_m.id == message).with_for_update()).one_or_none()
        if row is None or row.state not in _ENDED_BADLY:
            return "这条答复已经不在要处理之列"
        if row.recipient is None:
            return "号码已过保存期，发不了"
        channel, account = line or (row.channel, row.account)
        # Parts that are out already must not be put together with the new ones: another reference.
        self._connection.execute(
            update(messages)
            .where(_m.id == message)
            .values(
                state=MessageState.OPEN, claimed_by=None, settled_at=None, moved=False, channel=channel,
                account=account, reference=(row.reference + 1) % REFERENCES, expires_at=now + EXPIRY,
            )
        )  # fmt: skip
        self._connection.execute(
            update(segments)
            .where(_s.message_id == message)
            .values(
                state=SegmentState.QUEUED, account=account, attempts=0, submits=0, due_at=now + SECOND_THOUGHTS,
                peer_ref=None,
            )
        )  # fmt: skip
        self._turn(row.inquiry_id, InquiryState(row.state), InquiryState.REPLYING, None)
        return None

    def hold_back(self, message: UUID, now: datetime) -> bool:
        """Take that back while nothing of it has left; False: too late.

        Whoever has claimed the reply meanwhile finds that it is his no longer before he starts it.
        """
        row = self._connection.execute(select(messages).where(_m.id == message).with_for_update()).one_or_none()
        if row is None or row.state != MessageState.OPEN:
            return False
        left = select(func.count()).where(
            _s.message_id == message,
            or_(_s.state != SegmentState.QUEUED, _s.submits > 0, _s.due_at.is_(None), _s.due_at <= now + _MARGIN),
        )
        if self._count(left):
            return False
        its = update(messages).where(_m.id == message)
        self._connection.execute(its.values(state=MessageState.REFUSED, claimed_by=None, settled_at=now))
        self._connection.execute(
            update(segments).where(_s.message_id == message).values(state=SegmentState.REFUSED, due_at=None)
        )
        self._turn(row.inquiry_id, InquiryState.REPLYING, InquiryState.REFUSED, now)
        return True

    def _turn(self, inquiry: UUID | None, before: InquiryState, after: InquiryState, at: datetime | None) -> None:
        if inquiry is not None:
            its = update(inquiries).where(_i.id == inquiry, _i.state == before)
            self._connection.execute(its.values(state=after, settled_at=at))


def pairs(connection: Connection, wanted: Select[Any]) -> dict[Any, Any]:
    """Return a statement's rows of two columns, the second by the first; of equal ones the last."""
    return {key: value for key, value in connection.execute(wanted)}  # noqa: C416 - a result is no mapping


def exchange(row: Row[Any], verdict: str | None, reply: str | None) -> Exchange:
    """Return a question as operators see it; `row` is one of `inquiries`."""
    return Exchange(
        id=row.id,
        at=row.received_at,
        channel=row.channel,
        account=row.account,
        sender=row.sender_shown,
        text=row.text,
        state=row.state,
        test=row.test,
        reply=reply,
        verdict=Verdict(verdict) if verdict else None,
        took=row.settled_at - row.received_at if row.settled_at else None,
    )


def _stuck_since(now: datetime) -> ColumnElement[bool]:
    aside = select(set_aside.c.message_id)
    return and_(_m.created_at >= now - LOOK_BACK, text(f"messages.{UNSENT}"), _m.id.not_in(aside))


def _minute(connection: Connection, at: ColumnElement[Any]) -> ColumnElement[str]:
    """Write a time's minute, in UTC: `2026-05-01 10:42`."""
    if connection.dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD HH24:MI")
    return func.strftime("%Y-%m-%d %H:%M", at)
