"""Which sound is heard, and when: normalised cross-correlation of a recording with the sounds it may hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gateway.wire.g711 import RATE, Samples

HEARD = 0.8  # the sound itself reaches 0.95 and more through G.711; another digit or word at most 0.55

_Signal = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Match:
    """Where in a recording a sound fits best, and how well: 1 is the sound itself, at whatever loudness."""

    sound: str
    second: float
    score: float


def best(recording: Samples, sound: Samples, name: str = "") -> Match:
    """Return where a sound fits best. A recording shorter than the sound holds it nowhere."""
    heard, wanted = _recording(recording), _signal(sound)
    if len(heard) < len(wanted) or not len(wanted):
        return Match(name, 0.0, 0.0)
    scores = _scores(heard, wanted)
    place = int(scores.argmax())
    return Match(name, place / RATE, float(scores[place]))


def times(recording: Samples, sound: Samples, name: str = "") -> list[Match]:
    """Return every place where a sound is heard, in order; two are at least half its length apart."""
    heard, wanted = _recording(recording), _signal(sound)
    if len(heard) < len(wanted):
        return []
    scores, found = _scores(heard, wanted), []
    while (place := int(scores.argmax())) >= 0 and scores[place] >= HEARD:
        found.append(Match(name, place / RATE, float(scores[place])))
        scores[max(0, place - len(wanted) // 2) : place + len(wanted) // 2] = 0
    return sorted(found, key=lambda match: match.second)


def heard(recording: Samples, sounds: Mapping[str, Samples]) -> list[Match]:
    """Return all that is heard of some sounds, in order."""
    found = [match for name, sound in sounds.items() for match in times(recording, sound, name)]
    return sorted(found, key=lambda match: match.second)


def names(matches: Sequence[Match]) -> list[str]:
    """Return what was heard, without the times."""
    return [match.sound for match in matches]


def _signal(samples: Samples) -> _Signal:
    return np.asarray(samples, dtype=np.float64)


def _recording(samples: Samples) -> _Signal:
    """Add a little silence: a hang-up right behind a sound may cost its last packets."""
    return np.concatenate((_signal(samples), np.zeros(RATE // 10)))


def _scores(recording: _Signal, sound: _Signal) -> _Signal:
    """Return, for each place, the cosine between the sound and as much of the recording, both without their mean."""
    length = len(sound)
    wanted = sound - sound.mean()
    size = 1 << (len(recording) + length - 1).bit_length()
    product = np.fft.irfft(np.fft.rfft(recording, size) * np.conj(np.fft.rfft(wanted, size)), size)
    sums = np.concatenate(([0.0], np.cumsum(recording)))
    squares = np.concatenate(([0.0], np.cumsum(recording**2)))
    total = sums[length:] - sums[:-length]
    energy: Any = np.maximum(squares[length:] - squares[:-length] - total**2 / length, 0)
    # Below this a stretch is silence, and what it correlates with is rounding.
    floor = length * 30.0**2
    norm = np.sqrt(energy * (wanted**2).sum())
    scores: _Signal = np.where(energy > floor, product[: len(norm)] / np.maximum(norm, 1.0), 0.0)
    return scores
