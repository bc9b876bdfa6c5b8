"""Replies in the database: segments as they stand, and what their ends mean for their questions."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.domain.inquiry import InquiryState
from gateway.domain.outgoing import Message, MessageState, Segment, SegmentState
from gateway.store.message_rows import PEER_REF
from gateway.store.prepared import Among, Prepared
from gateway.store.statements import fitting
from gateway.store.tables import inquiries, line_days, messages, segments
from gateway.store.undelivered import owe
from gateway.store.vault import Vault

_ADD_MESSAGES = Prepared(insert(messages))
_ADD_SEGMENTS = Prepared(insert(segments))
_save_segment = (
    update(segments)
    .where(segments.c.id == bindparam("segment"))
    .values(
        account=bindparam("account_"),
        state=bindparam("to"),
        attempts=bindparam("attempts_"),
        submits=bindparam("submits_"),
        due_at=bindparam("due"),
        peer_ref=bindparam("ref"),
        reason=bindparam("why"),
    )
)
_SAVE_SEGMENT = Prepared(_save_segment)
_START_SEGMENT = Prepared(_save_segment.values(sending_at=bindparam("sending")))
_SAVE_MESSAGE = Prepared(
    update(messages)
    .where(messages.c.id == bindparam("message"), messages.c.claimed_by == bindparam("holder"))
    .values(
        channel=bindparam("channel_"),
        account=bindparam("account_"),
        reference=bindparam("reference_"),
        moved=bindparam("moved_"),
        state=bindparam("to"),
        settled_at=bindparam("at"),
    )
)
_END_INQUIRY = Prepared(
    update(inquiries)
    .where(inquiries.c.id == bindparam("inquiry"), inquiries.c.state == InquiryState.REPLYING)
    .values(state=bindparam("to"), settled_at=bindparam("at"))
)
_NOT_MINE = Among(
    select(messages.c.id).where(messages.c.claimed_by.is_distinct_from(bindparam("holder"))), messages.c.id
)
_ADD_SENT = {
    name: Prepared(
        adding.on_conflict_do_update(
            index_elements=["account", "day"], set_={"sent": line_days.c.sent + adding.excluded.sent}
        )
    )
    for name, adding in (("sqlite", sqlite.insert(line_days)), ("postgresql", postgresql.insert(line_days)))
}
_INQUIRY_END = {
    MessageState.SENT: InquiryState.ANSWERED,
    MessageState.REFUSED: InquiryState.REFUSED,
    MessageState.EXPIRED: InquiryState.EXPIRED,
}


class SqlOutbox:
    """`ports.Outbox` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault, holder: UUID | None) -> None:
        self._connection = connection
        self._vault = vault
        self._holder = holder

    def add(self, messages: Sequence[Message]) -> None:
        """Store new messages, claimed by this process; without one, by whichever looks first."""
        if not messages:
            return
        keys = {message.id: self._vault.querier(message.recipient) for message in messages}
        _ADD_MESSAGES.run(self._connection, [self._row(message, keys[message.id]) for message in messages])
        _ADD_SEGMENTS.run(
            self._connection,
            [
                {
                    "id": segment.id,
                    "message_id": message.id,
                    "position": segment.position,
                    "text": segment.text,
                    "recipient_key": keys[message.id],
                    "account": message.account,
                    "state": segment.state,
                    "attempts": segment.attempts,
                    "submits": segment.submits,
                    "due_at": segment.due_at,
                    "sending_at": message.created_at if segment.state is SegmentState.SENDING else None,
                }
                for message in messages
                for segment in message.segments
            ],
        )

    def _row(self, message: Message, recipient_key: bytes) -> dict[str, object]:
        return {
            "id": message.id,
            "inquiry_id": message.inquiry,
            "channel": message.channel,
            "account": message.account,
            "recipient": self._vault.seal(message.recipient.number),
            "recipient_shown": fitting(str(message.recipient), 32),
            "recipient_key": recipient_key,
            "source": fitting(message.source.number, 32),
            "text": message.text,
            "encoding": message.encoding,
            "reference": message.reference,
            "bulk": message.bulk,
            "created_at": message.created_at,
            "expires_at": message.expires_at,
            "state": MessageState.OPEN,
            "moved": message.moved,
            "claimed_by": self._holder,
        }

    def save(self, messages: Sequence[Message], changed: Sequence[tuple[Message, Segment]], now: datetime) -> set[UUID]:
        """Write segments as they are now, messages that moved or ended, and what that means for their questions.

        Messages taken over by another process meanwhile are left alone and returned: they are not ours to send.
        """
        asked = {m.id for m in messages} | {m.id for m, _ in changed}
        lost = {row["id"] for row in _NOT_MINE.rows(self._connection, asked, holder=self._holder)}
        rows = [_segment_row(message, segment) for message, segment in changed if message.id not in lost]
        starts = [row | {"sending": now} for row in rows if row["to"] is SegmentState.SENDING]
        settled = [row for row in rows if row["to"] is not SegmentState.SENDING]
        if settled:
            _SAVE_SEGMENT.run(self._connection, settled)
        if starts:
            _START_SEGMENT.run(self._connection, starts)
        self._end([message for message in messages if message.id not in lost], now)
        return lost

    def _end(self, kept: Sequence[Message], now: datetime) -> None:
        if not kept:
            return
        _SAVE_MESSAGE.run(self._connection, [self._message_row(message, now) for message in kept])
        ends = [
            {"inquiry": message.inquiry, "to": _INQUIRY_END[state], "at": now}
            for message in kept
            if message.inquiry and (state := message.state()) is not MessageState.OPEN
        ]
        if ends:
            _END_INQUIRY.run(self._connection, ends)
        undone = (m.inquiry for m in kept if m.state() in (MessageState.REFUSED, MessageState.EXPIRED))
        owe(self._connection, [inquiry for inquiry in undone if inquiry], now)

    def _message_row(self, message: Message, now: datetime) -> dict[str, object]:
        state = message.state()
        return {
            "message": message.id,
            "holder": self._holder,
            "channel_": message.channel,
            "account_": message.account,
            "reference_": message.reference,
            "moved_": message.moved,
            "to": state,
            "at": None if state is MessageState.OPEN else now,
        }

    def sent(self, leaving: Mapping[str, int], day: date) -> None:
        """Add to what left by each line on a day."""
        # In one order in all processes: they would lock each other out.
        rows = [{"account": account, "day": day, "sent": leaving[account]} for account in sorted(leaving)]
        _ADD_SENT[self._connection.dialect.name].run(self._connection, rows)


def _segment_row(message: Message, segment: Segment) -> dict[str, object]:
    return {
        "segment": segment.id,
        "account_": message.account,
        "to": segment.state,
        "attempts_": segment.attempts,
        "submits_": segment.submits,
        "due": segment.due_at,
        "ref": segment.peer_ref and fitting(segment.peer_ref, PEER_REF),
        "why": segment.reason and fitting(segment.reason, 200),
    }
