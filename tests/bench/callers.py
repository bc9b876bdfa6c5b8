"""Many callers at once, thrifty enough to load a switch: `python -m tests.bench.callers PLAN`.

PLAN is a JSON file of a `Plan`; what became of its calls is printed as a `Done`. A caller sends keys and no other
sound, leaves what comes in the kernel's buffer, with the kernel's own time of arrival, and reads it once, at the end:
then every single dialogue is known to be right or not, by what was heard in it.
"""

import asyncio
import contextlib
import secrets
import socket
import struct
import sys
import time
import wave
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from gateway.cli import running
from gateway.emulators.caller import NotAnswered, rtp
from gateway.emulators.caller.sound import Sound
from gateway.emulators.caller.telephone import HOST, Phone
from gateway.wire import g711

# Seconds: how long a quick thumb holds a key, and the time between two (the switch knows no shorter ones than 80 and
# 45 ms); when the welcome is cut short; between that key and the code.
HELD, BETWEEN = 0.08, 0.06
WELCOME, PROMPT = 0.4, 0.3
SLACK: Final = 0.8  # seconds a verdict may come late, in all, before its caller is gone
ANSWERED_WITHIN: Final = 4.0  # seconds of ringing
SIGN_OF_LIFE: Final = 10.0  # seconds between two packets of a caller who only listens
MATCH: Final = 0.95  # cosine of what was heard and the clip; another clip reaches 0.55
LOUD: Final = 500  # of 32768: speech has begun

# socket(7), linux/socket.h: the kernel notes when a packet came, in nanoseconds.
_SO_TIMESTAMPNS: Final = 35
_TIMESPEC: Final = struct.Struct("qq")


_Samples: TypeAlias = npt.NDArray[np.float64]


class Ring(msgspec.Struct):
    """One call: when it begins, in seconds; `keys` without any: it only listens, for `stay` seconds."""

    at: float
    line: str
    caller: str
    keys: str = ""
    deciding: int = 0  # which key, of `keys`, brings the verdict
    stay: float = 0


class Plan(msgspec.Struct):
    """What a process of callers does. `begin` is by the machine's monotonic clock."""

    port: int  # of the switch
    begin: float
    verdict: str  # the WAV file that each must hear
    enough: int  # so many wrong dialogues end it: no further call is begun
    rings: list[Ring]


class Rung(msgspec.Struct):
    """What became of a call; seconds. `wrong` says why, where it was."""

    at: float
    wrong: str = ""
    answered: float | None = None
    first: float | None = None  # from the answer to the first sound
    delay: float | None = None  # from the end of the deciding key to the verdict's first packet
    onset: float | None = None  # from there to its first loud sample


class Done(msgspec.Struct):
    """All that became of a plan; `cpu`: the seconds this process used while it was carried out."""

    cpu: float
    rungs: list[Rung]


class Ear(Sound):
    """Sound that is neither sent nor read all the time."""

    def __init__(self) -> None:
        super().__init__(g711.ALAW)
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._stamp = secrets.randbits(20)

    @property
    def port(self) -> int:
        """Return our own port."""
        return int(self._socket.getsockname()[1])

    async def send(self) -> None:
        """Send nothing until cancelled."""
        await asyncio.Event().wait()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        self.closed.set()

    async def key(self, key: str) -> float:
        """Press a key; return when it was let go."""
        self._stamp += 8000
        event = rtp.KEYS.index(key)
        self._put(rtp.EVENTS, struct.pack("!BBH", event, 10, rtp.PACKET), marker=True)
        await asyncio.sleep(HELD)
        let_go = time.time()
        # Once: on loopback nothing is lost, and three times would be half of all that a caller sends.
        self._put(rtp.EVENTS, struct.pack("!BBH", event, 0x80 | 10, int(HELD * g711.RATE)))
        await asyncio.sleep(BETWEEN)
        return let_go

    def breathe(self) -> None:
        """Send a packet of silence."""
        self._stamp += 8000
        self._put(g711.ALAW, bytes([g711.SILENCE[g711.ALAW]]) * rtp.PACKET)

    def take(self) -> list[tuple[float, bytes]]:
        """Return what has come since the last time: when, and what."""
        came: list[tuple[float, bytes]] = []
        with contextlib.suppress(OSError):  # there is no more; or the switch has hung up
            while True:
                data, notes, _, _ = self._socket.recvmsg(2048, 64)
                packet = rtp.unpack(data)
                if packet and packet.kind == g711.ALAW:
                    seconds, nano = _TIMESPEC.unpack(notes[0][2][: _TIMESPEC.size])
                    came.append((seconds + nano / 1e9, packet.payload))
        return came

    def _put(self, kind: int, payload: bytes, *, marker: bool = False) -> None:
        self._sequence += 1
        packet = rtp.Packet(kind, self._sequence, self._stamp, self._source, payload, marker)
        assert self._to is not None
        with contextlib.suppress(OSError):  # a buffer is full, or the switch is gone: then it is heard that way
            self._socket.sendto(packet.pack(), self._to)


class Callers(Phone):
    """A phone whose calls have ears of that kind."""

    async def _sound(self, kind: int) -> Sound:
        return Ear()


class Crowd:
    """Does what a plan says."""

    def __init__(self, plan: Plan, phone: Phone) -> None:
        self._plan, self._phone = plan, phone
        self._verdict = _samples(plan.verdict) if plan.verdict else np.zeros(0)
        self._wrong = 0
        self.rungs: list[Rung] = []

    async def run(self) -> None:
        """Ring, each in its time, until all calls are over."""
        async with asyncio.TaskGroup() as calls:
            for ring in self._plan.rings:
                await asyncio.sleep(max(0.0, self._plan.begin + ring.at - time.monotonic()))
                if self._wrong >= self._plan.enough:
                    break
                calls.create_task(self._told(ring))

    async def _told(self, ring: Ring) -> None:
        rung = await self._ring(ring)
        self._wrong += bool(rung.wrong)
        self.rungs.append(rung)

    async def _ring(self, ring: Ring) -> Rung:
        rung, began = Rung(ring.at), time.monotonic()
        try:
            call = await self._phone.dial(
                ring.line, (HOST, self._plan.port), caller=ring.caller, within=ANSWERED_WITHIN
            )
        except NotAnswered as err:
            rung.wrong = str(err)
            return rung
        try:
            answered, rung.answered = time.time(), time.monotonic() - began
            ear = call.sound
            assert isinstance(ear, Ear)
            ear.breathe()  # the switch waits half a second for the first packet before it speaks
            if ring.keys:
                await self._dialogue(ear, ring, rung, answered)
            else:
                await self._listen(ear, ring, rung, answered)
            if call.ended.is_set():
                rung.wrong = rung.wrong or "the switch hung up"
        finally:
            await call.hang_up()
        return rung

    async def _dialogue(self, ear: Ear, ring: Ring, rung: Rung, answered: float) -> None:
        await asyncio.sleep(WELCOME)
        await ear.key(ring.keys[0])
        await asyncio.sleep(PROMPT)
        before = ear.take()
        rung.first = before[0][0] - answered if before else None
        let_go = 0.0
        for place, key in enumerate(ring.keys[1:], 1):
            when = await ear.key(key)
            let_go = when if place == ring.deciding else let_go
        patience = len(self._verdict) / g711.RATE + SLACK
        await asyncio.sleep(let_go + patience - time.time())
        came = [(at, payload) for at, payload in ear.take() if at > let_go]
        if not came:
            rung.wrong = "nothing was heard after the code"
            return
        sound = _alaw(b"".join(payload for _, payload in came))
        rung.delay = came[0][0] - let_go
        rung.onset = int((np.abs(sound) > LOUD).argmax()) / g711.RATE
        if not _same(sound, self._verdict):
            rung.wrong = "the verdict was not heard in time"

    async def _listen(self, ear: Ear, ring: Ring, rung: Rung, answered: float) -> None:
        until = time.monotonic() + ring.stay
        while (left := until - time.monotonic()) > 0:
            ear.breathe()
            await asyncio.sleep(min(left, SIGN_OF_LIFE))
        came = ear.take()
        rung.first = came[0][0] - answered if came else None
        if not came:
            rung.wrong = "nothing was heard"


def _same(heard: _Samples, wanted: _Samples) -> bool:
    """Return whether what was heard begins with the clip, none of it missing."""
    if len(heard) < len(wanted):
        return False
    heard = heard[: len(wanted)]
    size = float(np.sqrt((heard @ heard) * (wanted @ wanted)))
    return size > 0 and float(heard @ wanted) / size >= MATCH


_TABLE: Final = np.array(g711.decode(bytes(range(256)), g711.ALAW), dtype=np.float64)


def _alaw(octets: bytes) -> _Samples:
    return _TABLE[np.frombuffer(octets, dtype=np.uint8)]


def _samples(file: str) -> _Samples:
    with wave.open(file, "rb") as clip:
        return np.frombuffer(clip.readframes(clip.getnframes()), dtype="<i2").astype(np.float64)


async def main(plan: Plan) -> None:
    """Ring as the plan says."""
    _, made = await asyncio.get_running_loop().create_datagram_endpoint(Callers, (HOST, 0))
    crowd, cpu = Crowd(plan, made), time.process_time()
    try:
        await crowd.run()
    finally:
        made.close()
        await made.closed.wait()
    sys.stdout.buffer.write(msgspec.json.encode(Done(time.process_time() - cpu, crowd.rungs)))


if __name__ == "__main__":
    running.run(main(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)))
