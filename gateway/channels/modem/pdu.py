"""The PDUs a modem hands over and takes: SMS-DELIVER and SMS-STATUS-REPORT in, SMS-SUBMIT out.

3GPP TS 23.040 §9.2.2 gives their layout, TS 23.038 §4 the data coding scheme. Bytes of any kind
either become a value or raise `ProtocolError`; nothing else comes out.
"""

import warnings
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.channels.modem.fields import MAX_DIGITS, Octets, address, service_centre, swapped, timestamp
from gateway.domain.address import Address
from gateway.domain.errors import ProtocolError
from gateway.domain.message import Concat, Delivery
from gateway.text import gsm7, udh
from gateway.text.segments import Encoding

with warnings.catch_warnings():
    # Its other modules, which come along, hold invalid escapes in plain strings.
    warnings.simplefilter("ignore")
    from gsmmodem.pdu import encodeSmsSubmitPdu

_MAX_USER_DATA = 140  # octets, §9.2.3.16 and §9.2.3.24
_UDHI = 0x40  # first octet: the user data begins with a header


class Alphabet(StrEnum):
    """How the user data of a received message is to be read."""

    GSM7 = "gsm7"
    OCTETS = "8bit"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Deliver:
    """One short message as it lies on the SIM."""

    smsc: str
    sender: str  # digits, with a plus when international; or a name
    text: str
    alphabet: Alphabet
    flash: bool  # class 0: to be shown at once
    concat: Concat | None
    scts: datetime | None  # the service centre's time with its own zone; None when unreadable
    udh: bytes  # the user data header, its length octet included; empty when there is none
    protocol_id: int


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What became of a message sent before."""

    reference: int  # TP-MR, as +CMGS gave it
    recipient: str
    scts: datetime | None  # when the service centre took the message
    discharge: datetime | None  # when `status` came about
    status: int  # TP-ST as received
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class Encoded:
    """A SUBMIT for `AT+CMGS=<tpdu_length>`: the length leaves out the SMSC's field (27.005 §3.5.1)."""

    pdu_hex: str
    tpdu_length: int


def decode(pdu_hex: str) -> Deliver | StatusReport:
    """Read one PDU as `+CMGL`, `+CMGR`, `+CMT` or `+CDS` shows it, the SMSC's field first.

    Raises `ProtocolError` with the reason for anything else. Octets after the end are left alone:
    a SIM's records are filled up to 176 octets.
    """
    try:
        octets = Octets(bytes.fromhex(pdu_hex))
    except ValueError as err:
        raise ProtocolError(f"PDU is not hexadecimal: {err}") from err
    smsc = service_centre(octets)
    first = octets.octet("first octet")
    match first & 0x03:  # TP-MTI, §9.2.3.1, in the direction to the handset
        case 0b00:
            return _deliver(octets, smsc, headed=bool(first & _UDHI))
        case 0b10:
            return _status_report(octets)
        case kind:
            raise ProtocolError(f"message type {kind} is neither DELIVER nor STATUS-REPORT")


def encode(
    recipient: Address,
    text: str,
    encoding: Encoding,
    concat: Concat | None,
    *,
    status_report: bool,
    mr: int = 0,
) -> Encoded:
    """Write the SUBMIT of one segment; validity and SMSC are left to the network and the SIM.

    `mr` is TP-MR; most modems put their own count in its place. Raises `ValueError` when the
    recipient is anything but 1…20 digits, the text does not fit the encoding or the segment, or
    the part's place cannot be written.
    """
    number = recipient.number
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_DIGITS):
        raise ValueError(f"recipient {recipient} is not 1 to {MAX_DIGITS} digits")
    if not 0 <= mr <= 0xFF:
        raise ValueError(f"message reference {mr} does not fit an octet")
    header = _header(concat)
    dcs, length, user_data = _user_data(text, encoding, header)
    if len(user_data) > _MAX_USER_DATA:
        raise ValueError(f"segment of {len(user_data)} octets; {_MAX_USER_DATA} fit")
    if _library_writes_it(recipient, text, encoding, concat):
        pdu = encodeSmsSubmitPdu(f"+{number}", text, reference=mr, requestStatusReport=status_report)[0]
        return Encoded(str(pdu), pdu.tpduLength)
    # §9.2.2.2. TP-MTI 01; TP-VPF 00: no validity period; TP-SRR bit 5.
    first = 0x01 | (0x20 if status_report else 0) | (_UDHI if header else 0)
    tpdu = bytes([first, mr]) + _destination(recipient) + bytes([0, dcs, length]) + user_data
    return Encoded("00" + tpdu.hex().upper(), len(tpdu))


def _library_writes_it(recipient: Address, text: str, encoding: Encoding, concat: Concat | None) -> bool:
    """Say whether `gsmmodem.pdu` would write this segment, and write it right.

    It takes whole texts only and cuts them itself, miscounts the user data behind a 16-bit
    reference, chooses the alphabet by the text alone (parts of one message would differ), calls
    every number without a plus national, writes ` in the place of § and an
    escape as a character, and knows neither the form feed nor what lies beyond the BMP; ÿ, its name
    for septet 0x0A, makes it fail.
    """
    if concat is not None or not recipient.is_mobile or any(char in text for char in "`§ÿ\f\x1b"):
        return False
    return gsm7.is_gsm7(text) if encoding is Encoding.GSM7 else not gsm7.is_gsm7(text) and max(text) <= "\uffff"


def _header(concat: Concat | None) -> bytes:
    if concat is None:
        return b""
    return udh.concatenation(concat.reference, concat.total, concat.number, wide=concat.wide)


def _user_data(text: str, encoding: Encoding, header: bytes) -> tuple[int, int, bytes]:
    """Write TP-DCS, TP-UDL and TP-UD; TP-UDL counts septets for GSM 7 bit, else octets (§9.2.3.16)."""
    if encoding is Encoding.UCS2:
        user_data = header + text.encode("utf-16-be", "surrogatepass")
        return 0x08, len(user_data), user_data
    values = gsm7.encode(text)
    fill = gsm7.fill_bits(len(header))
    user_data = header + gsm7.pack(values, fill)
    return 0x00, (8 * len(header) + fill) // 7 + len(values), user_data


def _destination(recipient: Address) -> bytes:
    """Write TP-DA: a mobile as international, a service number as of unknown type, as it is dialled."""
    number = recipient.number
    return bytes([len(number), 0x91 if recipient.is_mobile else 0x81]) + swapped(number)


def _deliver(octets: Octets, smsc: str, *, headed: bool) -> Deliver:
    """§9.2.2.1."""
    sender = address(octets, "TP-OA")
    protocol_id = octets.octet("TP-PID")
    alphabet, flash = _coding(octets.octet("TP-DCS"))
    scts = timestamp(octets.take(7, "TP-SCTS"))
    length = octets.octet("TP-UDL")
    size = (length * 7 + 7) // 8 if alphabet is Alphabet.GSM7 else length
    if size > _MAX_USER_DATA:
        raise ProtocolError(f"TP-UDL {length} is more than a short message holds")
    user_data = octets.take(size, "TP-UD")
    header, concat = _read_header(user_data) if headed else (b"", None)
    text = _text(user_data, length, alphabet, len(header))
    return Deliver(smsc, sender, text, alphabet, flash, concat, scts, header, protocol_id)


def _read_header(user_data: bytes) -> tuple[bytes, Concat | None]:
    try:
        header, _ = udh.cut_off(user_data)
    except ValueError as err:
        raise ProtocolError(str(err)) from err
    try:
        place = udh.place(udh.parse(header))
    except ValueError:
        return header, None  # its elements are out of step: the header is to be ignored (§9.2.3.24)
    return header, Concat(place.reference, place.total, place.number, place.wide) if place else None


def _text(user_data: bytes, length: int, alphabet: Alphabet, header: int) -> str:
    """Read what stands behind a header of `header` octets."""
    body = user_data[header:]
    if alphabet is Alphabet.GSM7:
        fill = gsm7.fill_bits(header)
        return gsm7.decode(gsm7.unpack(body, length - (8 * header + fill) // 7, fill))
    if alphabet is Alphabet.UCS2:
        # UTF-16 in practice; half a pair or half a unit becomes U+FFFD and spoils nothing else.
        return body.decode("utf-16-be", "replace")
    # 8-bit data names no character set. UTF-8 is what senders mean who write Chinese into it, and
    # hardly anything else is valid UTF-8.
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _coding(dcs: int) -> tuple[Alphabet, bool]:
    """Read TP-DCS (TS 23.038 §4): the alphabet, and whether the message is of class 0."""
    group = dcs >> 4
    if group < 0x8:  # general coding; from 0x4 on the same, marked for automatic deletion
        if dcs & 0x20:
            raise ProtocolError(f"text is compressed (TP-DCS {dcs:#04x}), which nothing here can read")
        alphabet = (Alphabet.GSM7, Alphabet.OCTETS, Alphabet.UCS2, Alphabet.GSM7)[dcs >> 2 & 0x03]
        return alphabet, dcs & 0x13 == 0x10
    if group == 0xF:  # data coding and message class
        return Alphabet.OCTETS if dcs & 0x04 else Alphabet.GSM7, dcs & 0x03 == 0
    # Message waiting: 0xC and 0xD in GSM 7 bit, 0xE in UCS-2. Reserved groups read as GSM 7 bit.
    return Alphabet.UCS2 if group == 0xE else Alphabet.GSM7, False


def _status_report(octets: Octets) -> StatusReport:
    """§9.2.2.3. What follows TP-ST is optional, announced by TP-PI, and says nothing we need."""
    reference = octets.octet("TP-MR")
    recipient = address(octets, "TP-RA")
    scts = timestamp(octets.take(7, "TP-SCTS"))
    discharge = timestamp(octets.take(7, "TP-DT"))
    status = octets.octet("TP-ST")
    return StatusReport(reference, recipient, scts, discharge, status, _delivery(status))


def _delivery(status: int) -> Delivery:
    """Read TP-ST (§9.2.3.15); reserved values mean "service rejected", values of the SC's own their group."""
    if status <= 0x02 or 0x10 <= status <= 0x1F:
        return Delivery.DELIVERED
    if 0x20 <= status <= 0x25 or 0x30 <= status <= 0x3F:  # the service centre still tries
        return Delivery.PENDING
    return Delivery.FAILED
