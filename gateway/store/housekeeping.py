"""What is dropped when its time is over."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, select, update

from gateway.domain.calendar import today
from gateway.filing.uploads import LOADED
from gateway.store.inbox import KEY_LIFE
from gateway.store.receipts import RECEIPT_LIFE
from gateway.store.replays import REPLAY_LIFE
from gateway.store.tables import (
    idempotency,
    inquiries,
    joins,
    messages,
    notices,
    parts,
    receipts,
    seen,
    segments,
    tickets,
    tidied,
    undelivered,
    uploads,
)
from gateway.store.traces import HEARD_AGAIN

# No carrier brings a message again after so long; a modem's storage can after a weekend without us.
SEEN_LIFE = timedelta(days=7)
RECORDINGS = timedelta(days=30)
# A file that was looked through and that nobody had taken in since.
FILE_LIFE = timedelta(days=1)


def keep_house(
    connection: Connection, now: datetime, lived: timedelta, keep_messages: timedelta, keep_recordings: timedelta
) -> datetime:
    """Drop what is due, and return the time by which that was told.

    `lived`: what a clock that cannot leap says has gone by since the last time, nothing in a new process.
    """
    time = lived_up_to(connection, now, lived)
    tidy(connection, time, keep_messages, keep_recordings)
    return time


def lived_up_to(connection: Connection, now: datetime, lived: timedelta) -> datetime:
    """Return `now`, or an earlier time while the clock has come further than was lived through since the last look.

    It comes after the clock at twice its pace: whoever was away for a week keeps things a week longer at first, and a
    clock that is a month ahead for a day costs one day of what is kept.
    """
    last = connection.execute(select(tidied.c.up_to)).scalar()
    time = now if last is None else min(now, last + 2 * lived)
    connection.execute(update(tidied).values(up_to=time))
    return time


def tidy(
    connection: Connection, now: datetime, keep_messages: timedelta, keep_recordings: timedelta = RECORDINGS
) -> None:
    """Drop keys of repeats, first answers, joined parts, receipts and, after `keep_messages`, texts and numbers.

    Of files that were never taken in, what was found stays, so that it is known who sent what. After
    `keep_recordings` a ticket no longer names its recording.
    """
    connection.execute(delete(seen).where(seen.c.at < now - SEEN_LIFE))
    done = select(joins.c.id).where(joins.c.first_at < now - KEY_LIFE, joins.c.judge_at.is_(None))
    connection.execute(delete(parts).where(parts.c.join_id.in_(done)))
    connection.execute(delete(joins).where(joins.c.first_at < now - KEY_LIFE, joins.c.judge_at.is_(None)))
    connection.execute(delete(notices).where(notices.c.day < today(now) - timedelta(days=1)))
    connection.execute(delete(receipts).where(receipts.c.at < now - RECEIPT_LIFE))
    connection.execute(delete(idempotency).where(idempotency.c.at < now - REPLAY_LIFE))
    connection.execute(delete(undelivered).where(undelivered.c.at < now - HEARD_AGAIN))
    left = and_(uploads.c.seen_at < now - FILE_LIFE, uploads.c.state != LOADED, uploads.c.content.is_not(None))
    connection.execute(update(uploads).where(left).values(content=None))
    old = tickets.c.created_at < now - keep_recordings
    connection.execute(update(tickets).where(old, tickets.c.recording.is_not(None)).values(recording=None))
    _forget_texts(connection, now - keep_messages)


def _forget_texts(connection: Connection, before: datetime) -> None:
    connection.execute(
        update(inquiries)
        .where(inquiries.c.received_at < before, inquiries.c.sender.is_not(None))
        .values(text="", sealed_text=None, sender=None, sender_shown="")
    )
    old = select(messages.c.id).where(messages.c.created_at < before, messages.c.recipient.is_not(None))
    connection.execute(update(segments).where(segments.c.message_id.in_(old)).values(text=""))
    connection.execute(
        update(messages)
        .where(messages.c.created_at < before, messages.c.recipient.is_not(None))
        .values(text="", recipient=None, recipient_shown="")
    )
