"""One process that speaks: takes the settings and then texts on its standard input, gives back their clips.

It ends when its input does, so that it cannot outlive who started it.
"""

import os
import sys
from typing import BinaryIO, Final

import msgspec

from gateway.domain.errors import GatewayError
from gateway.voice.engines import EngineFault
from gateway.voice.settings import VoiceSettings

LENGTH: Final = 4  # octets before each frame
NICENESS: Final = 10  # behind all that a caller waits for
WARM_UP: Final = "请稍候。"  # the first text takes several times as long as the others: nobody waits for it


class Spoken(msgspec.Struct, frozen=True):
    """What a worker says first, and what became of a text: samples, or why there are none."""

    pcm: bytes = b""
    fault: str = ""


def main() -> None:
    """Work until the input ends."""
    os.nice(NICENESS)
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries may print: not into the frames
    settings = _frame(source)
    if settings is None:
        return
    try:
        # Not before the niceness: loading takes seconds.
        from gateway.voice.engines.opening import opened
        from gateway.voice.sound import finished

        engine = opened(VoiceSettings.model_validate_json(settings))
        engine.synth(WARM_UP)
    except (GatewayError, ImportError) as err:
        _answer(sink, Spoken(fault=str(err)))
        return
    _answer(sink, Spoken())
    while (frame := _frame(source)) is not None:
        text = frame.decode()
        try:
            _answer(sink, Spoken(finished(engine.synth(text), engine.rate, text)))
        except EngineFault as err:
            _answer(sink, Spoken(fault=str(err)))


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(LENGTH)
    return source.read(int.from_bytes(head, "big")) if len(head) == LENGTH else None


def _answer(sink: BinaryIO, said: Spoken) -> None:
    frame = msgspec.msgpack.encode(said)
    sink.write(len(frame).to_bytes(LENGTH, "big") + frame)
    sink.flush()


if __name__ == "__main__":
    main()
