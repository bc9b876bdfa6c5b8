"""A VITS model that the operator placed, by `sherpa-onnx` (`pip install sherpa-onnx`)."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.voice.engines import EngineFault, NoEngine
from gateway.voice.normalise import VERSION
from gateway.voice.settings import SherpaSettings

if TYPE_CHECKING:
    from gateway.voice.engines import Samples


def ident(settings: SherpaSettings, speed: float) -> str:
    """Return the ident: the model by name, size and its words, since hashing some hundred MB at each start is slow."""
    model = settings.model
    try:
        known = f"{model.stat().st_size} {hashlib.sha256((model.parent / 'tokens.txt').read_bytes()).hexdigest()[:12]}"
    except OSError as err:
        raise NoEngine(f"[voice.sherpa] model: {err.filename}: {err.strerror}") from err
    return f"sherpa-onnx {model.name} {known} {settings.speaker} {speed:g} {VERSION}"


class Sherpa:
    """The loaded model."""

    def __init__(self, settings: SherpaSettings, speed: float) -> None:
        """Load; raises `NoEngine` naming what is not there."""
        try:
            import sherpa_onnx
        except ImportError as err:
            raise NoEngine("sherpa-onnx is not installed: pip install sherpa-onnx") from err
        self.ident = ident(settings, speed)
        beside = settings.model.parent
        vits = sherpa_onnx.OfflineTtsVitsModelConfig(
            model=str(settings.model), lexicon=_there(beside / "lexicon.txt"), tokens=_there(beside / "tokens.txt")
        )
        model = sherpa_onnx.OfflineTtsModelConfig(vits=vits, num_threads=1, provider="cpu")
        config = sherpa_onnx.OfflineTtsConfig(model=model)
        if not config.validate():
            raise NoEngine(f"{settings.model}: sherpa-onnx does not take this model")
        self._tts = sherpa_onnx.OfflineTts(config)
        self.rate: int = self._tts.sample_rate
        self._speaker, self._speed = settings.speaker, speed

    def synth(self, spoken: str) -> "Samples":
        """Speak."""
        import numpy as np

        audio = self._tts.generate(spoken, sid=self._speaker, speed=self._speed)
        if len(audio.samples) == 0:
            raise EngineFault(f"{spoken!r} came back silent")
        return np.asarray(audio.samples, dtype=np.float32)


def _there(path: Path) -> str:
    if not path.is_file():
        raise NoEngine(f"{path}: no such file; it belongs to the model of [voice.sherpa]")
    return str(path)
