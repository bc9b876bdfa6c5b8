"""Kokoro-82M, quantised to int8, by `onnxruntime` directly: Mandarin offline, about half of real time on one thread.

The model takes phoneme ids with 0 at both ends, a style vector chosen by their number, and a pace (DESIGN 5).
"""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.voice import readings
from gateway.voice.engines import EngineFault, NoEngine
from gateway.voice.normalise import VERSION
from gateway.voice.parts import MODEL, MODEL_SHA256, VOCAB, voice_file

if TYPE_CHECKING:
    from gateway.voice.engines import Samples

STYLE: Final = 256  # numbers in a style vector
# The model was trained on at most 510 phonemes; past this many a text is spoken in parts.
LONGEST: Final = 400
# A syllable alone, spoken in the style made for one, gets an echo (四 lasted 0.9 s): it takes that of a short sentence.
SYLLABLE, SENTENCE = 6, 20
_PAUSE: Final = re.compile(r"(?<=[，。；：、！？])")


def ident(voice: str, speed: float) -> str:
    """Return the ident of this engine, without loading it."""
    return f"kokoro-82m-int8 {MODEL_SHA256[:12]} {voice} {speed:g} {VERSION}"


class Kokoro:
    """The loaded model with one voice."""

    rate = 24_000

    def __init__(self, folder: Path, voice: str, speed: float) -> None:
        """Load what `gateway voice install` put into `folder`. Raises `NoEngine`."""
        try:
            import numpy as np
            import onnxruntime
        except ImportError as err:
            raise NoEngine(f"{err.name} is not installed: pip install 'fangxin-gateway[speech]'") from err
        self.ident = ident(voice, speed)
        self._folder = folder
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # processes are the unit of work
        options.log_severity_level = 3
        try:
            self._ids: dict[str, int] = json.loads((folder / VOCAB).read_text("utf-8"))["vocab"]
            self._styles = np.fromfile(folder / voice_file(voice), dtype="<f4").reshape(-1, STYLE)
            self._session = onnxruntime.InferenceSession(folder / MODEL, options, providers=["CPUExecutionProvider"])
        except (OSError, ValueError, KeyError, RuntimeError) as err:
            raise NoEngine(f"{folder}: no usable Kokoro model ({err}); run `gateway voice install`") from err
        self._speed = np.array([speed], dtype=np.float32)

    def synth(self, spoken: str) -> "Samples":
        """Speak; raises `EngineFault` when nothing in the text has a sound."""
        import numpy as np

        return np.concatenate([self._spoken(part) for part in self._parts(spoken)])

    def _parts(self, spoken: str) -> Iterator[list[int]]:
        """Cut at pauses into runs of ids that the model can take at once."""
        ids = self._encoded(spoken)
        if not ids:
            raise EngineFault(f"{spoken!r} has no sound")
        if len(ids) <= LONGEST:
            yield ids
            return
        clauses = [at for at in _PAUSE.split(spoken) if at.strip()]
        if len(clauses) == 1:  # no pause in it: at the middle
            clauses = [spoken[a:b] for a, b in pairwise((0, len(spoken) // 2, len(spoken)))]
        half = (len(clauses) + 1) // 2
        for part in ("".join(clauses[:half]), "".join(clauses[half:])):
            if self._encoded(part):
                yield from self._parts(part)

    def _encoded(self, spoken: str) -> list[int]:
        return [self._ids[one] for one in readings.phonemes(spoken, self._folder) if one in self._ids]

    def _spoken(self, ids: list[int]) -> "Samples":
        import numpy as np

        row = SENTENCE if len(ids) <= SYLLABLE else min(len(ids), len(self._styles) - 1)
        style = self._styles[row][np.newaxis]
        tokens = np.array([[0, *ids, 0]], dtype=np.int64)
        audio = self._session.run(None, {"tokens": tokens, "style": style, "speed": self._speed})[0]
        return np.asarray(audio, dtype=np.float32).reshape(-1)
