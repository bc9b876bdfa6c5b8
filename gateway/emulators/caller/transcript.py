"""What was said in a recording: which sounds, at which second, and how far each was heard. Pure.

The switch plays a sound as it lies in its file, so what arrives is the file's own octets (G.711): they are looked for
octet by octet, and nothing that only resembles a sound is taken for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.wire import g711
from gateway.wire.g711 import RATE, Samples

_LOUD: Final = 500  # where a sound begins to differ from silence
_PRINT: Final = RATE // 20  # octets by which a sound is found
_MARKS: Final = (0, RATE // 4, RATE // 2)  # where in a sound that is
_BLOCK: Final = RATE // 50
_LEAST: Final = RATE // 10  # of what less was heard is taken for nothing
_LATE: Final = RATE // 2  # octets by which a busy machine may draw a sound out


@dataclass(frozen=True, slots=True)
class Said:
    """A sound, the second it began at, and how much of it was heard."""

    sound: str
    second: float
    seconds: float
    whole: bool

    @property
    def end(self) -> float:
        """Return the second at which it was over."""
        return self.second + self.seconds

    def holds(self, other: "Said") -> bool:
        """Return whether another sound is a piece of this one."""
        return self.second <= other.second and other.end <= self.end and self.seconds > other.seconds


def said(recording: Samples, sounds: Mapping[str, Samples]) -> list[Said]:
    """Return all that is heard of some sounds, in order; also those that are pieces of others."""
    heard = g711.encode(recording, g711.ALAW)
    found = [one for name, samples in sounds.items() for one in _places(heard, name, samples)]
    return sorted(found, key=lambda one: (one.second, -one.seconds))


def outermost(found: Sequence[Said]) -> list[Said]:
    """Return those that are no piece of another."""
    return [one for one in found if not any(other.holds(one) for other in found)]


def _places(heard: bytes, name: str, samples: Samples) -> Iterator[Said]:
    wanted = g711.encode(samples, g711.ALAW)
    loud = [at for at, sample in enumerate(samples) if abs(sample) > _LOUD]
    if not loud or loud[-1] - loud[0] < _PRINT:
        return
    first, last = loud[0], loud[-1] + 1
    for skip in _MARKS:  # where the switch paused right at the beginning, it is known by what comes later
        mark, place, found = wanted[first + skip : min(first + skip + _PRINT, last)], 0, False
        while len(mark) == _PRINT and (place := heard.find(mark, place)) >= 0:
            seen, end = _followed(heard, place, wanted[first + skip : last])
            if seen >= _LEAST:
                whole, start = seen >= last - first - skip - _BLOCK, max(0, place - first - skip)
                found = True
                yield Said(name, start / RATE, (end - start + (len(wanted) - last if whole else 0)) / RATE, whole)
            place += _PRINT
        if found:
            return


def _followed(heard: bytes, place: int, wanted: bytes) -> tuple[int, int]:
    """Return how many octets of a sound are heard from a place on, and where that ends; packets may be lost or late."""
    seen, end = 0, place
    for at in range(0, len(wanted), _BLOCK):
        block = wanted[at : at + _BLOCK]
        found = heard.find(block, end, end + len(block) + (at - seen) + _LATE)
        if found >= 0:
            seen, end = at + len(block), found + len(block)
        elif at - seen > _LATE:
            break
    return seen, end
