"""User data headers, and the two elements of them that join long texts (3GPP TS 23.040 §9.2.3.24)."""

from collections.abc import Iterable
from dataclasses import dataclass

CONCATENATED_8_BIT = 0x00  # §9.2.3.24.1
CONCATENATED_16_BIT = 0x08  # §9.2.3.24.8


@dataclass(frozen=True, slots=True)
class Element:
    """One information element: its identifier and its data."""

    identifier: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """One part's place in a longer text; `wide` when the reference has 16 bits."""

    reference: int
    total: int
    number: int
    wide: bool = False


def cut_off(user_data: bytes) -> tuple[bytes, bytes]:
    """Separate the header, its length octet included, from what follows it.

    Raises `ValueError` when the header would reach past the end.
    """
    if not user_data:
        raise ValueError("no user data, though a user data header is announced")
    end = 1 + user_data[0]
    if end > len(user_data):
        raise ValueError(f"user data header of {end} octets in {len(user_data)} octets of user data")
    return user_data[:end], user_data[end:]


def parse(header: bytes) -> tuple[Element, ...]:
    """Read the elements of a header that begins with its length octet; unknown ones are kept.

    Raises `ValueError` when the last element does not end where the header does: the standard has
    the whole header ignored then.
    """
    if not header or header[0] != len(header) - 1:
        raise ValueError("the length octet of the user data header does not fit it")
    elements: list[Element] = []
    at = 1
    while at < len(header):
        if at + 2 > len(header) or at + 2 + header[at + 1] > len(header):
            raise ValueError(f"information element at octet {at} reaches past the user data header")
        end = at + 2 + header[at + 1]
        elements.append(Element(header[at], header[at + 2 : end]))
        at = end
    return tuple(elements)


def build(elements: Iterable[Element]) -> bytes:
    """Write a header, its length octet first. Raises `ValueError` when a length needs more than an octet."""
    body = bytearray()
    for element in elements:
        body += bytes([element.identifier, len(element.data)]) + element.data
    return bytes([len(body)]) + body


def place(elements: Iterable[Element]) -> Place | None:
    """Find a part's place; None when no element gives a possible one.

    A total of 0 and a number of 0 or beyond the total are to be ignored (§9.2.3.24.1); of repeated
    elements the last one counts (§9.2.3.24).
    """
    found = None
    for element in elements:
        data = element.data
        if element.identifier == CONCATENATED_8_BIT and len(data) == 3:
            candidate = Place(data[0], data[1], data[2])
        elif element.identifier == CONCATENATED_16_BIT and len(data) == 4:
            candidate = Place(int.from_bytes(data[:2], "big"), data[2], data[3], wide=True)
        else:
            continue
        if 1 <= candidate.number <= candidate.total:
            found = candidate
    return found


def concatenation(reference: int, total: int, number: int, *, wide: bool = False) -> bytes:
    """Write the header of one part of a longer text: 6 octets, or 7 when `wide`.

    Raises `ValueError` when the reference does not fit its 8 or 16 bits, or there is no such part.
    """
    if not 0 <= reference < (1 << 16 if wide else 1 << 8):
        raise ValueError(f"reference {reference} does not fit {16 if wide else 8} bits")
    if not 1 <= number <= total <= 255:
        raise ValueError(f"part {number} of {total}: parts count from 1, and there are at most 255")
    kind, octets = (CONCATENATED_16_BIT, 2) if wide else (CONCATENATED_8_BIT, 1)
    return build([Element(kind, reference.to_bytes(octets, "big") + bytes([total, number]))])
