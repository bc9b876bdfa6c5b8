"""Replies in the database: segments as they stand, what receipts say of them, what a process has claimed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from uuid_utils.compat import uuid7

from gateway.domain.address import Address
from gateway.domain.inquiry import InquiryState
from gateway.domain.message import Delivery, Receipt
from gateway.domain.outgoing import EXPIRY, Message, MessageState, Segment, SegmentState
from gateway.store.prepared import Prepared
from gateway.store.statements import among, fitting, padded, slices
from gateway.store.tables import answers, inquiries, line_days, messages, receipts, segments, undelivered
from gateway.store.vault import Vault
from gateway.text.segments import Encoding

# A peer's reference comes round again (a modem's after 256 segments); a receipt older than this means nothing.
RECEIPT_LIFE = timedelta(hours=48)
PEER_REF = 64  # characters of a peer's reference that are kept; the longest of our carriers' has 20

_ADD_RECEIPTS = insert(receipts)
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
_STILL_MINE = select(messages.c.id).where(among(messages.c.id), messages.c.claimed_by == bindparam("holder"))
_TO_THEM = and_(
    segments.c.account == bindparam("account_"),
    segments.c.recipient_key == bindparam("key"),
    segments.c.sending_at > bindparam("since"),
)
_OF_PEER = (
    select(segments)
    .where(_TO_THEM, segments.c.peer_ref == bindparam("ref"))
    .order_by(segments.c.sending_at.desc())
    .limit(1)
)
_UNANSWERED = (
    select(segments)
    .where(
        _TO_THEM, segments.c.peer_ref.is_(None), segments.c.state.in_([SegmentState.SENDING, SegmentState.UNCERTAIN])
    )
    .order_by(segments.c.sending_at)
)
_DELIVER_SEGMENT = (
    update(segments)
    .where(segments.c.id == bindparam("segment"))
    .values(
        state=SegmentState.ACCEPTED,
        peer_ref=bindparam("ref"),
        due_at=None,
        reason=bindparam("why"),
        delivered_at=bindparam("at"),
    )
)
_EARLY = select(receipts).where(among(receipts.c.recipient_key)).order_by(receipts.c.id)
_ADD_SENT = {
    name: adding.on_conflict_do_update(
        index_elements=["account", "day"], set_={"sent": line_days.c.sent + adding.excluded.sent}
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

    def __init__(self, connection: Connection, vault: Vault, holder: UUID) -> None:
        self._connection = connection
        self._vault = vault
        self._holder = holder

    def add(self, messages: Sequence[Message]) -> None:
        """Store new messages, claimed by this process."""
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
        mine = self._still_mine(asked)
        rows = [_segment_row(message, segment) for message, segment in changed if message.id in mine]
        starts = [row | {"sending": now} for row in rows if row["to"] is SegmentState.SENDING]
        settled = [row for row in rows if row["to"] is not SegmentState.SENDING]
        if settled:
            _SAVE_SEGMENT.run(self._connection, settled)
        if starts:
            _START_SEGMENT.run(self._connection, starts)
        self._end([message for message in messages if message.id in mine], now)
        return asked - mine

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
        self._owe([m for m in kept if m.state() in (MessageState.REFUSED, MessageState.EXPIRED)], now)

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

    def _still_mine(self, ids: set[UUID]) -> set[UUID]:
        mine: set[UUID] = set()
        for some in slices(ids):
            mine |= set(
                self._connection.execute(_STILL_MINE, {"values": padded(some), "holder": self._holder}).scalars()
            )
        return mine

    def _owe(self, undone: Sequence[Message], now: datetime) -> None:
        """Note counted answers that their asker never got, so that he hears the same verdict again."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        for message in undone:
            rows = self._connection.execute(
                select(answers, inquiries.c.querier)
                .join(inquiries, inquiries.c.id == answers.c.inquiry_id)
                .where(answers.c.inquiry_id == message.inquiry, answers.c.query_count > 0)
            ).all()
            for row in rows:
                fields = {
                    "query_count": row.query_count,
                    "first_at": row.first_queried_at,
                    "own": row.verdict == "SELF_REPEAT",
                    "at": now,
                }
                self._connection.execute(
                    dialect.insert(undelivered)
                    .values(code=row.code, querier=row.querier, **fields)
                    .on_conflict_do_update(index_elements=["code", "querier"], set_=fields)
                )

    def sent(self, leaving: Mapping[str, int], day: date) -> None:
        """Add to what left by each line on a day."""
        # In one order in all processes: they would lock each other out.
        rows = [{"account": account, "day": day, "sent": leaving[account]} for account in sorted(leaving)]
        if rows:
            self._connection.execute(_ADD_SENT[self._connection.dialect.name], rows)

    def receipts(self, receipts: Sequence[Receipt]) -> tuple[list[tuple[UUID, Segment]], int]:
        """Match receipts to segments; return those whose state that changed, and how many were early and kept."""
        changed, kept = [], 0
        for receipt in receipts:
            key = self._vault.querier(receipt.recipient)
            row = self._match(receipt, key)
            if row is None:
                kept += 1
                self._connection.execute(
                    _ADD_RECEIPTS,
                    {
                        "id": uuid7(),
                        "account": receipt.account,
                        "peer_ref": fitting(receipt.peer_ref, PEER_REF),
                        "recipient_key": key,
                        "delivery": receipt.delivery,
                        "detail": fitting(receipt.detail, 200),
                        "at": receipt.at,
                    },
                )
            elif receipt.delivery is not Delivery.PENDING or row.state == SegmentState.UNCERTAIN:
                changed.append((row.message_id, self._deliver(row, receipt)))
        return changed, kept

    def _match(self, receipt: Receipt, key: bytes) -> Row[Any] | None:
        """Find the newest segment with this reference, or the one whose response never came."""
        since = receipt.at - RECEIPT_LIFE
        given = {"account_": receipt.account, "key": key, "since": since}
        newest = self._connection.execute(_OF_PEER, given | {"ref": fitting(receipt.peer_ref, PEER_REF)}).one_or_none()
        if newest:
            return newest
        open_ones = self._connection.execute(_UNANSWERED, given).all()
        if any(row.state == SegmentState.SENDING for row in open_ones):
            return None  # its own response is still to come and will tell
        return open_ones[0] if open_ones else None

    def _deliver(self, row: Row[Any], receipt: Receipt) -> Segment:
        """Mark what the peer speaks of: it has it, wherever it is now."""
        failed = receipt.delivery is Delivery.FAILED
        after = replace(
            _segment(row),
            state=SegmentState.ACCEPTED,
            peer_ref=fitting(receipt.peer_ref, PEER_REF),
            due_at=None,
            reason=fitting(f"not delivered: {receipt.detail}", 200) if failed else None,
        )
        self._connection.execute(
            _DELIVER_SEGMENT,
            {
                "segment": row.id,
                "ref": after.peer_ref,
                "why": after.reason,
                "at": receipt.at if receipt.delivery is Delivery.DELIVERED else None,
            },
        )
        if failed:
            self._owe([self.load([row.message_id])[0]], receipt.at)
        return after

    def take_early(self, settled: Sequence[tuple[Message, Segment]]) -> list[tuple[UUID, Segment]]:
        """Match kept receipts again, now that these segments have their reference or will never get one."""
        known = {
            self._vault.querier(message.recipient): message
            for message, segment in settled
            if segment.state in (SegmentState.ACCEPTED, SegmentState.UNCERTAIN)
        }
        changed: list[tuple[UUID, Segment]] = []
        for some in slices(known):
            for row in self._connection.execute(_EARLY, {"values": padded(some)}).all():
                message = known[row.recipient_key]
                if row.at < message.created_at - EXPIRY:  # of another time, its reference used again since
                    continue
                self._connection.execute(delete(receipts).where(receipts.c.id == row.id))
                delivery = Delivery(row.delivery)
                again = Receipt(row.account, row.peer_ref, message.recipient, delivery, row.detail, row.at)
                changed += self.receipts([again])[0]
        return changed

    def load(self, ids: Sequence[UUID]) -> list[Message]:
        """Read messages with all their segments."""
        of_message: dict[UUID, list[Segment]] = defaultdict(list)
        found: list[Row[Any]] = []
        for some in slices(ids):
            values = {"values": padded(some)}
            for row in self._connection.execute(
                select(segments).where(among(segments.c.message_id)).order_by(segments.c.position), values
            ):
                of_message[row.message_id].append(_segment(row))
            found += self._connection.execute(
                select(messages).where(among(messages.c.id)).order_by(messages.c.id), values
            ).all()
        return [self._message(row, tuple(of_message[row.id])) for row in found]

    def _message(self, row: Row[Any], its_segments: tuple[Segment, ...]) -> Message:
        return Message(
            id=row.id,
            inquiry=row.inquiry_id,
            channel=row.channel,
            account=row.account,
            source=Address(row.source),
            recipient=Address(self._vault.open(row.recipient)),
            text=row.text,
            encoding=Encoding(row.encoding),
            reference=row.reference,
            created_at=row.created_at,
            expires_at=row.expires_at,
            segments=its_segments,
            bulk=row.bulk,
            moved=row.moved,
        )


def _segment(row: Row[Any]) -> Segment:
    return Segment(
        id=row.id,
        position=row.position,
        text=row.text,
        state=SegmentState(row.state),
        attempts=row.attempts,
        submits=row.submits,
        due_at=row.due_at,
        peer_ref=row.peer_ref,
        reason=row.reason,
    )


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
