"""Sounds that nobody speaks: the beep before a recording."""

import math
import struct
from collections.abc import Iterator, Mapping
from typing import Final

from gateway.voice.library import RATE

IDENT: Final = "tone 1"
_LEVEL: Final = 0.25 * 32767  # as loud as speech


def tones() -> Mapping[str, bytes]:
    """Return the samples of each, by the name that the switch wants."""
    return {"beep": _packed(_tone(1000, 0.2))}


def _tone(hertz: float, seconds: float) -> Iterator[float]:
    count, ramp = int(seconds * RATE), RATE // 100
    for at in range(count):
        yield math.sin(2 * math.pi * hertz * at / RATE) * min(1.0, at / ramp, (count - at) / ramp)


def _packed(samples: Iterator[float]) -> bytes:
    return b"".join(struct.pack("<h", round(_LEVEL * sample)) for sample in samples)
