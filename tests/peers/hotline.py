"""A real Asterisk for the tests, and the gateway's server before it with a dialogue of the test's own."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from gateway.channels.asterisk.server import AgiServer, Handler
from gateway.channels.asterisk.sounds import OF_THE_SWITCH, Sounds
from gateway.emulators.caller.g711 import Samples
from gateway.emulators.switch import Program, Site, Switch, running
from gateway.settings import shipped
from tests.builders.tones import tones, write

SECONDS = {"beep": 0.2, "sorry": 1.2}  # lengths of the switch's own sounds; of others 0.8


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a loopback port that is free now, below those the system gives to clients."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), k=100):
        with socket.socket(type=kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("of a hundred loopback ports none is free")


def a_site(**changes: object) -> Site:
    """Return a site on free ports; `changes` are fields of `Site`."""
    # RTP needs a run of ports: 400 of them carry 200 calls.
    start = random.SystemRandom().randrange(32_800, 60_000, 400)
    ports = {
        "sip": free_port(socket.SOCK_DGRAM),
        "ami": free_port(),
        "agi": free_port(),
        "rtp": range(start, start + 400),
    }
    return Site(**{**ports, **changes})  # type: ignore[arg-type] # names and types are the test's to keep


@contextmanager
def a_switch(program: Program, folder: Path, site: Site) -> Iterator[Switch]:
    """Run an Asterisk with the shipped configuration and tones for its own sounds."""
    with running(program, shipped("asterisk"), folder, site) as switch:
        for name in OF_THE_SWITCH:
            put(switch, name)
        yield switch


def put(switch: Switch, name: str, seconds: float | None = None) -> Samples:
    """Give the switch a sound of its name's own tones, and return it."""
    samples = tones(name, seconds or SECONDS.get(name, 0.8))
    write(switch.sounds / "zh" / f"{name}.wav", samples)
    return samples


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
