"""The sound of one call: 20 ms packets out on the beat, whatever comes in onto a recording."""

import asyncio
import secrets
from collections import deque
from typing import Final, cast

from gateway.emulators.caller import rtp
from gateway.emulators.caller.recording import Recording
from gateway.emulators.caller.sip import Offer
from gateway.wire import g711
from gateway.wire.g711 import Samples

BEAT: Final = rtp.PACKET / g711.RATE
_PAUSE: Final = 4  # packets between two keys: a quick thumb


class Sound(asyncio.DatagramProtocol):
    """One RTP socket. `heard` starts with `start`; `press` and `say` queue what goes out in place of silence."""

    def __init__(self, kind: int = g711.ALAW) -> None:
        self.heard = Recording()
        self.closed = asyncio.Event()  # the socket is gone
        self.kind = kind
        self.pressed: list[tuple[str, float]] = []  # each key that went out, with the second it began at
        self._events = rtp.EVENTS
        self._transport: asyncio.DatagramTransport | None = None
        self._to: tuple[str, int] | None = None
        self._began: float | None = None
        self._keys: deque[str | float] = deque()
        self._voice: deque[bytes] = deque()
        self._source = secrets.randbits(32)
        self._sequence = secrets.randbits(15)

    @property
    def port(self) -> int:
        """Return our own port."""
        assert self._transport is not None  # noqa: S101 - made by create_datagram_endpoint, which connects first
        return int(self._transport.get_extra_info("sockname")[1])

    @property
    def now(self) -> float:
        """Return the seconds since the answer; 0 before."""
        return 0.0 if self._began is None else asyncio.get_running_loop().time() - self._began

    def press(self, keys: str) -> None:
        """Key in digits, one after the other as fast as a thumb; `,` waits half a second."""
        self._keys.extend(0.5 if key == "," else key for key in keys)

    def say(self, samples: Samples) -> None:
        """Say something: 16-bit samples at 8 kHz."""
        octets = g711.encode(samples, self.kind)
        self._voice.extend(octets[at : at + rtp.PACKET] for at in range(0, len(octets), rtp.PACKET))

    def start(self, to: Offer) -> None:
        """Take the far end's description; the clock of what is heard starts here."""
        self._to = (to.host, to.port)
        self.kind = to.kinds[0]
        self._events = to.events or rtp.EVENTS
        if self._began is None:
            self._began = asyncio.get_running_loop().time()

    async def send(self) -> None:
        """Send, packet after packet, until cancelled."""
        loop = asyncio.get_running_loop()
        begin, number = loop.time(), 0
        timestamp = secrets.randbits(31)
        event: deque[tuple[bytes, bool]] = deque()
        event_at, rest = 0, 0
        while True:
            if not event and rest == 0 and self._keys:
                key = self._keys.popleft()
                if isinstance(key, float):
                    rest = int(key / BEAT)
                else:
                    self.pressed.append((key, self.now))
                    event.extend(rtp.presses(key))
                    event_at = timestamp
                    rest = _PAUSE
            if event:
                payload, first = event.popleft()
                self._packet(self._events, event_at, payload, marker=first)
            else:
                rest = max(0, rest - 1)
                voice = self._voice.popleft() if self._voice else bytes([g711.SILENCE[self.kind]]) * rtp.PACKET
                self._packet(self.kind, timestamp, voice)
            timestamp = timestamp + rtp.PACKET & 0xFFFFFFFF
            number += 1
            late = loop.time() - (begin + number * BEAT)
            if late > BEAT and (event or rest or self._keys):
                begin += late  # a voice may come in a burst, a thumb makes up for nothing
            await asyncio.sleep(max(0.0, -late))

    def close(self) -> None:
        """Close the socket."""
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # the loop's own class is no subclass of it

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Say so."""
        self.closed.set()

    def datagram_received(self, data: bytes, addr: tuple[str | int, int]) -> None:  # noqa: ARG002 - asyncio's signature
        """Put what is sound onto the recording."""
        packet = rtp.unpack(data)
        if packet is None or packet.kind not in (g711.ALAW, g711.ULAW):
            return
        if self._began is None:  # the sound may be here before the answer
            self._began = asyncio.get_running_loop().time()
        samples = g711.decode(packet.payload, packet.kind)
        self.heard.put(samples, packet.source, packet.timestamp, self.now)

    def _packet(self, kind: int, timestamp: int, payload: bytes, *, marker: bool = False) -> None:
        if self._transport is None or self._transport.is_closing() or self._to is None:
            return
        self._sequence += 1
        self._transport.sendto(
            rtp.Packet(kind, self._sequence, timestamp, self._source, payload, marker).pack(), self._to
        )
