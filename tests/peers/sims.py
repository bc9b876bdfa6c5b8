"""Emulated modems for tests that are not asynchronous, as those in a browser are."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.emulators.modem.client import control_client
from tests.peers.console import beside


@dataclass(frozen=True, slots=True)
class Sims:
    """Running modems."""

    control: Path
    modems: tuple[dict[str, Any], ...]  # name, port, number: tables of the settings

    def text(self, sender: str, text: str, to: str | int | None = None) -> str:
        """Send a text and return the answer; empty: none came."""
        heard: list[str] = []

        async def send() -> None:
            async with control_client(self.control) as client:
                heard.extend(one.text for one in (await client.text(sender, text, to)).replies)

        beside(lambda: asyncio.run(send()))
        return heard[0] if heard else ""


@contextmanager
def emulated_sims(folder: Path, count: int) -> Iterator[Sims]:
    """Run `count` modems while the block lasts."""
    command = [sys.executable, "-m", "gateway.emulators.modem", "--dir", str(folder), "--count", str(count)]
    with (folder / "modems.log").open("ab") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
    try:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        modems = tuple(
            {"name": f"卡{place:02d}", "port": one["port"], "number": one["number"], "daily_limit": 500}
            for place, one in enumerate(said["modems"], 1)
        )
        yield Sims(Path(said["control"]), modems)
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()
