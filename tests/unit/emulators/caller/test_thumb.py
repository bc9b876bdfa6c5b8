"""Keys go out as a thumb presses them, also on a machine that stands still for a while."""

import asyncio
import struct
import time
from contextlib import suppress
from typing import cast

from gateway.emulators.caller import rtp
from gateway.emulators.caller.sip import Offer
from gateway.emulators.caller.sound import Sound

HELD, PAUSE = 0.1, 0.06  # seconds at least, of a key and behind it: a beat less than it aims at


class Wire:
    """Notes when each packet of a key went out, and stands still behind the second key."""

    def __init__(self) -> None:
        self.sent: list[tuple[float, int, bool]] = []  # when, which key, whether it begins
        self.enough = asyncio.Event()

    def is_closing(self) -> bool:
        return False

    def sendto(self, data: bytes, _to: object) -> None:
        packet = rtp.unpack(data)
        if packet is None or packet.kind != rtp.EVENTS:
            return
        event, *_ = struct.unpack("!BBH", packet.payload)
        self.sent.append((time.monotonic(), event, packet.marker))
        if event == 2 and packet.marker:
            time.sleep(0.7)  # the whole process, as on a busy machine
        if event == 5:
            self.enough.set()


async def test_a_stall_is_not_made_up_for() -> None:
    sound, wire = Sound(), Wire()
    sound.connection_made(cast(asyncio.DatagramTransport, wire))
    sound.start(Offer("127.0.0.1", 4000, (8,), rtp.EVENTS))
    sound.press("12345")
    sending = asyncio.create_task(sound.send())
    async with asyncio.timeout(20):
        await wire.enough.wait()
    sending.cancel()
    with suppress(asyncio.CancelledError):
        await sending
    begun = {event: at for at, event, begins in wire.sent if begins}
    ended = {event: at for at, event, _ in wire.sent}
    for key in (3, 4, 5):
        assert begun[key] - ended[key - 1] >= PAUSE
    for key in (3, 4):
        assert ended[key] - begun[key] >= HELD
