"""Emulated modems in a process of their own, as hardware is: what happens to the gateway does not happen to them."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.emulators.modem.client import ControlClient, control_client
from tests.peers.processes import program

STARTING = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Modems:
    """The ports and numbers of running modems, and a hand on them and their handsets."""

    ports: tuple[Path, ...]
    numbers: tuple[str, ...]
    control: ControlClient


@asynccontextmanager
async def emulated_modems(
    folder: Path, count: int, *, latency: float = 0.0, jitter: float = 0.0
) -> AsyncIterator[Modems]:
    """Run `count` modems while the block lasts; `latency` and `jitter` in seconds a segment."""
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "gateway.emulators.modem",
        "--dir",
        folder,
        "--count",
        str(count),
    ]
    command += ["--latency", str(latency), "--jitter", str(jitter)]
    async with program(command, folder / "modems.log") as process:
        assert process.stdout is not None
        async with asyncio.timeout(STARTING):
            line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"the emulator did not start:\n{(folder / 'modems.log').read_text(errors='replace')}")
        said = json.loads(line)
        async with control_client(Path(said["control"])) as control:
            ports = tuple(Path(modem["port"]) for modem in said["modems"])
            yield Modems(ports, tuple(modem["number"] for modem in said["modems"]), control)
