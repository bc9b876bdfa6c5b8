"""A service that takes calls and holds them, for tests that kill or freeze it.

`python -m tests.peers.dialogue_service PORT SOUNDS playing|recording [LIMIT]`.
With LIMIT a watchdog ends it after so many seconds without a turn of its loop. Prints a line once it takes calls.
"""

import asyncio
import sys
from pathlib import Path

from gateway.channels.asterisk.server import AgiServer
from gateway.channels.asterisk.sounds import Sounds
from gateway.ivr.ports import VoiceCall
from gateway.ops.watchdog import watch


async def playing(call: VoiceCall, _: str) -> None:
    """Play on and on."""
    await call.play(["one"] * 100)


async def recording(call: VoiceCall, _: str) -> None:
    """Record what the caller says."""
    await call.record("complaint", longest=30, silence=30)


async def main(port: int, sounds: Path, what: str, limit: float | None) -> None:
    """Serve until killed."""
    server = AgiServer(("127.0.0.1", port), Sounds(sounds), {"playing": playing, "recording": recording}[what])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.run())
        if limit:
            tasks.create_task(watch(limit))
        await server.ready.wait()
        print("ready", flush=True)


if __name__ == "__main__":
    asyncio.run(
        main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]) if len(sys.argv) > 4 else None)
    )
