"""Which processes live, and what becomes of the claims of those that do not.

A claim is held by a process, not by a row's clock: as long as its holder lives nobody else touches a
row, and when it dies its rows are free at once on the same host, elsewhere after `SILENCE`.
"""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, Table, case, delete, insert, select, update
from uuid_utils.compat import uuid7

from gateway.domain.inquiry import InquiryState
from gateway.domain.outgoing import MOST_SUBMITS, RECEIPT_GRACE, MessageState, SegmentState
from gateway.store.tables import holders, inquiries, messages, segments

# A process on another host that said nothing for so long is taken for dead; it speaks every 5 s.
SILENCE = timedelta(seconds=30)
# More is claimed with the next call.
MOST_CLAIMED = 1000


@dataclass(frozen=True, slots=True)
class Holder:
    """One process that claims rows."""

    id: UUID
    host: str
    pid: int
    born: int  # clock ticks since boot (proc(5), field 22): tells a pid that is used again

    @classmethod
    def this_process(cls) -> "Holder":
        """Return a new holder for the process we are in."""
        return cls(uuid7(), socket.gethostname(), os.getpid(), _born(os.getpid()) or 0)


def _born(pid: int) -> int | None:
    """Return when a process of this host started; None when there is none of that id."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[19])


def say_alive(connection: Connection, holder: Holder, now: datetime) -> bool:
    """Write, or write again, that this process lives; return whether nobody knew, as when it was taken for dead."""
    seen = connection.execute(update(holders).where(holders.c.id == holder.id).values(seen_at=now))
    if seen.rowcount == 0:
        connection.execute(
            insert(holders).values(id=holder.id, host=holder.host, pid=holder.pid, born=holder.born, seen_at=now)
        )
    return seen.rowcount == 0


def free_the_dead(connection: Connection, me: Holder, now: datetime) -> None:
    """Let go of what dead processes held; a segment they may have been sending is uncertain."""
    dead = [row.id for row in connection.execute(select(holders)) if row.id != me.id and _is_dead(row, me, now)]
    dead += connection.execute(
        _unknown(inquiries, InquiryState.NEW).union(_unknown(messages, MessageState.OPEN))
    ).scalars()
    if dead:
        free(connection, dead, now)


def _unknown(table: Table, state: str) -> Select[tuple[UUID]]:
    """Ask who holds open rows and is not among the living: taken for dead, it went on and did end then."""
    return select(table.c.claimed_by).where(
        table.c.state == state, table.c.claimed_by.is_not(None), table.c.claimed_by.not_in(select(holders.c.id))
    )


def free(connection: Connection, dead: Sequence[UUID], now: datetime) -> None:
    """Let go of what these processes held."""
    orphaned = select(messages.c.id).where(messages.c.claimed_by.in_(dead), messages.c.state == MessageState.OPEN)
    connection.execute(
        update(segments)
        .where(segments.c.message_id.in_(orphaned), segments.c.state == SegmentState.SENDING)
        .values(
            state=SegmentState.UNCERTAIN,
            due_at=case((segments.c.submits < MOST_SUBMITS, now + RECEIPT_GRACE), else_=None),
            reason="the process that was sending it ended",
        )
    )
    connection.execute(
        update(messages)
        .where(messages.c.claimed_by.in_(dead), messages.c.state == MessageState.OPEN)
        .values(claimed_by=None)
    )
    connection.execute(
        update(inquiries)
        .where(inquiries.c.claimed_by.in_(dead), inquiries.c.state == InquiryState.NEW)
        .values(claimed_by=None)
    )
    connection.execute(delete(holders).where(holders.c.id.in_(dead)))


def _is_dead(row: Row[Any], me: Holder, now: datetime) -> bool:
    if row.host == me.host:
        return bool(_born(row.pid) != row.born)
    return bool(row.seen_at < now - SILENCE)


def claim(connection: Connection, me: Holder) -> tuple[list[UUID], list[UUID]]:
    """Take unheld questions and messages; return the ids of those taken."""
    return (
        _claim(connection, inquiries, InquiryState.NEW, me),
        _claim(connection, messages, MessageState.OPEN, me),
    )


def _claim(connection: Connection, table: Table, state: str, me: Holder) -> list[UUID]:
    free = (
        select(table.c.id)
        .where(table.c.claimed_by.is_(None), table.c.state == state)
        .order_by(table.c.id)
        .limit(MOST_CLAIMED)
        .with_for_update(skip_locked=True)
    )
    ids = list(connection.execute(free).scalars())
    if ids:
        connection.execute(update(table).where(table.c.id.in_(ids)).values(claimed_by=me.id))
    return ids


def held(connection: Connection, me: Holder) -> tuple[list[UUID], list[UUID]]:
    """Return the ids of the open questions and messages that this process holds."""
    asked = select(inquiries.c.id).where(inquiries.c.claimed_by == me.id, inquiries.c.state == InquiryState.NEW)
    replies = select(messages.c.id).where(messages.c.claimed_by == me.id, messages.c.state == MessageState.OPEN)
    return (  # ids rise with time, and so does the order of repeats
        list(connection.execute(asked.order_by(inquiries.c.id)).scalars()),
        list(connection.execute(replies.order_by(messages.c.id)).scalars()),
    )
