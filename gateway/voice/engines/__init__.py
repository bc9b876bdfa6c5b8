"""What turns words into sound. All need the `[speech]` extra, and run in processes of their own (`voice.worker`)."""

from typing import TYPE_CHECKING, Protocol, TypeAlias

from gateway.domain.errors import GatewayError

if TYPE_CHECKING:  # numpy comes with the `[speech]` extra: what only moves clips about does without
    import numpy as np
    import numpy.typing as npt

    Samples: TypeAlias = npt.NDArray[np.float32]


class NoEngine(GatewayError):
    """The engine cannot speak: a package or a file of it is not there, or it is not what it should be."""


class EngineFault(GatewayError):
    """The engine failed on this text; it may well speak another."""


class Engine(Protocol):
    """Turns one spoken text into samples between -1 and 1."""

    @property
    def ident(self) -> str:
        """Return what decides how a text sounds: engine, model, voice, pace and the version of our readings."""
        ...

    @property
    def rate(self) -> int:
        """Return the samples per second that `synth` gives."""
        ...

    def synth(self, spoken: str) -> "Samples":
        """Speak a text as `voice.normalise` left it: no digit in it. Raises `EngineFault`."""
        ...
