"""Replies and dead letters for people to look at, and the one thing they may do: send again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, update

from gateway.domain.inquiry import InquiryState
from gateway.domain.outgoing import EXPIRY, MessageState, SegmentState
from gateway.store.tables import dead_letters, inquiries, messages, segments
from gateway.store.vault import Vault


def replies(connection: Connection, state: str, limit: int) -> list[dict[str, Any]]:
    """Return the newest replies in a state."""
    rows = connection.execute(
        select(messages).where(messages.c.state == state).order_by(messages.c.id.desc()).limit(limit)
    )
    return [_reply(row) for row in rows]


def reply(connection: Connection, id_: UUID) -> dict[str, Any] | None:
    """Return one reply with its segments, found by its own id or its question's; None when there is none."""
    row = connection.execute(
        select(messages).where((messages.c.id == id_) | (messages.c.inquiry_id == id_)).order_by(messages.c.id)
    ).first()
    if row is None:
        return None
    its = connection.execute(select(segments).where(segments.c.message_id == row.id).order_by(segments.c.position))
    return _reply(row) | {
        "segments": [
            {
                "position": s.position,
                "text": s.text,
                "state": s.state,
                "attempts": s.attempts,
                "submits": s.submits,
                "sending_at": _iso(s.sending_at),
                "due_at": _iso(s.due_at),
                "delivered_at": _iso(s.delivered_at),
                "peer_ref": s.peer_ref,
                "reason": s.reason,
            }
            for s in its
        ]
    }


def dead(connection: Connection, vault: Vault, limit: int) -> tuple[int, list[dict[str, Any]]]:
    """Return how many arrivals nobody could read, and the newest of them."""
    total = connection.execute(select(func.count()).select_from(dead_letters)).scalar_one()
    rows = connection.execute(select(dead_letters).order_by(dead_letters.c.id.desc()).limit(limit))
    return total, [
        {
            "id": str(row.id),
            "at": _iso(row.at),
            "channel": row.channel,
            "account": row.account,
            "reason": row.reason,
            "raw": vault.open(row.raw),
        }
        for row in rows
    ]


def requeue(connection: Connection, id_: UUID, now: datetime) -> str | None:
    """Put a refused or expired reply back; return why not, or None when it will be sent again."""
    row = connection.execute(select(messages).where(messages.c.id == id_)).one_or_none()
    if row is None:
        return "there is no such reply"
    if row.state not in (MessageState.REFUSED, MessageState.EXPIRED):
        return f"it is {row.state}; only what was refused or expired can be sent again"
    if row.recipient is None:
        return "its recipient was dropped when its retention was over"
    connection.execute(
        update(messages)
        .where(messages.c.id == id_)
        .values(state=MessageState.OPEN, claimed_by=None, settled_at=None, moved=False, expires_at=now + EXPIRY)
    )
    connection.execute(
        update(segments)
        .where(segments.c.message_id == id_)
        .values(
            state=SegmentState.QUEUED,
            attempts=0,
            submits=0,
            due_at=now - timedelta(seconds=1),
            peer_ref=None,
            reason=None,
        )
    )
    connection.execute(
        update(inquiries)
        .where(inquiries.c.id == row.inquiry_id, inquiries.c.state.in_([InquiryState.REFUSED, InquiryState.EXPIRED]))
        .values(state=InquiryState.REPLYING, settled_at=None)
    )
    return None


def newest(connection: Connection, querier: bytes) -> UUID | None:
    """Return a person's newest question; None when there is none."""
    its = select(inquiries.c.id).where(inquiries.c.querier == querier)
    return connection.execute(its.order_by(inquiries.c.id.desc()).limit(1)).scalar()


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a text; `silent` when no reply to it will come."""

    text: str
    silent: bool


def fate(connection: Connection, querier: bytes, after: UUID | None) -> Fate | None:
    """Return what became of what a person asked after that question; None when nothing was taken in yet."""
    rows = connection.execute(
        select(inquiries.c.state, inquiries.c.intent, inquiries.c.reason, messages.c.state.label("reply"))
        .outerjoin(messages, messages.c.inquiry_id == inquiries.c.id)
        .where(inquiries.c.querier == querier, inquiries.c.id > (after or UUID(int=0)))
        .order_by(inquiries.c.id)
    ).all()
    if not rows:
        return None
    last = rows[-1]
    return Fate(
        f"{last.state}, {last.reason or last.intent or ''}", all(_is_silent(row.state, row.reply) for row in rows)
    )


def _is_silent(question: str, reply: str | None) -> bool:
    if reply is None:
        return question not in (InquiryState.NEW, InquiryState.REPLYING)
    return reply in (MessageState.REFUSED, MessageState.EXPIRED)


def _reply(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "inquiry": str(row.inquiry_id) if row.inquiry_id else None,
        "created_at": _iso(row.created_at),
        "account": row.account,
        "recipient": row.recipient_shown,
        "state": row.state,
        "text": row.text,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None
