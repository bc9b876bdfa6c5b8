"""The sample city with its hotline: `gateway serve` over a database of its own, a real Asterisk and a modem."""

import asyncio
import sqlite3
import wave
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import tomli_w

from gateway.emulators.caller import Call, Phone, phone, transcript
from gateway.emulators.caller.recording import read
from gateway.emulators.switch import Switch
from gateway.voice.library import Library
from gateway.voice.prompts import OPERATOR, RESCUE
from gateway.wire.g711 import RATE, Samples
from tests.builders.tones import tones
from tests.builders.verdicts import KEYS
from tests.peers import correlation, service
from tests.peers.commands import gateway
from tests.peers.hotline import a_site, a_switch, ring, until
from tests.peers.modems import Modems, emulated_modems
from tests.peers.programs import require_asterisk

LIBRARY = Library.read()
TURN = 1.2  # seconds without a word, after which it is the caller's turn
PATIENCE = 90.0  # seconds for the longest dialogue
TEXTED = 30.0


@cache
def clip(words: str) -> Samples:
    """Return what is heard of a sentence, without an engine."""
    named = next((entry for entry in LIBRARY.named.values() if entry.spoken == words), None)
    said = LIBRARY.pcm(named) if named else LIBRARY.put_together(words)
    assert said is not None, f"no clips say {words}"
    return array("h", said)


class Town(service.Site):
    """Settings, keys and the sample city, with a switch before them. `serving` runs the gateway, once or again."""

    def __init__(self, folder: Path, switch: Switch) -> None:
        self.switch = switch
        self.more: dict[str, Any] = {}  # settings of a test's own
        (folder / "keys").mkdir(parents=True)
        for name, key in KEYS.items():
            (folder / "keys" / name).write_text(key)
        super().__init__(folder)
        (folder / "ami-secret").write_text(switch.site.secret)
        self.written()
        for command in (("db", "upgrade"), ("sample", "load")):
            done = gateway(*command, "-c", self.settings)
            assert done.returncode == 0, done.stderr

    def written(self, modems: Modems | None = None) -> dict[str, Any]:
        """Return the settings as the file holds them, and write the file."""
        settings = super().written(modems)
        settings["asterisk"] = {
            "agi_listen": f"127.0.0.1:{self.switch.site.agi}",
            "ami_port": self.switch.site.ami,
            "ami_secret_file": str(self.folder / "ami-secret"),
            "sounds_dir": str(self.switch.sounds),
        }
        settings["voice"] = {"engine": "none"}
        settings["log"] = {"level": "INFO"}
        settings |= self.more
        self.settings.write_text(tomli_w.dumps(settings), "utf-8")
        return settings

    @asynccontextmanager
    async def serving(self, modems: Modems) -> AsyncIterator[service.Service]:
        """Serve while the block lasts; modem and hotline are up when it begins."""
        self.written(modems)
        async with service.started(self) as life:
            await life.lines_up(len(modems.ports) + 1)
            yield life

    @property
    def log(self) -> str:
        """Return what the gateway has logged."""
        return (self.folder / "gateway.log").read_text(errors="replace")

    def rows(self, query: str) -> list[Any]:
        """Return what a query finds in the database."""
        with closing(sqlite3.connect(self.folder / "gateway.db")) as database:
            return database.execute(query).fetchall()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep the gateway from its database."""
        with closing(sqlite3.connect(self.folder / "gateway.db", isolation_level=None, timeout=30)) as database:
            database.execute("BEGIN EXCLUSIVE")
            yield
            database.execute("ROLLBACK")


@asynccontextmanager
async def a_town(folder: Path) -> AsyncIterator[tuple[Town, Modems]]:
    """Have the switch, the city and a modem while the block lasts; nobody serves yet."""
    switched = a_switch(require_asterisk(), folder / "switch", a_site())
    switch = await asyncio.to_thread(switched.__enter__)
    try:
        town = await asyncio.to_thread(Town, folder / "town", switch)
        async with emulated_modems(folder, 1) as modems:
            yield town, modems
    finally:
        await asyncio.to_thread(switched.__exit__, None, None, None)


class Caller:
    """Somebody on the line, who takes turns with the hotline."""

    def __init__(self, call: Call) -> None:
        self.call = call

    async def turn(self) -> bool:
        """Wait until the hotline waits for us; False: the call has ended."""
        await self.call.heard.more(0.1, within=20)
        return await self.call.quiet(TURN, within=PATIENCE)

    async def presses(self, keys: str) -> None:
        """Press, and wait until the last of the keys is down."""
        before = len(self.call.sound.pressed)
        self.call.press(keys)
        while len(self.call.sound.pressed) < before + len(keys.replace(",", "")) and not self.call.ended.is_set():
            await self.call.until(self.call.now + 0.05)

    async def hears(self, words: str, *, since: float = 0.0) -> float:
        """Wait until a sentence has been heard to its end; return the second it began at."""
        sound = clip(words)
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := await self._times(sound, since)) and not self.call.ended.is_set():
                    since = max(since, self.call.heard.seconds - len(sound) / RATE - 2.0)
                    await self.call.heard.more(0.4)
        except TimeoutError:
            found = []
        found = found or await self._times(sound, since)
        if not found:
            raise AssertionError(f"{words} is not heard, but {await asyncio.to_thread(lambda: self.said)}")
        return found[0]

    async def _times(self, sound: Samples, since: float) -> list[float]:
        """Look beside the loop: a caller that computes hears badly."""
        found = await asyncio.to_thread(correlation.times, self.call.heard.between(since), sound)
        return [since + match.second for match in found]

    def times(self, words: str) -> list[float]:
        """Return the seconds at which a sentence began."""
        return [match.second for match in correlation.times(self.call.heard.samples, clip(words))]

    @property
    def said(self) -> list[str]:
        """Return all that is heard of what is shipped, in order."""
        sounds = {words: clip(words) for words in LIBRARY.said}
        return [one.sound for one in transcript.outermost(transcript.said(self.call.heard.samples, sounds))]


@asynccontextmanager
async def calling(mine: Phone, town: Town, number: str) -> AsyncIterator[Caller]:
    """Be on the line with the hotline while the block lasts."""
    call = await ring(mine, town.switch, number=number)
    try:
        yield Caller(call)
    finally:
        await call.hang_up()


async def texted(modems: Modems, number: str, words: str) -> str:
    """Wait for a text with some words on a handset; return it."""
    texts: tuple[str, ...] = ()
    try:
        async with asyncio.timeout(TEXTED):
            while True:
                handsets = await modems.control.handsets()
                texts = handsets[f"+86{number}"].replies if f"+86{number}" in handsets else ()
                if found := next((text for text in texts if words in text), None):
                    return found
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"{number} got no text with {words}, but {texts}") from None


@asynccontextmanager
async def people(town: Town) -> AsyncIterator[None]:
    """Have somebody at the operators' phone, and at the number that lifts have for emergencies."""
    async with phone(town.switch.site.operators[0]) as operator, phone(town.switch.site.trunk_to) as rescue:
        operator.says, rescue.says = clip(OPERATOR), clip(RESCUE)
        yield


async def kept(town: Town, said: str) -> None:
    """Wait until a recording of the switch holds what was said (`tones` of its name, two seconds)."""
    heart = tones(said, 2.0)[4000:10_000]
    files = town.switch.sounds / "recordings"
    async with asyncio.timeout(TEXTED):
        await until(lambda: any(_holds(file, heart) for file in files.glob("complaint-*.wav")))


def _holds(file: Path, sound: Samples) -> bool:
    try:
        return correlation.best(read(file), sound).score > 0.9
    except (EOFError, wave.Error):  # it is being written
        return False
