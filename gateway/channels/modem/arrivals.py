"""What lies in a modem's storages, as the values the gateway knows."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import dropwhile

from gateway.channels.modem.pdu import StatusReport, decode
from gateway.domain.address import Address
from gateway.domain.message import Part, Receipt, Undecodable

KIND = "modem"

# +CMGL: <index>,<stat>,[<alpha>],<length> and +CMGR: <stat>,[<alpha>],<length> (27.005 §3.4.2, §3.4.3).
_LISTED = re.compile(r"\+CMGL: *(\d+), *(\d)")
_READ = re.compile(r"\+CMGR: *(\d)")
_HEX = re.compile(r"[0-9A-Fa-f]+\Z")

# <stat> 0 and 1 came from the network, unread or read; 2 and 3 were written by somebody here (27.005 §3.1).
_RECEIVED = ("0", "1")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message in a storage: where it lies, and its PDU as the modem wrote it."""

    index: int
    pdu: str


def listed(lines: Iterable[str]) -> Iterator[Entry]:
    """Read the answer to AT+CMGL.

    Each PDU goes with the header line it stands behind, whatever it looks like, so that a bad one moves no
    other's index. A header without a PDU gives nothing: it is read again later.
    """
    index: int | None = None
    behind: list[str] = []
    for line in lines:
        header = _LISTED.match(line)
        if not header:
            behind.append(line)
            continue
        yield from _entry(index, behind)
        index, behind = int(header[1]) if header[2] in _RECEIVED else None, []
    yield from _entry(index, behind)


def read(index: int, lines: Iterable[str]) -> Iterator[Entry]:
    """Read the answer to AT+CMGR=`index`; nothing when nothing received lies there."""
    rest = dropwhile(lambda line: not line.startswith("+CMGR:"), lines)
    header = _READ.match(next(rest, ""))
    if header and header[1] in _RECEIVED:
        yield from _entry(index, list(rest))


def _entry(index: int | None, behind: Sequence[str]) -> Iterator[Entry]:
    if index is not None and behind:
        # Noise may have left a line of its own; a PDU that is none stays the first line.
        yield Entry(index, next(filter(_HEX.match, behind), behind[0]))


@dataclass(frozen=True, slots=True)
class Mailer:
    """Turns PDUs into what intake takes, in the name of one SIM."""

    account: str
    number: Address

    def inbound(self, pdu: str, now: datetime) -> Part | Receipt:
        """Read one PDU. Raises `ProtocolError`.

        A text has no identifier on this interface: sender, the centre's time stamp, header and text are what
        make it the same one again (DESIGN section 2). Without a readable stamp the whole PDU stands for it.
        """
        message = decode(pdu)
        if isinstance(message, StatusReport):
            return self._receipt(message, now)
        stamp = message.scts.isoformat() if message.scts else pdu
        return Part(
            channel=KIND,
            account=self.account,
            key=self._key(message.sender, stamp, message.udh.hex(), message.text),
            sender=Address.parse(message.sender),
            destination=self.number,
            text=message.text,
            received_at=now,
            concat=message.concat,
        )

    def undecodable(self, pdu: str, reason: str, now: datetime) -> Undecodable:
        """Wrap a PDU that nobody can read, for a person to look at."""
        return Undecodable(KIND, self.account, self._key("undecodable", pdu), pdu, reason, now)

    def _receipt(self, report: StatusReport, now: datetime) -> Receipt:
        return Receipt(
            account=self.account,
            peer_ref=str(report.reference),
            recipient=Address.parse(report.recipient),
            delivery=report.delivery,
            detail=f"TP-ST 0x{report.status:02X}",
            at=report.discharge or now,
        )

    def _key(self, *fields: str) -> bytes:
        whole = "\0".join((self.account, *fields))
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()
