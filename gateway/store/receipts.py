"""Delivery receipts: which segment each one speaks of, also when it came before the response to its submit."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from uuid_utils.compat import uuid7

from gateway.domain.message import Delivery, Receipt
from gateway.domain.outgoing import EXPIRY, Message, Segment, SegmentState
from gateway.store.message_rows import PEER_REF, load, segment_of
from gateway.store.prepared import Among, Fields, Prepared, Query
from gateway.store.statements import fitting
from gateway.store.tables import receipts, segments
from gateway.store.undelivered import owe
from gateway.store.vault import Vault

# A peer's reference comes round again (a modem's after 256 segments); a receipt older than this means nothing.
RECEIPT_LIFE = timedelta(hours=48)

_OPEN = (SegmentState.SENDING, SegmentState.UNCERTAIN)
_ADD_RECEIPTS = Prepared(insert(receipts))
_TO_THEM = Among(
    select(segments).where(segments.c.sending_at > bindparam("since")).order_by(segments.c.sending_at),
    segments.c.recipient_key,
)
_DELIVER_SEGMENT = Prepared(
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
        keys = [self._vault.querier(receipt.recipient) for receipt in receipts]
        since = min(receipt.at for receipt in receipts) - RECEIPT_LIFE
        sent: dict[bytes, list[dict[str, Any]]] = defaultdict(list)
        for found in _TO_THEM.rows(self._connection, set(keys), since=since):
            sent[found["recipient_key"]].append(dict(found))
        changed: list[tuple[UUID, Segment]] = []
        delivered: list[Fields] = []
        early: list[Fields] = []
        for receipt, key in zip(receipts, keys, strict=True):
            row = _spoken_of(receipt, sent[key])
            if row is None:
                early.append(_early_row(receipt, key))
            elif receipt.delivery is not Delivery.PENDING or row["state"] == SegmentState.UNCERTAIN:
                after = _delivered(segment_of(row), receipt)
                row.update(state=after.state, peer_ref=after.peer_ref)  # another receipt may speak of it
                changed.append((row["message_id"], after))
                delivered.append(_delivered_row(after, receipt))
                if receipt.delivery is Delivery.FAILED:
                    undone = load(self._connection, self._vault, [row["message_id"]])
                    owe(self._connection, [message.inquiry for message in undone if message.inquiry], receipt.at)
        _DELIVER_SEGMENT.run(self._connection, delivered)
        _ADD_RECEIPTS.run(self._connection, early)
        return changed, len(early)

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


def _spoken_of(receipt: Receipt, sent: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Find the newest segment with its reference, or the one whose response never came; `sent` is in order of time."""
    since, ref = receipt.at - RECEIPT_LIFE, fitting(receipt.peer_ref, PEER_REF)
    by_line = [row for row in sent if row["account"] == receipt.account and row["sending_at"] > since]
    named = [row for row in by_line if row["peer_ref"] == ref]
    if named:
        return named[-1]
    open_ones = [row for row in by_line if row["peer_ref"] is None and row["state"] in _OPEN]
    if any(row["state"] == SegmentState.SENDING for row in open_ones):
        return None  # its own response is still to come and will tell
    return open_ones[0] if open_ones else None


def _delivered(segment: Segment, receipt: Receipt) -> Segment:
    """Return what the peer speaks of: it has it, wherever it is now."""
    return replace(
        segment,
        state=SegmentState.ACCEPTED,
        peer_ref=fitting(receipt.peer_ref, PEER_REF),
        due_at=None,
        reason=fitting(f"not delivered: {receipt.detail}", 200) if receipt.delivery is Delivery.FAILED else None,
    )


def _delivered_row(segment: Segment, receipt: Receipt) -> Fields:
    return {
        "segment": segment.id,
        "ref": segment.peer_ref,
        "why": segment.reason,
        "at": receipt.at if receipt.delivery is Delivery.DELIVERED else None,
    }


def _early_row(receipt: Receipt, key: bytes) -> Fields:
    return {
        "id": uuid7(),
        "account": receipt.account,
        "peer_ref": fitting(receipt.peer_ref, PEER_REF),
        "recipient_key": key,
        "delivery": receipt.delivery,
        "detail": fitting(receipt.detail, 200),
        "at": receipt.at,
    }
