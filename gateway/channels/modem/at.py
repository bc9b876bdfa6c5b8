"""The AT dialogue as a protocol without I/O: bytes in, events out.

Result codes and line forms are those of ITU-T V.250 §5.7 and 3GPP TS 27.005 §3 (SMS), 27.007 §7 to §9
(network and errors). Unsolicited lines (URCs) are told apart here, before anybody matches a response,
so that none is lost in, or mistaken for, the answer to a command that is under way.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

ESC = b"\x1b"
CTRL_Z = b"\x1a"

# The longest line that means anything is a +CUSD in UCS-2 (182 characters, 4 hex digits each); a PDU line
# has at most 2 * (12 + 164) hex digits. What is longer is junk, and is dropped rather than collected.
LONGEST_LINE = 2048


@dataclass(frozen=True, slots=True)
class Line:
    """An information line of the response to the command under way, or of nobody's."""

    text: str


@dataclass(frozen=True, slots=True)
class Final:
    """A final result code: `OK`, or an error with its class (`CMS`, `CME`, empty) and number, if any."""

    ok: bool
    family: str = ""
    code: int | None = None

    def __str__(self) -> str:
        if self.ok:
            return "OK"
        return f"+{self.family} ERROR: {'?' if self.code is None else self.code}" if self.family else "ERROR"


@dataclass(frozen=True, slots=True)
class Prompt:
    """`> `: the modem takes what follows for the text of a message (27.005 §3.5.1). It has no line end."""


@dataclass(frozen=True, slots=True)
class Echo:
    """Our own command come back: echo is on. `AT…` followed by CR, or by CR CR LF."""

    text: str


@dataclass(frozen=True, slots=True)
class Stored:
    """`+CMTI` / `+CDSI`: something lies in `storage` at `index`. A wake-up, no more."""

    storage: str
    index: int


@dataclass(frozen=True, slots=True)
class Routed:
    """`+CDS` / `+CMT`: a PDU handed straight over, which lies in no storage."""

    pdu: str


@dataclass(frozen=True, slots=True)
class Registered:
    """`+CREG: <stat>` of its own accord (27.007 §7.2)."""

    stat: int


@dataclass(frozen=True, slots=True)
class Ussd:
    """`+CUSD: <m>[,<str>,<dcs>]`: the network's word on a USSD request (27.007 §7.15)."""

    open: bool  # the network waits for more from us
    text: str
    dcs: int | None


@dataclass(frozen=True, slots=True)
class Booted:
    """The modem says that it has just started: all that was set is gone."""

    text: str


@dataclass(frozen=True, slots=True)
class StorageFull:
    """The modem says that no message fits in any more."""


@dataclass(frozen=True, slots=True)
class Noise:
    """An unsolicited line that asks nothing of us (`RING`, `^RSSI`), or a line too long to mean anything."""

    text: str


Event: TypeAlias = Line | Final | Prompt | Echo | Stored | Routed | Registered | Ussd | Booted | StorageFull | Noise

# Anything outside printable ASCII before a token is skipped: line ends, and the bytes that a bad cable,
# a wrong speed or a boot loader puts in front of an honest line. Possessive: it never gives back.
_TOKEN = re.compile(rb"[^\x21-\x7e]*+(?:(> )|([^\r\n]*)[\r\n])")
_LINE_END = re.compile(rb"[\r\n]")
_PROMPT, _TOO_LONG = Prompt(), Noise("a line too long")
_JUNK_BEFORE = re.compile(rb"[^\x21-\x7e]*+")
_EDGE = "".join(map(chr, [*range(0x21), *range(0x7F, 0x100)]))

_STORED = re.compile(r'\+C(?:MT|DS)I: *"?([A-Z]{2})"?, *(\d+)')
_ERROR = re.compile(r"\+(CMS|CME) ERROR: *(\d+)?")
_CUSD = re.compile(r'\+CUSD: *(\d)(?:, *"?([^"]*)"?)?(?:, *(\d+))?')
# One number alone: the answer to AT+CREG? has two, +CREG: <n>,<stat>.
_CREG = re.compile(r'\+CREG: *(\d)(?:, *"[^,]*".*)?\Z')
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+\Z")
# Of Siemens/Cinterion, Quectel/u-blox, SIMCom and Telit.
_BOOT = ("^SYSSTART", "RDY", "SMS Ready", "Call Ready", "*ATREADY")
_FULL = ("^SMMEMFULL", "+SMSFULL")
# `^` begins the URCs of Huawei and Cinterion; we send no command whose answer begins with it.
# Packet registration is no matter of ours: SMS goes by the circuit-switched one.
_NOISE = (
    "RING",
    "+CRING:",
    "+CLIP:",
    "^",
    "*",
    "%",
    "$",
    "NO CARRIER",
    "BUSY",
    "NO ANSWER",
    "+CIEV:",
    "+CTZ",
    "+CCWA:",
    "+CGREG:",
    "+CEREG:",
)


class Scanner:
    """Takes any slices of the stream; the events do not depend on where it was cut."""

    def __init__(self) -> None:
        self._rest = b""
        self._dropped = False  # in the middle of a line that has become too long
        self._routed = False  # the next line of hex digits belongs to a +CDS or +CMT

    def feed(self, data: bytes) -> list[Event]:
        """Give back the events that `data` completed. Never raises, whatever the bytes."""
        buffer = self._rest + data
        position = 0
        events: list[Event] = []
        if self._dropped:
            end = _LINE_END.search(buffer)
            if not end:
                return []
            self._dropped = False
            events.append(_TOO_LONG)
            position = end.end()
        while token := _TOKEN.match(buffer, position):
            position = token.end()
            if token[1] is not None:
                events.append(_PROMPT)
            elif token.end(2) - token.start(2) > LONGEST_LINE:
                events.append(_TOO_LONG)
            else:
                self._line(token[2].decode("latin-1").strip(_EDGE), events)
        self._keep(buffer, position)
        return events

    def _keep(self, buffer: bytes, position: int) -> None:
        junk = _JUNK_BEFORE.match(buffer, position)
        start = junk.end() if junk else position
        self._rest = buffer[start:]
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._dropped = b"", True

    def _line(self, text: str, events: list[Event]) -> None:
        if not text:
            return
        if self._routed and _HEX.match(text):
            self._routed = False
            events.append(Routed(text))
            return
        if text.startswith(("+CDS:", "+CMT:")):
            self._routed = True
            return
        event = classify(text)
        if isinstance(event, Line | Final):
            self._routed = False
        events.append(event)


def classify(text: str) -> Event:
    """Say what one line is, by its own form alone."""
    if text[0] in "0123456789ABCDEFabcdef" and _HEX.match(text):  # by far the most frequent, hence first
        return Line(text)
    if text == "OK":
        return Final(ok=True)
    if text in ("ERROR", "COMMAND NOT SUPPORT", "TOO MANY PARAMETERS"):
        return Final(ok=False)
    if text[:2] in ("AT", "at"):
        return Echo(text)
    if error := _ERROR.match(text):
        return Final(ok=False, family=error[1], code=int(error[2]) if error[2] else None)
    return _unsolicited(text) or Line(text)


def _unsolicited(text: str) -> Event | None:
    if stored := _STORED.match(text):
        return Stored(stored[1], int(stored[2]))
    if creg := _CREG.match(text):
        return Registered(int(creg[1]))
    if cusd := _CUSD.match(text):
        return Ussd(cusd[1] == "1", cusd[2] or "", int(cusd[3]) if cusd[3] else None)
    if text.startswith(_BOOT):
        return Booted(text)
    if text.startswith(_FULL):
        return StorageFull()
    return Noise(text) if text.startswith(_NOISE) else None


def compose(command: str) -> bytes:
    """Return the bytes of one command line.

    Raises `ValueError` for anything but printable ASCII: a CR, ESC or Ctrl-Z inside would end this
    command and begin another (DOMAIN T15).
    """
    if not command.startswith("AT") or not command.isascii() or not command.isprintable():
        raise ValueError(f"not one AT command: {command!r}")
    return command.encode("ascii") + b"\r"
