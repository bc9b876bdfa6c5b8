"""G.711: A-law and µ-law octets to 16-bit samples and back (ITU-T G.711; payload types 8 and 0 of RFC 3551)."""

import sys
from array import array
from functools import cache
from typing import Final, TypeAlias

Samples: TypeAlias = "array[int]"  # 16-bit; `array` takes no parameter before Python 3.12

ULAW, ALAW = 0, 8
SILENCE: Final = {ULAW: 0xFF, ALAW: 0xD5}
RATE: Final = 8000


def decode(payload: bytes, kind: int) -> Samples:
    """Return the samples of a packet. `kind` is its RTP payload type."""
    low, high = _halves(kind)
    octets = bytearray(2 * len(payload))
    octets[0::2], octets[1::2] = payload.translate(low), payload.translate(high)
    samples = array("h", bytes(octets))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def encode(samples: Samples, kind: int) -> bytes:
    """Return the octets of 16-bit samples, as a switch makes them."""
    table = _octets(kind)
    return bytes(table[(sample + 32768) >> 3] for sample in samples)


@cache
def _alaw() -> tuple[int, ...]:
    def value(octet: int) -> int:
        octet ^= 0x55
        exponent, mantissa = octet >> 4 & 7, octet & 15
        size = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 0x108 << exponent - 1
        return size if octet & 0x80 else -size

    return tuple(map(value, range(256)))


@cache
def _ulaw() -> tuple[int, ...]:
    def value(octet: int) -> int:
        octet ^= 0xFF
        size = ((octet & 15) << 3) + 0x84 << (octet >> 4 & 7)
        return 0x84 - size if octet & 0x80 else size - 0x84

    return tuple(map(value, range(256)))


@cache
def _halves(kind: int) -> tuple[bytes, bytes]:
    """Return the low and the high octet of what each octet stands for: so a file is read without a loop over it."""
    values = [value & 0xFFFF for value in (_alaw() if kind == ALAW else _ulaw())]
    return bytes(value & 0xFF for value in values), bytes(value >> 8 for value in values)


@cache
def _octets(kind: int) -> bytes:
    """Return the octet for each step of eight in -32768…32767, by the decision values of the standard's tables 1 and 2.

    Asterisk looks A-law up by such steps too, each taken for its highest value.
    """
    steps = range(-32768, 32768, 8)
    return bytes(_to_alaw(step | 7) for step in steps) if kind == ALAW else bytes(map(_to_ulaw, steps))


def _to_alaw(sample: int) -> int:
    size = min(abs(sample), 32767)
    exponent = max(0, size.bit_length() - 8)
    mantissa = size >> max(4, exponent + 3) & 15
    return (exponent << 4 | mantissa | (0x80 if sample >= 0 else 0)) ^ 0x55


def _to_ulaw(sample: int) -> int:
    size = min(abs(sample), 32635) + 0x84
    exponent = size.bit_length() - 8
    mantissa = size >> exponent + 3 & 15
    return (exponent << 4 | mantissa | (0 if sample >= 0 else 0x80)) ^ 0xFF
