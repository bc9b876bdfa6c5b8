"""A speech service in the network: a JSON request, a WAV file in return (OpenAI's `/v1/audio/speech` and its kind)."""

import hashlib
import http.client
import io
import json
import ssl
import wave
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gateway.voice.engines import EngineFault, NoEngine
from gateway.voice.normalise import VERSION
from gateway.voice.settings import CloudSettings

if TYPE_CHECKING:
    from gateway.voice.engines import Samples

MOST: Final = 16 * 2**20  # octets of an answer: some minutes of speech
OK: Final = 200
WIDTH: Final = 2  # octets of a sample


def ident(settings: CloudSettings) -> str:
    """Return the ident: the service and all that is asked of it but the text. What runs there is its owner's secret."""
    body = json.dumps(settings.body, sort_keys=True, ensure_ascii=False)
    return f"http {settings.url} {hashlib.sha256(body.encode()).hexdigest()[:12]} {VERSION}"


class Cloud:
    """Asks the service, one clause a request; all clips come to one rate."""

    rate = 24_000

    def __init__(self, settings: CloudSettings) -> None:
        """Take the key; raises `NoEngine` when its file cannot be read."""
        self.ident = ident(settings)
        self._settings = settings
        self._url = urlsplit(settings.url)
        self._headers = {"Content-Type": "application/json", "Accept": "audio/wav"}
        if settings.secret_file:
            try:
                self._headers["Authorization"] = f"Bearer {settings.secret_file.read_text('utf-8').strip()}"
            except (OSError, UnicodeDecodeError) as err:
                raise NoEngine(f"[voice.http] secret_file: {settings.secret_file} cannot be read") from err

    def synth(self, spoken: str) -> "Samples":
        """Speak; raises `EngineFault` for anything but a WAV of 16 bits."""
        body = {
            key: value.replace("{text}", spoken) if isinstance(value, str) else value
            for key, value in self._settings.body.items()
        }
        try:
            status, answer = self._asked(json.dumps(body, ensure_ascii=False).encode())
        except (OSError, http.client.HTTPException) as err:
            raise EngineFault(f"{self._url.netloc}: {err or type(err).__name__}") from err
        if status != OK:
            raise EngineFault(f"{self._url.netloc}: answered {status}")
        if len(answer) > MOST:
            raise EngineFault(f"{self._url.netloc}: more than {MOST >> 20} MB")
        return self._samples(answer)

    def _asked(self, body: bytes) -> tuple[int, bytes]:
        host, timeout = self._url.hostname or "", self._settings.timeout
        link: http.client.HTTPConnection
        if self._url.scheme == "https":
            context = ssl.create_default_context()
            link = http.client.HTTPSConnection(host, self._url.port, timeout=timeout, context=context)
        else:
            link = http.client.HTTPConnection(host, self._url.port, timeout=timeout)
        target = self._url.path + (f"?{self._url.query}" if self._url.query else "")
        try:
            link.request("POST", target or "/", body, self._headers)
            response = link.getresponse()
            return response.status, response.read(MOST + 1)
        finally:
            link.close()

    def _samples(self, answer: bytes) -> "Samples":
        import numpy as np
        import soxr

        try:
            with wave.open(io.BytesIO(answer)) as sound:
                rate, channels, width = sound.getframerate(), sound.getnchannels(), sound.getsampwidth()
                frames = sound.readframes(MOST)
        except (wave.Error, EOFError) as err:
            raise EngineFault(f"{self._url.netloc}: no WAV file: {err}") from err
        if width != WIDTH or not frames or not rate:
            raise EngineFault(f"{self._url.netloc}: a WAV of {8 * width} bits; 16 are wanted")
        # A service that streams writes a length it does not know yet; the last sample may be half.
        whole = len(frames) - len(frames) % (WIDTH * channels)
        samples = np.frombuffer(frames[:whole], dtype="<i2").reshape(-1, channels).mean(axis=1) / 32768
        return np.asarray(soxr.resample(samples.astype(np.float32), rate, self.rate), dtype=np.float32)
