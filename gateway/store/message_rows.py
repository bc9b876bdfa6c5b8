"""Messages and segments as their rows hold them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from gateway.domain.address import Address
from gateway.domain.outgoing import Message, Segment, SegmentState
from gateway.store.prepared import Among, Fields
from gateway.store.statements import among, padded, slices
from gateway.store.tables import messages, segments
from gateway.store.vault import Vault
from gateway.text.segments import Encoding

PEER_REF = 64  # characters of a peer's reference that are kept; the longest of our carriers' has 20

_SEGMENTS = Among(select(segments).order_by(segments.c.position), segments.c.message_id)


def load(connection: Connection, vault: Vault, ids: Sequence[UUID]) -> list[Message]:
    """Read messages with all their segments."""
    of_message: dict[UUID, list[Segment]] = defaultdict(list)
    for its in _SEGMENTS.rows(connection, ids):
        of_message[its["message_id"]].append(segment_of(its))
    found: list[Row[Any]] = []
    for some in slices(ids):
        of_ids = select(messages).where(among(messages.c.id)).order_by(messages.c.id)
        found += connection.execute(of_ids, {"values": padded(some)}).all()
    return [_message(vault, row, tuple(of_message[row.id])) for row in found]


def _message(vault: Vault, row: Row[Any], its_segments: tuple[Segment, ...]) -> Message:
    return Message(
        id=row.id,
        inquiry=row.inquiry_id,
        channel=row.channel,
        account=row.account,
        source=Address(row.source),
        recipient=Address(vault.open(row.recipient)),
        text=row.text,
        encoding=Encoding(row.encoding),
        reference=row.reference,
        created_at=row.created_at,
        expires_at=row.expires_at,
        segments=its_segments,
        bulk=row.bulk,
        moved=row.moved,
    )


def segment_of(row: Fields) -> Segment:
    """Read a segment back from its row."""
    return Segment(
        id=row["id"],
        position=row["position"],
        text=row["text"],
        state=SegmentState(row["state"]),
        attempts=row["attempts"],
        submits=row["submits"],
        due_at=row["due_at"],
        peer_ref=row["peer_ref"],
        reason=row["reason"],
    )
