"""The folder of sounds that the gateway and the switch share."""

import os
import wave
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.channels.asterisk.agi import good_sound

LANGUAGE: Final = "zh"
RECORDINGS: Final = "recordings"
RATE: Final = 8000
_BESIDE: Final = 4  # recordings that may fill up the disk together
_HEADER: Final = 44  # octets before the samples of a plain WAV file

# What the dialplan itself says (docker/asterisk/etc/extensions.conf, queues.conf), and RECORD FILE's tone.
OF_THE_SWITCH: Final = ("beep", "sorry", "line-busy", "queue-wait", "nobody")


@dataclass(frozen=True, slots=True)
class Sounds:
    """`sounds_dir`: sounds under `zh/`, what callers said under `recordings/`."""

    folder: Path

    def seconds(self, name: str) -> float | None:
        """Return how long a sound is, None where there is none. One look at the folder, no reading: it never waits."""
        try:
            file = f"{self.folder}/{LANGUAGE}/{name}.wav"
            size = os.stat(file).st_size if good_sound(name) else 0  # noqa: PTH116 - in each call, a dozen times
        except OSError:
            return None
        return (size - _HEADER) / (2 * RATE) if size > _HEADER else None

    def faults(self, names: Iterable[str]) -> list[str]:
        """Return what is wrong with sounds that must be there: a line each, with file and reason."""
        return [fault for name in names if (fault := self._fault(name))]

    def make_place(self) -> None:
        """Make the folder of recordings where there is none: `RECORD FILE` makes none, and loses what is said.

        What callers say is not for everybody: the switch must be in the folder's group, or own it. Raises `OSError`.
        """
        place = self.folder / RECORDINGS
        if not place.is_dir():
            place.mkdir()
            place.chmod(0o2770)

    def recording(self, name: str) -> Path:
        """Return the file that a recording is in."""
        return self.folder / f"{recording(name)}.wav"

    def has_room(self, seconds: float) -> bool:
        """Return whether the disk takes so much of a recording, beside what else is recorded meanwhile."""
        try:
            there = os.statvfs(self.folder / RECORDINGS)
        except OSError:
            return False
        return there.f_bavail * there.f_frsize > _BESIDE * 2 * RATE * seconds

    def _file(self, name: str) -> Path:
        return self.folder / LANGUAGE / f"{name}.wav"

    def _fault(self, name: str) -> str:
        file = self._file(name)
        if not good_sound(name):
            return f"{name!r}: no name of a sound"
        try:
            with wave.open(str(file), "rb") as wav:
                shape = (wav.getnchannels(), wav.getsampwidth(), wav.getframerate())
                if shape != (1, 2, RATE):
                    return f"{file}: must be 8 kHz, 16 bit, mono; is {shape[2]} Hz, {8 * shape[1]} bit, {shape[0]} ch"
                return "" if wav.getnframes() else f"{file}: is empty"
        except FileNotFoundError:
            return f"{file}: no such file"
        except OSError as err:
            return f"{file}: cannot be read: {err.strerror}"
        except (wave.Error, EOFError) as err:
            return f"{file}: no WAV file: {str(err) or 'too short'}"


def recording(name: str) -> str:
    """Return the switch's name of a recording."""
    return f"{RECORDINGS}/{name}"
