"""From an engine's samples to a clip: 8 kHz, 16 bits, mono, all equally loud, cut so that `a&b&c` is one sentence.

Needs the `[speech]` extra; putting clips together (`voice.library`) does not.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
import soxr

from gateway.voice.engines import EngineFault
from gateway.voice.library import RATE
from gateway.voice.pieces import PAUSES

if TYPE_CHECKING:
    import numpy.typing as npt

    from gateway.voice.engines import Samples

# Speech on a telephone line lies near -20 dBFS; peaks stay 2 dB below what a codec can carry.
LOUDNESS: Final = 10 ** (-20 / 20)
PEAK: Final = 10 ** (-2 / 20)
_FRAME: Final = RATE // 100  # 10 ms
_SILENT: Final = 10 ** (-42 / 20)  # of the loudest frame: below it nothing of a word is left, breath is
_TAIL: Final = 4  # frames kept behind what was said
# Where speech begins is looked for more closely: a caller waits for its first sample. The hiss that a 四 begins with is
# above the threshold and stays whole; what is kept before it is for the fade.
_MOMENT: Final = RATE // 400  # 2.5 ms
_LEAD: Final = 2  # moments
FEWEST: Final = 8  # frames: no syllable is shorter than 80 ms


def finished(samples: "Samples", rate: int, spoken: str) -> bytes:
    """Return the clip's samples, little-endian. Its end is the pause that the last sign of `spoken` asks for.

    Raises `EngineFault` when there is hardly a sound.
    """
    if not np.isfinite(samples).all():
        raise EngineFault(f"{spoken!r} came back broken")
    speech = np.asarray(soxr.resample(samples, rate, RATE), dtype=np.float64)
    frames = speech[: len(speech) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loud = np.sqrt((frames**2).mean(axis=1)) if len(frames) else np.zeros(1)
    heard = np.flatnonzero(loud > loud.max() * _SILENT)
    if loud.max() < 10 ** (-60 / 20) or heard[-1] - heard[0] < FEWEST - 1:
        raise EngineFault(f"{spoken!r} came back silent")
    level = np.sqrt((loud[heard] ** 2).mean())
    speech = speech[_begins(speech, loud.max()) : (heard[-1] + 1 + _TAIL) * _FRAME]
    speech = speech * min(LOUDNESS / level, PEAK / np.abs(speech).max())
    fade = _LEAD * _MOMENT  # no click at either end
    speech[:fade] *= np.linspace(0, 1, fade)
    speech[-_FRAME:] *= np.linspace(1, 0, _FRAME)
    pause = np.zeros(int(PAUSES.get(spoken.rstrip()[-1:], 0) * RATE))
    return np.concatenate((np.round(speech * 32767), pause)).astype("<i2").tobytes()


def _begins(speech: "npt.NDArray[np.float64]", loudest: float) -> int:
    """Return the sample at which a clip begins: 5 ms before there is anything to hear."""
    moments = speech[: len(speech) // _MOMENT * _MOMENT].reshape(-1, _MOMENT)
    heard = np.flatnonzero(np.sqrt((moments**2).mean(axis=1)) > loudest * _SILENT)
    return max(0, int(heard[0]) - _LEAD) * _MOMENT
