"""The real speech model, put together once for all runs into the checkout's cache."""

import fcntl
import os
from pathlib import Path
from typing import Final

import pytest

from gateway.voice.install import NotInstalled, install
from gateway.voice.settings import VoiceSettings

MODEL: Final = Path(__file__).parents[2] / ".cache" / "voice"


def require_model() -> VoiceSettings:
    """Return the settings of the default engine; without the model skip the test, or fail it where CI=true."""
    settings = VoiceSettings(engine="kokoro", dir=MODEL, workers=1)
    MODEL.mkdir(parents=True, exist_ok=True)
    try:
        with (MODEL.parent / "voice.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one worker of the run fetches, the others find it there
            install(settings, None, lambda *_: None)
    except NotInstalled as err:
        if os.environ.get("CI") == "true":
            pytest.fail(str(err), pytrace=False)
        pytest.skip(str(err))
    return settings
