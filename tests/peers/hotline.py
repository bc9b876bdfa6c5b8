"""A real Asterisk for the tests, and the gateway's server before it with a dialogue of the test's own."""

import asyncio
import random
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from gateway.channels.asterisk.server import AgiServer, Handler
from gateway.channels.asterisk.sounds import OF_THE_SWITCH, Sounds
from gateway.emulators.caller import Call, Phone
from gateway.emulators.switch import Program, Site, Switch, running
from gateway.ivr.ports import CallEnded, SoundMissing, VoiceCall, Way
from gateway.settings import shipped
from gateway.wire.g711 import Samples
from tests.builders.tones import tones, write
from tests.peers import correlation
from tests.peers.ports import free_port

NAMES = ("one", "two", "three")  # sounds for dialogues
_SECONDS = {"beep": 0.2, "sorry": 1.2}
PATIENCE = 20.0  # seconds that a test waits for anything


def seconds(name: str) -> float:
    """Return how long the sound of a name is."""
    return _SECONDS.get(name, 0.8)


def a_site(**changes: object) -> Site:
    """Return a site on free ports; `changes` are fields of `Site`."""
    # RTP needs a run of ports: 400 of them carry 200 calls.
    start = random.SystemRandom().randrange(32_800, 60_000, 400)
    udp, tcp = socket.SOCK_DGRAM, socket.SOCK_STREAM
    ports: dict[str, object] = {"sip": free_port(udp), "ami": free_port(tcp), "agi": free_port(tcp)}
    ports |= {"rtp": range(start, start + 400), "trunk_to": free_port(udp), "operators": (free_port(udp),)}
    return Site(**{**ports, **changes})  # type: ignore[arg-type] # names and types are the test's to keep


@contextmanager
def a_switch(program: Program, folder: Path, site: Site) -> Iterator[Switch]:
    """Run an Asterisk with the shipped configuration and tones for its own sounds."""
    with running(program, shipped("asterisk"), folder, site) as switch:
        for name in OF_THE_SWITCH:
            put(switch, name)
        yield switch


def put(switch: Switch, name: str) -> None:
    """Give the switch a sound of its name's own tones."""
    write(switch.sounds / "zh" / f"{name}.wav", tones(name, seconds(name)))


@asynccontextmanager
async def serving(switch: Switch, handle: Handler, *, most: int = 100) -> AsyncIterator[AgiServer]:
    """Let a dialogue of the test's own take the switch's calls while the block lasts."""
    server = AgiServer(("127.0.0.1", switch.site.agi), Sounds(switch.sounds), handle, most=most)
    task = asyncio.create_task(server.run())
    try:
        async with asyncio.timeout(10):
            await asyncio.wait(
                [task, ready := asyncio.ensure_future(server.ready.wait())], return_when="FIRST_COMPLETED"
            )
            ready.cancel()
        if task.done():
            task.result()
        yield server
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Scripted:
    """A dialogue that notes what came of it, and then leaves by a way (None: without its last act)."""

    def __init__(
        self, dialogue: Callable[[VoiceCall], Awaitable[object]], way: Way | None = Way.HANG_UP, number: str = ""
    ) -> None:
        self._dialogue = dialogue
        self._way = way
        self._number = number
        self._got: asyncio.Queue[object] = asyncio.Queue()

    async def __call__(self, call: VoiceCall, line: str) -> None:
        try:
            self._got.put_nowait(await self._dialogue(call))
            if self._way:
                await call.leave(self._way, self._number)
        except (CallEnded, SoundMissing) as err:
            self._got.put_nowait(err)
            raise

    async def result(self) -> object:
        """Wait for what the dialogue returned or was ended by."""
        async with asyncio.timeout(PATIENCE):
            return await self._got.get()


async def ring(caller: Phone, switch: Switch, line: str = "hotline", number: str = "13900000001") -> Call:
    """Ring a line of the switch."""
    return await caller.dial(line, ("127.0.0.1", switch.site.sip), caller=number)


async def ended(call: Call) -> None:
    """Wait for the far end to hang up."""
    async with asyncio.timeout(PATIENCE):
        await call.ended.wait()


async def hears(call: Call, sounds: Mapping[str, Samples], name: str) -> float:
    """Wait until a sound has been heard to its end; return the second it last began at."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := await _times(call, sounds[name])):
                await call.heard.more(0.1)
    except TimeoutError:
        heard = correlation.heard(call.heard.samples, sounds)
        raise AssertionError(f"{name} is not heard in {call.heard.seconds:.1f} s, but {heard}") from None
    return found[-1].second


async def _times(call: Call, sound: Samples) -> list[correlation.Match]:
    """Look beside the loop: a caller that computes hears badly."""
    return await asyncio.to_thread(correlation.times, call.heard.between(0), sound)


async def connected(phone: Phone) -> Call:
    """Wait until a phone has been rung and has answered."""
    async with asyncio.timeout(PATIENCE):
        return await phone.rung.get()


async def hold(call: VoiceCall) -> object:
    """Play on and on."""
    return await call.play(["one"] * 20)


async def waiting(switch: Switch, callers: int) -> list[str]:
    """Wait until so many callers are in the operators' queue; return each one's priority, in order."""
    found: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) != callers:
            shown = await asyncio.to_thread(switch.command, "queue show operators")
            found = re.findall(r"^\s+\d+\. .*prio: (\d+)", shown, re.MULTILINE)
    return found


async def until(what: Callable[[], bool]) -> None:
    """Wait for something that no event tells of."""
    while not what():  # noqa: ASYNC110 - as it says
        await asyncio.sleep(0.02)
