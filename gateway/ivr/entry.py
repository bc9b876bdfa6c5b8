"""Numbers as they are keyed, read in chunks of what is still missing (DESIGN 4). Pure."""

from dataclasses import dataclass
from typing import Final, TypeAlias

from gateway.domain.code import LENGTH, LONG_LENGTH, LONG_VERSION, is_issued
from gateway.ivr.ports import KeysEnd

# Seconds that a code which may be whole is given to become a longer one: 20 digits, or a foreign one of up to 24.
MORE: Final = 2.0
_FOREIGN_LENGTH: Final = 24
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
    """Return the lengths at which an entry may be whole, rising."""
    match takes:
        case "code":
            return (LENGTH, LONG_LENGTH, _FOREIGN_LENGTH)
        case "lift":
            return (lift_digits,)
        case "station":
            return (STATION_DIGITS,)
        case _:
            return (PIN_DIGITS,)


def read(kept: str, keys: str, end: KeysEnd, lengths: tuple[int, ...], between: float) -> Read:
    """Add a chunk to what was keyed before; a `*` clears all that stands before it."""
    _, star, after = keys.rpartition("*")
    kept = after if star else kept + keys
    if end is not KeysEnd.FULL:
        return Done(kept)
    if len(kept) < lengths[0]:
        return More(kept, lengths[0] - len(kept), between)
    if is_issued(kept):
        return Whole(kept)
    return longer(kept, lengths, between)


def longer(kept: str, lengths: tuple[int, ...], between: float) -> Read:
    """Wait a little for more of a code that may be whole already."""
    size = next((size for size in lengths if size > len(kept)), None)
    if size is None:
        return Done(kept)
    # Sixteen digits of this version are surely not all: whoever reads it off in groups is given his time.
    half = len(kept) == LENGTH and kept[1] == str(LONG_VERSION)
    return More(kept, size - len(kept), between if half else MORE)
