"""Which engine the settings ask for."""

from importlib.util import find_spec

from gateway.voice.engines import Engine, NoEngine
from gateway.voice.parts import lacks
from gateway.voice.settings import VoiceSettings

PACKAGES = ("numpy", "soxr")
KOKORO = ("onnxruntime", "misaki", "jieba", "pypinyin")


def wanted(settings: VoiceSettings) -> str | None:
    """Return the ident of the engine that will speak, without loading it; None for none.

    Raises `NoEngine` when an engine is asked for by name and something of it is not there.
    """
    match settings.engine:
        case "none":
            return None
        case "auto":
            return _kokoro(settings) if not _lacking(*PACKAGES, *KOKORO) and not lacks(settings) else None
        case "kokoro":
            _demand(*PACKAGES, *KOKORO)
            if missing := lacks(settings):
                raise NoEngine(f"{missing}: no such file; run `gateway voice install`")
            return _kokoro(settings)
        case "sherpa":
            from gateway.voice.engines import sherpa

            _demand(*PACKAGES)
            assert settings.sherpa is not None  # noqa: S101 - the settings checked it
            return sherpa.ident(settings.sherpa, settings.speed)
        case "http":
            from gateway.voice.engines import http

            _demand(*PACKAGES)
            assert settings.http is not None  # noqa: S101 - the settings checked it
            return http.ident(settings.http)


def opened(settings: VoiceSettings) -> Engine:
    """Load the engine. Raises `NoEngine`."""
    match settings.engine:
        case "none":
            raise NoEngine("[voice] engine is none")
        case "auto" | "kokoro":
            from gateway.voice.engines.kokoro import Kokoro

            return Kokoro(settings.folder, settings.voice, settings.speed)
        case "sherpa":
            from gateway.voice.engines.sherpa import Sherpa

            assert settings.sherpa is not None  # noqa: S101 - the settings checked it
            return Sherpa(settings.sherpa, settings.speed)
        case "http":
            from gateway.voice.engines.http import Cloud

            assert settings.http is not None  # noqa: S101 - the settings checked it
            return Cloud(settings.http)


def _kokoro(settings: VoiceSettings) -> str:
    from gateway.voice.engines import kokoro

    return kokoro.ident(settings.voice, settings.speed)


def _demand(*packages: str) -> None:
    if missing := _lacking(*packages):
        raise NoEngine(f"{', '.join(missing)}: not installed; pip install 'fangxin-gateway[speech]'")


def _lacking(*packages: str) -> list[str]:
    return [package for package in packages if find_spec(package) is None]
