"""What can be known of one modem from outside: for health, metrics and the console."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LinkState(StrEnum):
    """Whether the modem can be used, and who has to act if not."""

    DOWN = "down"  # not there, or not answering; it is tried again without end
    UP = "up"
    QUARANTINED = "quarantined"  # receives, but its sends fail; tried again after a while
    HELD = "held"  # waits for a person: PIN, PUK, no SIM


class Registration(StrEnum):
    """`<stat>` of +CREG (3GPP TS 27.007 §7.2)."""

    NONE = "not registered"
    HOME = "home"
    SEARCHING = "searching"
    DENIED = "denied"
    UNKNOWN = "unknown"
    ROAMING = "roaming"

    @classmethod
    def of(cls, stat: int) -> "Registration":
        """Return the meaning of `stat`; 6 and 7 (registered for SMS only) are home and roaming."""
        known = (cls.NONE, cls.HOME, cls.SEARCHING, cls.DENIED, cls.UNKNOWN, cls.ROAMING, cls.HOME, cls.ROAMING)
        return known[stat] if stat < len(known) else cls.UNKNOWN

    @property
    def carries(self) -> bool:
        """Return whether a text sent now has a network to go to; benefit of the doubt where it is unknown."""
        return self in (Registration.HOME, Registration.ROAMING, Registration.UNKNOWN)


@dataclass(frozen=True, slots=True)
class StorageUse:
    """How full one of the modem's storages is (27.005 §3.2.2)."""

    name: str
    used: int
    total: int

    @property
    def full(self) -> bool:
        """Return whether the network has to hold further messages back."""
        return self.used >= self.total > 0


@dataclass(frozen=True, slots=True)
class LineState:
    """One modem at one moment."""

    account: str
    state: LinkState
    since: datetime
    signal_dbm: int | None
    registration: Registration
    operator: str
    balance: str
    storages: tuple[StorageUse, ...]
    last_error: str
    received: int  # items stored by us, since start
    sent: int  # segments the network took, since start
    failed: int  # segments deferred, refused or uncertain, since start


@dataclass(slots=True)
class Readings:
    """What the session last read off the modem and counted; the channel shows it as a `LineState`."""

    signal_dbm: int | None = None
    registration: Registration = Registration.UNKNOWN
    operator: str = ""
    balance: str = ""
    storages: tuple[StorageUse, ...] = ()
    received: int = 0
    sent: int = 0
    failed: int = 0
