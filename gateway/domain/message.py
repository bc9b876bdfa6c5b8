"""What channels bring in and carry out."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from gateway.domain.address import Address
from gateway.text.segments import Encoding


@dataclass(frozen=True, slots=True)
class Concat:
    """One part's place in a longer text (3GPP TS 23.040 §9.2.3.24.1 and .8)."""

    reference: int  # 0…255, or 0…65535 when `wide`
    total: int  # 1…255
    number: int  # 1…total
    wide: bool = False  # the reference has 16 bits


@dataclass(frozen=True, slots=True)
class Part:
    """One short message from a handset, as it came: a whole text or a part of one.

    `key` is what makes it the same message when it comes again (DESIGN section 2); a channel
    puts into it whatever its carrier gives for that, its own account included.
    """

    channel: str
    account: str
    key: bytes
    sender: Address
    destination: Address
    text: str
    received_at: datetime
    concat: Concat | None = None


class Delivery(StrEnum):
    """What a receipt says of a segment."""

    DELIVERED = "delivered"
    FAILED = "failed"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery receipt; matched by account, `peer_ref` and recipient."""

    account: str
    peer_ref: str
    recipient: Address
    delivery: Delivery
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Bytes that no codec of ours can read: kept for a person to look at, then let go."""

    channel: str
    account: str
    key: bytes
    raw: str
    reason: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Submission:
    """One segment on its way out through one line."""

    segment: UUID
    recipient: Address
    text: str  # of this segment alone, signature included
    encoding: Encoding
    concat: Concat | None
    source: Address | None = None  # the number that was asked; a modem sends from its SIM
