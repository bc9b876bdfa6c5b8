"""How a text is cut into short messages, and how many that takes."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from gateway.text import gsm7


class Encoding(StrEnum):
    """How the text of a segment is written on the wire (3GPP TS 23.038)."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


# One segment carries 140 octets; a part of a longer text gives up 6 of them to its user data
# header, or 7 when the reference has 16 bits (3GPP TS 23.040 §9.2.3.24.1 and .8). That leaves, in
# septets and in UCS-2 units:
_ALONE = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_PER_PART = {Encoding.GSM7: 153, Encoding.UCS2: 67}
_PER_WIDE_PART = {Encoding.GSM7: 152, Encoding.UCS2: 66}


@dataclass(frozen=True, slots=True)
class Measure:
    """What a text costs: `units` are septets or UCS-2 units, headers not counted."""

    encoding: Encoding
    units: int
    segments: int


def encoding_of(text: str) -> Encoding:
    """Choose GSM 7 bit when the whole text can be written in it, else UCS-2."""
    return Encoding.GSM7 if gsm7.is_gsm7(text) else Encoding.UCS2


def units(text: str, encoding: Encoding) -> int:
    """Count the septets or UCS-2 units of a text; for GSM 7 bit, of one that `is_gsm7`."""
    return gsm7.septets(text) if encoding is Encoding.GSM7 else _ucs2_units(text)


def measure(text: str) -> Measure:
    """Say how many segments `split` makes of a text; an empty text is one segment."""
    encoding = encoding_of(text)
    size = units(text, encoding)
    if size <= _ALONE[encoding]:
        return Measure(encoding, size, 1)
    room = _PER_PART[encoding]
    if size == len(text):  # nothing is two units wide, so every part can be filled
        return Measure(encoding, size, -(-size // room))
    return Measure(encoding, size, len(_cut(text, room, _counter(encoding))))


def split(text: str, *, wide: bool = False) -> tuple[str, ...]:
    """Cut a text into the fewest segments; joined, they are the text again.

    No part ends inside a surrogate pair or between an escape and its character. `wide` leaves room
    for a 16-bit reference in each part's header.
    """
    encoding = encoding_of(text)
    if units(text, encoding) <= _ALONE[encoding]:
        return (text,)
    return tuple(_cut(text, (_PER_WIDE_PART if wide else _PER_PART)[encoding], _counter(encoding)))


def _cut(text: str, room: int, count: Callable[[str], int]) -> list[str]:
    """Fill one part after the other; `count` gives a piece's units, one or two a character."""
    parts: list[str] = []
    start = 0
    while start < len(text):
        piece = text[start : start + room]
        while (excess := count(piece) - room) > 0:
            # As many characters as must go even if each is two units wide: never one too many.
            piece = piece[: -excess // 2]
        parts.append(piece)
        start += len(piece)
    return parts


def _counter(encoding: Encoding) -> Callable[[str], int]:
    return gsm7.septets if encoding is Encoding.GSM7 else _ucs2_units


def _ucs2_units(text: str) -> int:
    return len(text.encode("utf-16-be", "surrogatepass")) // 2
