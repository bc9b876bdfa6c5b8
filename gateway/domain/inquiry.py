"""A question, from its arrival to the one state it ends in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from gateway.domain.address import Address

# Stands in a joined text where a part has not come (yet). Private-use characters mean nothing in a
# message; one that a sender puts in by hand can only make his own code look cut.
GAP = "\ue000"


class InquiryState(StrEnum):
    """`NEW` and `REPLYING` are on their way; each of the others is an end (DESIGN 1, promise 2)."""

    NEW = "new"
    REPLYING = "replying"
    ANSWERED = "answered"
    UNAVAILABLE = "unavailable"
    LIMITED = "limited"
    SUPPRESSED = "suppressed"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What one person asked, once.

    `querier` is the keyed hash that stands for the person. `continues` names the first question made
    of the same long text: only codes not answered there are new. `text` may hold `GAP`.
    """

    id: UUID
    channel: str
    account: str
    sender: Address
    destination: Address
    querier: bytes
    text: str
    received_at: datetime
    continues: UUID | None = None
    test: bool = False  # a regulator's or an operator's trial: counts nothing, stands in no statistics
