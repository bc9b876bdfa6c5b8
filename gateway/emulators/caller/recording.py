"""What a caller heard, on one line of time."""

import asyncio
import contextlib
import wave
from array import array
from pathlib import Path

from gateway.wire import g711
from gateway.wire.g711 import Samples

# A packet may come so many seconds from where its own clock puts it, on a machine that is busy; beyond that it is the
# far end's clock that has jumped.
_DRIFT = 10.0


class Recording:
    """16-bit samples at 8 kHz from the moment of the answer; where nothing came, silence."""

    def __init__(self) -> None:
        self.samples = array("h")
        self._anchor: tuple[int, int, int] | None = None  # stream, timestamp, place
        self._news = asyncio.Event()
        self.first: float | None = None  # seconds after the answer until the first packet

    @property
    def seconds(self) -> float:
        """Return how long it is."""
        return len(self.samples) / g711.RATE

    def put(self, samples: Samples, stream: int, timestamp: int, at: float) -> None:
        """Put a packet in its place. `timestamp` is its stream's, `at` the seconds since the answer."""
        if self.first is None:
            self.first = at
        expected = max(0, int(at * g711.RATE) - len(samples))
        place = expected
        if self._anchor and self._anchor[0] == stream:
            place = self._anchor[2] + (timestamp - self._anchor[1] & 0xFFFFFFFF)
            if abs(place - expected) > _DRIFT * g711.RATE:
                place = expected
        self._anchor = (stream, timestamp, place)
        if place > len(self.samples):
            self.samples.frombytes(bytes(2 * (place - len(self.samples))))
        self.samples[place : place + len(samples)] = samples
        self._news.set()

    async def more(self, seconds: float, within: float = 2.0) -> None:
        """Wait until so much more has been heard; `within` bounds it, since nothing comes where nothing is said."""
        wanted = self.seconds + seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self.seconds < wanted:
                    self._news.clear()
                    await self._news.wait()

    def between(self, start: float, end: float | None = None) -> Samples:
        """Return a part of it; seconds."""
        return self.samples[int(start * g711.RATE) : None if end is None else int(end * g711.RATE)]

    def write(self, file: Path) -> None:
        """Write it as a WAV file."""
        with wave.open(str(file), "wb") as out:
            out.setparams((1, 2, g711.RATE, 0, "NONE", ""))
            out.writeframes(self.samples.tobytes())


def read(file: Path) -> Samples:
    """Return the samples of a 16-bit mono WAV file."""
    with wave.open(str(file), "rb") as wav:
        return array("h", wav.readframes(wav.getnframes()))
