"""The steps a flow is made of, each with all its ways out."""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from gateway.ivr.entry import MORE
from gateway.ivr.signals import Clauses

Entry = Literal["code", "lift", "station", "pin"]
Of = Literal["code", "lift", "badge", "fill"]
TransferTo = Literal["queue", "queue_first", "lift"]


class Exit(msgspec.Struct, frozen=True):
    """One way out of a step: what is said, and where it leads. `retry`: there again, as one more failed try of it."""

    to: str
    say: Clauses = ()
    retry: bool = False


class Say(msgspec.Struct, frozen=True):
    """Say something; a key pressed meanwhile belongs to the next step."""

    say: Clauses
    then: Exit


class Goto(msgspec.Struct, frozen=True):
    """Go on elsewhere."""

    then: Exit


class Menu(msgspec.Struct, frozen=True):
    """Let the caller choose by one key, for `wait` seconds; after `tries` without a choice it has `failed`."""

    say: Clauses
    keys: dict[str, Exit]
    silence: Exit
    wrong: Exit
    failed: Exit
    wait: float = 6.0
    tries: int = 3


class Collect(msgspec.Struct, frozen=True):
    """Take a number. `alone`: keys that mean something else when nothing follows them, for `alone_after` seconds.

    `more`: seconds that a number which may be whole is given to become a longer one.
    """

    say: Clauses
    takes: Entry
    then: Exit
    silence: Exit
    wrong: Exit
    failed: Exit
    first: float = 8.0
    between: float = 5.0
    more: float = MORE
    tries: int = 3
    alone: dict[str, Exit] = {}
    alone_after: float | None = None


class Answer(msgspec.Struct, frozen=True):
    """Look up what was keyed and say what it is; see `signals.Answered` for its ways out."""

    of: Of
    then: Exit
    malformed: Exit
    limited: Exit
    failed: Exit
    texted: Exit
    unspoken: Exit


class Sms(msgspec.Struct, frozen=True):
    """Send the last answer by SMS."""

    then: Exit
    refused: Exit
    failed: Exit


class Record(msgspec.Struct, frozen=True):
    """Store a complaint, then record it; from then on `{{ ticket|code }}` can be said. `keys` lead on at once."""

    say: Clauses
    then: Exit
    limited: Exit
    failed: Exit
    longest: float = 90.0
    silence: float = 5.0
    keys: dict[str, Exit] = {}


class Transfer(msgspec.Struct, frozen=True):
    """Connect the caller; `lift`: to the emergency phone of the lift he named, or out by `failed`."""

    to: TransferTo
    say: Clauses = ()
    failed: Exit | None = None


class Hangup(msgspec.Struct, frozen=True):
    """Say something and end the call."""

    say: Clauses = ()


Step: TypeAlias = Say | Goto | Menu | Collect | Answer | Sms | Record | Transfer | Hangup

# Steps at which the caller has a word: a way round without one of them never ends.
INPUTS: Final = (Menu, Collect, Record)
TERMINALS: Final = (Transfer, Hangup)
# Names of single exits, in the order in which they are shown.
NAMED: Final = ("then", "silence", "wrong", "malformed", "limited", "refused", "texted", "unspoken", "failed")


def exits(step: Step) -> Iterator[tuple[str, Exit]]:
    """Return all ways out by their names; a key's name is the key, with `alone` before one that stands alone."""
    if isinstance(step, Menu | Record):
        yield from step.keys.items()
    if isinstance(step, Collect):
        yield from ((f"alone {key}", exit_) for key, exit_ in step.alone.items())
    for name in NAMED:
        exit_ = getattr(step, name, None)
        if isinstance(exit_, Exit):
            yield name, exit_


def said(step: Step) -> Iterator[str]:
    """Return all that a step and its exits may say."""
    if not isinstance(step, Goto | Answer | Sms):
        yield from step.say
    for _, exit_ in exits(step):
        yield from exit_.say
