"""Sounds that no one mistakes for another: short runs of random tones, each from its own seed."""

import math
import random
import wave
from array import array
from pathlib import Path

from gateway.wire.g711 import RATE, Samples

STEP = 400  # samples on one tone


def tones(seed: str, seconds: float) -> Samples:
    """Return 16-bit samples at 8 kHz."""
    chance, samples, phase = random.Random(seed), array("h"), 0.0
    for _ in range(math.ceil(seconds * RATE / STEP)):
        turn = 2 * math.pi * chance.uniform(300, 3000) / RATE
        for _ in range(STEP):
            phase += turn
            samples.append(int(9000 * math.sin(phase)))
    return samples[: int(seconds * RATE)]


def write(file: Path, samples: Samples) -> None:
    """Write samples as a WAV file."""
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(samples.tobytes())
