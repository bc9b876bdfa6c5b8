"""How a send went: a value with four cases, and every reader names all four."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Accepted:
    """The far end took the segment; `peer_ref` is the id it gave (a modem's TP-MR, a Msg_Id)."""

    peer_ref: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Nothing left us, or the far end said "later": sending again cannot deliver twice."""

    reason: str
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Refused:
    """The far end will never take this segment."""

    reason: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Bytes left and no answer came; sending again may deliver twice."""

    reason: str


Outcome: TypeAlias = Accepted | Deferred | Refused | Uncertain
