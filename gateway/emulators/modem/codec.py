"""The network's side of the PDUs: DELIVER and STATUS-REPORT written, SUBMIT read (3GPP TS 23.040 §9.2.2).

Written apart from `gateway.channels.modem.pdu` on purpose, see `alphabet`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.emulators.modem.alphabet import pack, septets_of, text_of, unpack

INTERNATIONAL, UNKNOWN, ALPHANUMERIC = 0x91, 0x81, 0xD0  # type-of-address octets, 23.040 §9.1.2.5
GSM7, OCTETS, UCS2 = 0x00, 0x04, 0x08  # TP-DCS without a message class, 23.038 §4
FLASH = 0x10  # with these bits in TP-DCS the message is of class 0
_SEMI_OCTETS = "0123456789*#abc"  # 23.040 §9.1.2.3; 1111 fills an odd number's last octet


class BadPdu(ValueError):
    """A PDU that a real modem or network would not take; the text says where it is wrong."""


@dataclass(frozen=True, slots=True)
class Place:
    """A part's place in its text, from the concatenation element (23.040 §9.2.3.24.1 and .8)."""

    reference: int
    total: int
    number: int
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Submit:
    """What a driver asked the network to carry."""

    destination: str  # digits, with a leading + when the driver said international
    text: str
    coding: int  # TP-DCS as written
    place: Place | None
    report: bool  # TP-SRR: a status report is wanted
    reject_duplicates: bool
    smsc: str


def address(number: str) -> bytes:
    """Write a TP address: the length in semi-octets, the type, the digits or the packed letters (§9.1.2.5)."""
    digits = number.removeprefix("+")
    if digits and all(digit in _SEMI_OCTETS for digit in digits):
        return bytes([len(digits), INTERNATIONAL if number.startswith("+") else UNKNOWN]) + _semi_octets(digits)
    letters = septets_of(number)
    if not letters or len(letters) > 11:
        raise BadPdu(f"sender {number!r}: digits, or one to eleven characters of the default alphabet")
    packed = pack(letters)
    return bytes([(7 * len(letters) + 3) // 4, ALPHANUMERIC]) + packed


def smsc_address(number: str) -> bytes:
    """Write the service centre's address that stands before every PDU (27.005 §3.1): its length is in octets."""
    if not number:
        return b"\0"
    digits = number.removeprefix("+")
    return bytes([1 + (len(digits) + 1) // 2, INTERNATIONAL]) + _semi_octets(digits)


def header(place: Place | None) -> bytes:
    """Write the user data header of one part, its length octet first; empty for a text that stands alone."""
    if place is None:
        return b""
    if place.wide:
        return bytes([6, 0x08, 4, place.reference >> 8, place.reference & 0xFF, place.total, place.number])
    return bytes([5, 0x00, 3, place.reference, place.total, place.number])


def deliver(sender: str, text: str, at: datetime, *, place: Place | None = None, flash: bool = False) -> bytes:
    """Write a DELIVER (§9.2.2.1): the default alphabet where it can, UCS-2 (as UTF-16BE) where it must."""
    head = header(place)
    septets = septets_of(text)
    if septets is None:
        body = head + text.encode("utf-16-be", "surrogatepass")
        coding, length = UCS2, len(body)
    else:
        fill = -8 * len(head) % 7
        body = head + pack(septets, fill)
        coding, length = GSM7, (8 * len(head) + fill) // 7 + len(septets)
    if len(body) > 140:
        raise BadPdu(f"{len(body)} octets of user data in one part; 140 is the most (23.040 §9.2.3.24)")
    # MTI 00; TP-MMS set: no more messages are waiting.
    first = 0x04 | (0x40 if head else 0)
    return (
        bytes([first])
        + address(sender)
        + bytes([0, coding | (FLASH if flash else 0)])
        + timestamp(at)
        + bytes([length])
        + body
    )


def status_report(reference: int, recipient: str, submitted: datetime, done: datetime, status: int = 0) -> bytes:
    """Write a STATUS-REPORT (§9.2.2.3); `status` is TP-ST (§9.2.3.15), 0: received by the handset."""
    return (
        bytes([0x06, reference]) + address(recipient) + timestamp(submitted) + timestamp(done) + bytes([status & 0xFF])
    )


def timestamp(at: datetime) -> bytes:
    """Write a TP-SCTS of an aware time: seven swapped BCD octets, the zone in quarters of an hour (§9.2.3.11)."""
    offset = at.utcoffset()
    if offset is None:
        raise ValueError("a network's time needs its zone")
    quarters = offset // timedelta(minutes=15)
    written = at.strftime("%y%m%d%H%M%S") + f"{abs(quarters):02}"
    octets = bytearray(_semi_octets(written))
    if quarters < 0:
        octets[6] |= 0x08  # the sign is bit 3 of the last octet
    return bytes(octets)


def submit(pdu: bytes, length: int) -> Submit:
    """Read a SUBMIT as given to +CMGS: service centre, then `length` octets of TPDU. Raises `BadPdu`."""
    try:
        return _submit(pdu, length)
    except IndexError:
        raise BadPdu("the PDU ends early") from None


def _submit(pdu: bytes, length: int) -> Submit:
    start = 1 + pdu[0]
    if len(pdu) - start != length:
        raise BadPdu(f"+CMGS announced {length} octets, {len(pdu) - start} came")
    smsc = _digits(pdu[2:start], 2 * (pdu[0] - 1)) if pdu[0] > 1 else ""
    first = pdu[start]
    if first & 0x03 != 0x01:
        raise BadPdu(f"first octet {first:#04x}: not a SUBMIT")
    digits, kind = pdu[start + 2], pdu[start + 3]
    if digits > 20:
        raise BadPdu(f"a destination of {digits} digits; 20 is the most (23.040 §9.1.2.5)")
    at = start + 4 + (digits + 1) // 2
    number = _digits(pdu[start + 4 : at], digits)
    coding = pdu[at + 1]
    # TP-VPF: none, enhanced, relative, absolute (§9.2.3.3) take this many octets.
    at += 2 + (0, 7, 1, 7)[first >> 3 & 0x03]
    text, place = _user_data(coding, pdu[at], pdu[at + 1 :], has_header=bool(first & 0x40))
    return Submit(
        destination=("+" if kind & 0x70 == 0x10 else "") + number,
        text=text,
        coding=coding,
        place=place,
        report=bool(first & 0x20),
        reject_duplicates=bool(first & 0x04),
        smsc=smsc,
    )


def _user_data(coding: int, length: int, octets: bytes, *, has_header: bool) -> tuple[str, Place | None]:
    alphabet = coding & 0x0C if coding < 0x40 or coding >= 0xF0 else (UCS2 if coding >= 0xE0 else GSM7)
    if coding >= 0xF0:
        alphabet &= 0x04  # §4 of 23.038: bit 3 is reserved there
    expected = (7 * length + 7) // 8 if alphabet == GSM7 else length
    if len(octets) != expected or expected > 140:
        raise BadPdu(f"TP-UDL {length} means {expected} octets of user data, {len(octets)} came")
    head = 1 + octets[0] if has_header else 0
    if head > len(octets):
        raise BadPdu("the user data header is longer than the user data")
    place = _place(octets[1:head]) if has_header else None
    if alphabet == UCS2:
        if (length - head) % 2:
            raise BadPdu("half a UCS-2 character at the end")
        return octets[head:].decode("utf-16-be", "surrogatepass"), place
    if alphabet == OCTETS:
        return octets[head:].decode("latin-1"), place
    skipped = (8 * head + 6) // 7
    return text_of(unpack(octets[head:], length - skipped, 7 * skipped - 8 * head)), place


def _place(elements: bytes) -> Place | None:
    while len(elements) >= 2:
        value = elements[2 : 2 + elements[1]]
        if elements[0] == 0x00 and len(value) == 3:
            return Place(value[0], value[1], value[2])
        if elements[0] == 0x08 and len(value) == 4:
            return Place(value[0] << 8 | value[1], value[2], value[3], wide=True)
        elements = elements[2 + len(value) :]
    return None


def _semi_octets(digits: str) -> bytes:
    values = [_SEMI_OCTETS.index(digit) for digit in digits]
    if len(values) % 2:
        values.append(0x0F)
    return bytes([low | high << 4 for low, high in zip(values[::2], values[1::2], strict=True)])


def _digits(octets: bytes, count: int) -> str:
    swapped = "".join([f"{octet & 0x0F:x}{octet >> 4:x}" for octet in octets])[:count].rstrip("f")
    if len(swapped) < count - 1 or not swapped.isdecimal():
        raise BadPdu(f"address {octets.hex()}: {count} decimal digits expected")
    return swapped
