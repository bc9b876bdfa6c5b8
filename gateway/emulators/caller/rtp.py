"""RTP packets (RFC 3550 §5.1) with G.711 sound and telephone events (RFC 4733 §2.3)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

EVENTS: Final = 101  # our payload type for telephone events, as nearly everybody's
PACKET: Final = 160  # samples in 20 ms
KEYS: Final = "0123456789*#ABCD"  # RFC 4733 §3.2: event codes in order
_HEADER: Final = struct.Struct("!BBHII")
_VERSION_2: Final = 0x80


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; `kind` is its payload type."""

    kind: int
    sequence: int
    timestamp: int
    source: int
    payload: bytes
    marker: bool = False

    def pack(self) -> bytes:
        """Return it as it travels."""
        kind = self.kind | (0x80 if self.marker else 0)
        head = _HEADER.pack(_VERSION_2, kind, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.source)
        return head + self.payload


def unpack(data: bytes) -> Packet | None:
    """Return a packet, None for what is none (RTCP, STUN, something short)."""
    if len(data) < _HEADER.size or data[0] & 0xC0 != _VERSION_2:
        return None
    first, kind, sequence, timestamp, source = _HEADER.unpack_from(data)
    start = _HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:  # an extension: its length stands in words behind its profile
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    end = len(data) - (data[-1] if first & 0x20 else 0)
    if not start <= end:
        return None
    return Packet(kind & 0x7F, sequence, timestamp, source, data[start:end], bool(kind & 0x80))


def presses(key: str, packets: int = 5) -> Iterator[tuple[bytes, bool]]:
    """Yield the payloads of a key held for `packets` times 20 ms, and whether it is the first.

    The last goes out three times, as RFC 4733 §2.5.1.4 wants it: one may be lost.
    """
    event = KEYS.index(key)
    for number in range(1, packets + 1):
        yield struct.pack("!BBH", event, 10, number * PACKET), number == 1
    for _ in range(3):
        yield struct.pack("!BBH", event, 0x80 | 10, packets * PACKET), False
