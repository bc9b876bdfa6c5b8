"""A citizen's phone at the other end of a gateway's emulated modem, for tests that are no coroutines."""

import asyncio
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gateway.emulators.modem.client import control_client

PATIENCE = 30.0  # seconds until a reply is here, on a loaded machine

MANY = 100_000  # texts a day: who asks until other words are said asks many times


@dataclass(frozen=True, slots=True)
class Handset:
    """Each text comes from a number that has asked nothing before."""

    control: Path
    modem: Mapping[str, str | int]  # as `[[modem]]` has it
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def text(self, words: str) -> str:
        """Send a text; return what came back."""
        sender = f"+86139{next(self._numbers):08}"

        async def asking() -> str:
            async with control_client(self.control) as client:
                heard = await client.text(sender, words, limit=PATIENCE)
            assert heard.replies, heard.why
            return heard.replies[0].text

        with ThreadPoolExecutor(1) as threads:  # where another event loop may run
            return threads.submit(lambda: asyncio.run(asking())).result()


@contextmanager
def a_handset(folder: Path) -> Iterator[Handset]:
    """Run one emulated modem in a process of its own while the block lasts."""
    command = [sys.executable, "-m", "gateway.emulators.modem", "--dir", str(folder), "--count", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            [modem] = said["modems"]
            settings = {"name": "sim0", "port": modem["port"], "number": modem["number"], "daily_limit": MANY}
            yield Handset(Path(said["control"]), settings)
        finally:
            process.terminate()
