"""The fields that a modem's PDUs are made of (3GPP TS 23.040 §9.1.2)."""

from datetime import UTC, datetime, timedelta, timezone

from gateway.domain.address import Address
from gateway.domain.errors import ProtocolError
from gateway.text import gsm7

MAX_DIGITS = 20  # semi-octets of an address, §9.1.2.5
_TON_INTERNATIONAL, _TON_ALPHANUMERIC = 0x10, 0x50  # type of number, bits 6…4, §9.1.2.5
_SEMI_OCTETS = "0123456789*#abc"  # §9.1.2.3; 0xF fills up


class Octets:
    """Octets taken from the front; too few of them is a `ProtocolError` that says at which field."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int, field: str) -> bytes:
        """Take the next `count` octets."""
        end = self._at + count
        if end > len(self._data):
            raise ProtocolError(
                f"{field} needs {count} octets at octet {self._at}, {len(self._data) - self._at} are left"
            )
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def octet(self, field: str) -> int:
        """Take the next one."""
        return self.take(1, field)[0]


def service_centre(octets: Octets) -> str:
    """Read the service centre's address, which counts octets, its type included (3GPP TS 27.005 §3.1)."""
    length = octets.octet("SMSC length")
    if length == 0:
        return ""
    kind, *value = octets.take(length, "SMSC")
    return _digits(kind, bytes(value), 2 * len(value))


def address(octets: Octets, field: str) -> str:
    """Read an address, which counts semi-octets (§9.1.2.5)."""
    length = octets.octet(f"{field} length")
    if length > MAX_DIGITS:
        raise ProtocolError(f"{field} of {length} semi-octets; {MAX_DIGITS} are the most there can be")
    kind = octets.octet(f"{field} type")
    value = octets.take((length + 1) // 2, field)
    if kind & 0x70 == _TON_ALPHANUMERIC:
        name = gsm7.decode(gsm7.unpack(value, length * 4 // 7))
        # Eleven characters are room enough to spell a mobile's number; nobody is to take it for one and answer it.
        return f'"{name}"' if Address.parse(name).is_mobile else name
    return _digits(kind, value, length)


def _digits(kind: int, value: bytes, count: int) -> str:
    nibbles = [nibble for octet in value for nibble in (octet & 0x0F, octet >> 4)][:count]
    digits = "".join([_SEMI_OCTETS[nibble] for nibble in nibbles if nibble != 0xF])
    return "+" + digits if kind & 0x70 == _TON_INTERNATIONAL and digits else digits


def timestamp(field: bytes) -> datetime | None:
    """Read a time of seven swapped semi-octet pairs with its zone (§9.2.3.11); None when it is not one."""
    behind = bool(field[6] & 0x08)  # the bit above the zone's tens is its sign
    pairs = [(octet & 0x0F, octet >> 4) for octet in (*field[:6], field[6] & ~0x08)]
    if any(tens > 9 or ones > 9 for tens, ones in pairs):
        return None
    year, month, day, hour, minute, second, quarters = [10 * tens + ones for tens, ones in pairs]
    # Two digits name the year; short messages began in 1992.
    century = 1900 if year >= 92 else 2000
    offset = timedelta(minutes=-15 * quarters if behind else 15 * quarters)
    try:
        return datetime(century + year, month, day, hour, minute, second, tzinfo=timezone(offset) if offset else UTC)
    except ValueError:
        return None


def swapped(digits: str) -> bytes:
    """Write decimal digits as semi-octets, the first in the low half; an odd count is filled with 0xF."""
    filled = digits + "F" * (len(digits) % 2)
    return bytes.fromhex("".join([filled[at + 1] + filled[at] for at in range(0, len(filled), 2)]))
