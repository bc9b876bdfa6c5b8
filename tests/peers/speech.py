"""A speech service on loopback: a tone for each text, and switches for its faults."""

import io
import json
import math
import struct
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def a_wav(seconds: float = 0.5, rate: int = 16_000, channels: int = 1, width: int = 2) -> bytes:
    """Return a tone of 440 Hz."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        for at in range(int(seconds * rate)):
            sample = struct.pack("<h", round(8000 * math.sin(2 * math.pi * 440 * at / rate)))
            sound.writeframesraw((sample if width == 2 else b"\x80" * width) * channels)
    return out.getvalue()


@dataclass
class SpeechService:
    """What it was asked, and how it answers."""

    url: str = ""
    texts: list[str] = field(default_factory=list)  # in the order they came, without the workers' first
    headers: dict[str, str] = field(default_factory=dict)  # of the latest request
    body: dict[str, Any] = field(default_factory=dict)
    status: int = 200
    answer: bytes = field(default_factory=a_wav)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    _open: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        """Answer nothing from now on until `release`."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def asked(self, handler: BaseHTTPRequestHandler) -> None:
        self.body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.headers = dict(handler.headers.items())
        if self.body["input"] == "请稍候。":  # how a worker warms up
            _send(handler, 200, a_wav())
            return
        self.texts.append(self.body["input"])
        self.arrived.release()
        self._open.wait(60)
        _send(handler, self.status, self.answer)


def _send(handler: BaseHTTPRequestHandler, status: int, content: bytes) -> None:
    try:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
    except ConnectionError:  # who asked was killed meanwhile
        handler.close_connection = True


@contextmanager
def speech_service() -> Iterator[SpeechService]:
    """Run one; it is gone afterwards."""
    service = SpeechService()
    service.release()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            service.asked(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}/v1/audio/speech"
    try:
        yield service
    finally:
        service.release()
        server.shutdown()
        thread.join()
        server.server_close()
