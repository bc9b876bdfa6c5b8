"""Numbers as they are keyed, read in chunks of what is still missing (DESIGN 4). Pure."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from gateway.domain.code import LENGTH, LONG_LENGTH, LONG_VERSION, is_issued
from gateway.ivr.ports import KeysEnd

# Seconds that a number which may be whole is given to become a longer one: a lift's a code, a code one of 20 digits or
# a foreign one of up to 24.
MORE: Final = 2.0
_CODES: Final = (LENGTH, LONG_LENGTH, 24)
STATION_DIGITS, PIN_DIGITS = 4, 6


@dataclass(frozen=True, slots=True)
class More:
    """So many keys are missing yet; `first`: seconds until the next one."""

    kept: str
    most: int
    first: float


@dataclass(frozen=True, slots=True)
class Whole:
    """A code whose check is right: it is whole if it was issued, and may go on otherwise."""

    kept: str


@dataclass(frozen=True, slots=True)
class Done:
    """What was keyed; empty: nothing."""

    value: str


Read: TypeAlias = More | Whole | Done


def sizes(takes: str, lift_digits: int) -> tuple[int, ...]:
    """Return the lengths at which an entry may be whole, rising.

    Where a lift is asked for, a code may be keyed: of its first digits alone another lift would be told.
    """
    match takes:
        case "code":
            return _CODES
        case "lift":
            return (lift_digits, *_CODES)
        case "station":
            return (STATION_DIGITS,)
        case _:
            return (PIN_DIGITS,)


def read(kept: str, keys: str, end: KeysEnd, lengths: tuple[int, ...], between: float, more: float = MORE) -> Read:
    """Add a chunk to what was keyed before; a `*` clears all that stands before it."""
    _, star, after = keys.rpartition("*")
    kept = after if star else kept + keys
    if end is not KeysEnd.FULL:
        return Done(kept)
    if len(kept) < lengths[0]:
        return More(kept, lengths[0] - len(kept), between)
    if is_issued(kept):
        return Whole(kept)
    return longer(kept, lengths, between, more)


def longer(kept: str, lengths: tuple[int, ...], between: float, more: float = MORE) -> Read:
    """Wait `more` seconds whether a number that may be whole goes on; one that surely does is given its time."""
    size = next((size for size in lengths if size > len(kept)), None)
    if size is None:
        return Done(kept)
    # Sixteen digits of this version are surely not all: whoever reads it off in groups is given his time.
    half = len(kept) == LENGTH and kept[1] == str(LONG_VERSION)
    if half or len(kept) not in lengths:
        return More(kept, size - len(kept), between)
    return More(kept, 1, more)  # alone: a star behind it, and what follows that, is read anew at once
