"""Delivery receipts: which segment each one speaks of, also when it came before the response to its submit."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, select, update
from uuid_utils.compat import uuid7

from gateway.domain.message import Delivery, Receipt
from gateway.domain.outgoing import EXPIRY, Message, Segment, SegmentState
from gateway.store.message_rows import PEER_REF, load, segment_of
from gateway.store.prepared import Among, Query
from gateway.store.statements import fitting
from gateway.store.tables import receipts, segments
from gateway.store.undelivered import owe
from gateway.store.vault import Vault

# A peer's reference comes round again (a modem's after 256 segments); a receipt older than this means nothing.
RECEIPT_LIFE = timedelta(hours=48)

_ADD_RECEIPTS = insert(receipts)
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
_KEPT = Query(select(receipts.c.id).limit(1))
_EARLY = Among(select(receipts).order_by(receipts.c.id), receipts.c.recipient_key)


class SqlReceipts:
    """`ports.Receipts` on one open transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault

    def match(self, receipts: Sequence[Receipt]) -> tuple[list[tuple[UUID, Segment]], int]:
        """Match receipts to segments; return those whose state that changed, and how many were early and kept."""
        changed, kept = [], 0
        for receipt in receipts:
            key = self._vault.querier(receipt.recipient)
            row = self._find(receipt, key)
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

    def _find(self, receipt: Receipt, key: bytes) -> Row[Any] | None:
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
            segment_of(row),
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
            undone = load(self._connection, self._vault, [row.message_id])
            owe(self._connection, [message.inquiry for message in undone if message.inquiry], receipt.at)
        return after

    def take_early(self, settled: Sequence[tuple[Message, Segment]]) -> list[tuple[UUID, Segment]]:
        """Match kept receipts again, now that these segments have their reference or will never get one."""
        if not _KEPT.rows(self._connection, {}):  # so it is nearly always
            return []
        known = {
            self._vault.querier(message.recipient): message
            for message, segment in settled
            if segment.state in (SegmentState.ACCEPTED, SegmentState.UNCERTAIN)
        }
        changed: list[tuple[UUID, Segment]] = []
        for row in _EARLY.rows(self._connection, known):
            message = known[row["recipient_key"]]
            if row["at"] < message.created_at - EXPIRY:  # of another time, its reference used again since
                continue
            self._connection.execute(delete(receipts).where(receipts.c.id == row["id"]))
            delivery = Delivery(row["delivery"])
            again = Receipt(row["account"], row["peer_ref"], message.recipient, delivery, row["detail"], row["at"])
            changed += self.match([again])[0]
        return changed
