"""What a flow's runner needs from the outside: a call to speak into, and sounds to speak with."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from gateway.domain.address import Address
from gateway.domain.errors import GatewayError

KEYS: Final = "0123456789*#"  # of a telephone


class HangUp(StrEnum):
    """How a call can end under our hands."""

    CALLER = "caller"  # the far end hung up, or the switch did for it
    LIMIT = "limit"  # the dialogue has lasted as long as one may (DOMAIN T18)
    SWITCH = "switch"  # the connection to the switch broke; what becomes of the caller is not known
    SHUTDOWN = "shutdown"  # the service ends


class CallEnded(GatewayError):
    """The call is over; raised by whatever was under way on it, and by all that comes after."""

    def __init__(self, how: HangUp) -> None:
        super().__init__(f"the call ended: {how}")
        self.how = how


class SoundMissing(GatewayError):
    """The switch has no such sound, or could not play it; the call is alive. `heard`: so many before it were played."""

    def __init__(self, sound: str, heard: int = 0) -> None:
        super().__init__(f"the switch cannot play {sound}")
        self.sound = sound
        self.heard = heard


class KeysEnd(StrEnum):
    """Why no more keys were waited for."""

    FULL = "full"  # as many as were asked for
    HASH = "hash"  # the caller pressed `#`
    SILENCE = "silence"  # none came in time


@dataclass(frozen=True, slots=True)
class Keyed:
    """What a caller keyed: `0-9` and `*` in order, without the `#` that ended it."""

    keys: str
    end: KeysEnd


@dataclass(frozen=True, slots=True)
class Taken:
    """How long a recording is, and the key that ended it where it is one of those that lead on."""

    seconds: float
    key: str = ""


class Way(StrEnum):
    """Where a call goes when the dialogue is over."""

    HANG_UP = "hangup"
    QUEUE = "queue"  # to the operators
    QUEUE_FIRST = "queue_first"  # to the operators, before all who wait: somebody is trapped
    NUMBER = "number"  # to a number of the party table


class VoiceCall(Protocol):
    """One call that is up. Every wait has a deadline of its own; each method may raise `CallEnded`.

    Keys pressed while nothing is under way may be lost by the switch: the time between two methods counts in
    milliseconds. A sound is a name that `Speech` gave, or one of the switch's own (`beep`).
    """

    @property
    def id(self) -> str:
        """Return the switch's own name of the call, unique over all times."""
        ...

    @property
    def caller(self) -> Address:
        """Return who calls; `number` is empty for a withheld one."""
        ...

    @property
    def called(self) -> Address:
        """Return the number that was dialled."""
        ...

    async def play(self, sounds: Sequence[str], keys: str = "") -> str:
        """Play one after the other; return the key of `keys` that cut it short, or nothing: all was heard.

        Raises `SoundMissing`: before anything is heard where a sound is not there, at its place where it is broken.
        """
        ...

    async def collect(self, sounds: Sequence[str], most: int, *, first: float, between: float) -> Keyed:
        """Play, cut short by any key, and take keys until there are `most`, `#`, or silence.

        `first`: seconds to wait for the first key once all was played; `between`: for each one after it. Keys pressed
        before the end of what is played count (type-ahead). `*` is a key like the others: what it means is the flow's.
        """
        ...

    async def listen(self, seconds: float) -> str:
        """Return the key that is pressed within a moment, or nothing: for work beside which nobody is asked for any."""
        ...

    async def record(self, name: str, *, longest: float, silence: float, keys: str = "") -> Taken:
        """Record what is said after a beep, until `#`, one of `keys`, `longest` seconds, or `silence` mute ones.

        The switch keeps it under `name`, also when the caller hangs up or this process dies meanwhile.
        """
        ...

    async def leave(self, way: Way, number: str = "") -> None:
        """Say how the call goes on, as the last act of the dialogue: without it the switch takes it for failed."""
        ...


class Speech(Protocol):
    """Sounds for spoken clauses (`gateway.render.voice`, `gateway.text.spoken`)."""

    def sounds(self, clauses: Sequence[str]) -> list[str | None]:
        """Return a sound for each clause that can be played now, None where there is none yet. Never waits."""
        ...

    async def make(self, clauses: Sequence[str], *, within: float, urgent: bool = True) -> None:
        """Have missing sounds synthesised; return when all are there, at the latest after `within` seconds.

        What is not ready then is made all the same. `urgent`: before all that is made ahead of need.
        """
        ...
