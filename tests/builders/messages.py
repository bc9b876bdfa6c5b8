"""What comes in and goes out, in good order; a test names only what it makes different."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from uuid_utils.compat import uuid7

from gateway.domain.address import Address
from gateway.domain.code import CodeBook
from gateway.domain.inquiry import Inquiry
from gateway.domain.message import Concat, Delivery, Part, Receipt
from gateway.domain.outgoing import EXPIRY, Message, Segment
from gateway.store.vault import Vault
from gateway.text.segments import encoding_of

NOW = datetime(2026, 5, 10, 4, 0, tzinfo=UTC)  # noon of 10 May in Asia/Shanghai
SHORT_CODE = Address("106573012365")
CITIZEN, NEIGHBOUR = Address("8613900000001"), Address("8613900000002")
VAULT = Vault(b"q" * 32, b"s" * 32, b"l" * 32)
CODES = CodeBook({1: b"k" * 16})

_numbers = count(1)


def liquor_code(index: int) -> str:
    """Return a covert code of the range that `tests.builders.store.stock` binds to a bottle."""
    return CODES.issue(1, 1, index)


def melon_code(index: int) -> str:
    return CODES.issue(4, 1, index)


def a_citizen(number: int) -> Address:
    """Return one of many citizens, each with a number of his own."""
    return Address(f"86139{number:08d}")


class ManualClock:
    """`ports.Clock`, moved by the test."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def a_part(
    text: str = "你好",
    *,
    sender: Address = CITIZEN,
    account: str = "one",
    at: datetime = NOW,
    key: bytes | None = None,
    concat: Concat | None = None,
    destination: Address = SHORT_CODE,
    channel: str = "scripted",
) -> Part:
    """Return one short message as it came; another one each time, unless `key` is given."""
    key = f"message {next(_numbers)}".encode() if key is None else key
    return Part(channel, account, key, sender, destination, text, at, concat)


def parts_of(text: str, at: int, *, reference: int = 7, sender: Address = CITIZEN) -> tuple[Part, Part]:
    """Return a text cut in two before its character `at`."""
    first = a_part(text[:at], concat=Concat(reference, 2, 1), sender=sender)
    return first, a_part(text[at:], concat=Concat(reference, 2, 2), sender=sender)


def an_inquiry(text: str = "你好", *, sender: Address = CITIZEN, **changes: object) -> Inquiry:
    made = Inquiry(uuid7(), "scripted", "one", sender, SHORT_CODE, VAULT.querier(sender), text, NOW)
    return replace(made, **changes)  # type: ignore[arg-type]  # named by the test


def a_message(*texts: str, **changes: object) -> Message:
    """Return a reply of these segments, all of them due."""
    segments = tuple(Segment(uuid7(), at, text, due_at=NOW) for at, text in enumerate(texts or ("【放心100】正品",), 1))
    whole = "".join(segment.text for segment in segments)
    made = Message(
        id=uuid7(),
        inquiry=None,
        channel="scripted",
        account="one",
        source=SHORT_CODE,
        recipient=CITIZEN,
        text=whole,
        encoding=encoding_of(whole),
        reference=11,
        created_at=NOW,
        expires_at=NOW + EXPIRY,
        segments=segments,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # named by the test


def a_receipt(
    peer_ref: str,
    delivery: Delivery = Delivery.DELIVERED,
    *,
    recipient: Address = CITIZEN,
    account: str = "one",
    at: datetime = NOW,
) -> Receipt:
    return Receipt(account, peer_ref, recipient, delivery, "as the carrier says", at)


def shuffled_uuid(random: random.Random) -> UUID:
    """Return an id as the pipeline mints them, but from a test's own chance."""
    return UUID(int=random.getrandbits(128), version=4)
