"""What happens in a call and what is to be done about it: the events a flow takes and the actions it asks for.

All of them are plain values with a JSON form, so that a flow may be driven by whoever keeps its state between two
requests as well as by whoever holds the call.
"""

from typing import Final, Literal, TypeAlias

import msgspec

from gateway.ivr.ports import KeysEnd, Way

Clauses: TypeAlias = tuple[str, ...]  # as they are spoken: Chinese, no digits


class Keyed(msgspec.Struct, frozen=True, tag=True):
    """What was keyed after a `Collect`: `0-9` and `*`, without the `#` that ended it. It may be a PIN."""

    keys: str
    end: KeysEnd

    def __repr__(self) -> str:
        return f"Keyed({len(self.keys)} keys, {self.end})"  # logged


class Checked(msgspec.Struct, frozen=True, tag=True):
    """Whether a code lies in a range that was issued."""

    issued: bool


Outcome: TypeAlias = Literal["answered", "malformed", "limited", "failed"]


class Answered(msgspec.Struct, frozen=True, tag=True):
    """What a look-up came to. `verdict` is said before anything else and makes the answer heard; `rest` follows it.

    `malformed`: no code, or a PIN that opens nothing; `limited`: the caller's limit is reached, or a PIN is locked;
    `failed`: the database could not be asked. `party`: whose PIN it was.
    """

    outcome: Outcome
    inquiry: str = ""
    verdict: Clauses = ()
    rest: Clauses = ()
    lift: str | None = None
    party: str | None = None


class Told(msgspec.Struct, frozen=True, tag=True):
    """How the telling of a verdict went.

    `heard` to its end; `texted`: it could not be spoken and went by SMS; `unspoken`: neither; `cut` by `key`.
    """

    outcome: Literal["heard", "texted", "unspoken", "cut"]
    key: str = ""


class Sent(msgspec.Struct, frozen=True, tag=True):
    """What became of an answer by SMS; `refused`: not a mobile, or its limit is reached."""

    outcome: Literal["sent", "refused", "failed"]


class Ticketed(msgspec.Struct, frozen=True, tag=True):
    """Whether a complaint has its ticket; `number` as it is written."""

    outcome: Literal["open", "limited", "failed"]
    number: str = ""


class Recorded(msgspec.Struct, frozen=True, tag=True):
    """A recording ended, or one of its keys was pressed before it began."""

    seconds: float
    key: str = ""


class Alerted(msgspec.Struct, frozen=True, tag=True):
    """Whether a lift has an emergency phone that may be dialled; those who look after it are told."""

    known: bool


class HungUp(msgspec.Struct, frozen=True, tag=True):
    """The call is over."""


Event: TypeAlias = Keyed | Checked | Answered | Told | Sent | Ticketed | Recorded | Alerted | HungUp


class Left(msgspec.Struct, frozen=True, tag=True):
    """Count that a step was left by one of its exits."""

    step: str
    exit: str


class Speak(msgspec.Struct, frozen=True, tag=True):
    """Say this to its end."""

    clauses: Clauses


class Collect(msgspec.Struct, frozen=True, tag=True):
    """Say this, cut short by any key, and take up to `most` keys; `first`, `between`: seconds. Wants `Keyed`."""

    clauses: Clauses
    most: int
    first: float
    between: float


class Check(msgspec.Struct, frozen=True, tag=True):
    """Find out whether a code whose check digit is right was issued. Wants `Checked`."""

    code: str


class Answer(msgspec.Struct, frozen=True, tag=True):
    """Count and answer what was keyed. Wants `Answered`. `of` `badge`: a PIN, with the `station` it should open."""

    of: str
    keys: str
    station: str = ""
    party: str | None = None

    def __repr__(self) -> str:
        return f"Answer({self.of})"  # logged


class Tell(msgspec.Struct, frozen=True, tag=True):
    """Say an answer's verdict, before anything else `before`; `rest` comes next. Wants `Told`. `keys` cut it short."""

    inquiry: str
    before: Clauses
    verdict: Clauses
    rest: Clauses
    keys: str


class SendAnswer(msgspec.Struct, frozen=True, tag=True):
    """Send an answer by SMS. Wants `Sent` unless the call is over. `owed`: nobody heard it."""

    inquiry: str
    owed: bool = False


class OpenTicket(msgspec.Struct, frozen=True, tag=True):
    """Store a complaint before anything of it is said. Wants `Ticketed`."""

    about: str | None  # the question it is about, where one was answered


class Record(msgspec.Struct, frozen=True, tag=True):
    """Say this and record what is said then; `keys` end both. Wants `Recorded`."""

    clauses: Clauses
    longest: float
    silence: float
    keys: str = ""


class Alert(msgspec.Struct, frozen=True, tag=True):
    """Somebody is trapped in this lift: tell those who look after it. Wants `Alerted`."""

    lift: str


class Leave(msgspec.Struct, frozen=True, tag=True):
    """Let the call go on like this; `lift`: to its stored emergency phone. The last action of a dialogue."""

    way: Way
    lift: str | None = None


Action: TypeAlias = Left | Speak | Collect | Check | Answer | Tell | SendAnswer | OpenTicket | Record | Alert | Leave
# Which event each action waits for; an action that is not here is done and forgotten.
WANTS: Final = {
    Collect: Keyed,
    Check: Checked,
    Answer: Answered,
    Tell: Told,
    SendAnswer: Sent,
    OpenTicket: Ticketed,
    Record: Recorded,
    Alert: Alerted,
}
