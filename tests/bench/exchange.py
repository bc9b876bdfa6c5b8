"""A switch and the gateway behind it, on loopback, for many calls at once; and callers who ring them."""

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import tomli_w
from sqlalchemy import Connection

from gateway.domain.trace import Filed, Label, LabelRange, LabelState, RepeatPolicy
from gateway.emulators import switch
from gateway.settings import shipped
from gateway.store.engine import open_database
from gateway.store.load import Loader
from gateway.voice.library import Library
from tests.bench.callers import Done, Plan, Ring, Rung
from tests.builders.traces import a_liquor
from tests.peers.hotline import a_site
from tests.peers.processes import cpu_seconds, program
from tests.peers.service import BOTTLES, Service, Site, started

VERDICT: Final = "首次查询，是正品。"
# What the dialplan says, as the flow does.
_PLAIN: Final = {
    "WELCOME": ("您好，这里是放心一百查询热线。", "查询信息由生产经营单位提供。"),
    "PROMPT": ("请输入标签上的编码，按井号键结束。", "输错请按星号键。"),
    "VERDICT": (VERDICT,),
    "MENU": ("重听请按一。", "短信接收请按二。", "继续查询请按三。", "人工服务请按零。"),
}
PLAIN_DIALOGUE: Final = Path(__file__).with_name("plain_dialogue.conf")
# Calls of which each has two ports for its sound; more than the shipped `maxcalls` allows, to see where it ends.
MOST_CALLS: Final = 3000
RTP: Final = range(10_000, 10_000 + 2 * MOST_CALLS)
PROCESSES: Final = 2  # of callers
AHEAD: Final = 2.0  # seconds they have to start
PRODUCTS: Final = 200
_SYLLABLES: Final = "金川清泉草原大河白云"
LINGER: Final = 60.0  # seconds that the last calls of a plan may take


@dataclass(slots=True)
class Round:
    """What became of a plan's calls, and what the callers, the gateway and the switch used meanwhile; CPU seconds."""

    rungs: list[Rung]
    callers: float
    gateway: float
    switch: float

    @property
    def wrong(self) -> list[Rung]:
        """Return the dialogues that went wrong."""
        return [rung for rung in self.rungs if rung.wrong]


@dataclass
class Exchange:
    """Both, running."""

    site: Site
    switch: switch.Switch
    service: Service
    ahead: float = AHEAD  # seconds until the first call of a round
    _numbers: int = 0
    _codes: int = 0
    _rounds: int = 0

    @property
    def verdict(self) -> Path:
        """Return the clip of the verdict that each caller hears."""
        return self.switch.sounds / "zh" / f"{Library.read().said[VERDICT].name}.wav"

    def rings(self, times: Sequence[float], line: str = "hotline", *, new: bool = False) -> list[Ring]:
        """Return a call for each time, each of another number, with another code; `new`: of a product of its own."""
        rings = []
        for at in times:
            code = self.site.code(0)
            if line == "hotline":
                self._codes += 1
                code = self.site.code(self._codes + (BOTTLES if new else 0))
            rings.append(Ring(at, line, self._number(), f"1{code}#", len(code)))
        return rings

    def listeners(self, times: Sequence[float], until: float) -> list[Ring]:
        """Return calls that only listen, all of them until the same second."""
        return [Ring(at, "hotline", self._number(), stay=until - at) for at in times]

    async def round(self, rings: Sequence[Ring], enough: int = 1_000_000) -> Round:
        """Have callers do this; return when all are done."""
        begin = time.monotonic() + AHEAD
        cpu = self.service.cpu, cpu_seconds(self.switch.pid)
        async with AsyncExitStack() as stack:
            callers = []
            for number in range(PROCESSES):
                plan = Plan(self.switch.site.sip, begin, str(self.verdict), enough, list(rings[number::PROCESSES]))
                callers.append(await stack.enter_async_context(self._callers(plan)))
            async with asyncio.timeout(AHEAD + max(ring.at + ring.stay for ring in rings) + LINGER):
                said = await asyncio.gather(*(_said(process, self._log) for process in callers))
        rungs = [rung for done in said for rung in done.rungs]
        used = self.service.cpu - cpu[0], cpu_seconds(self.switch.pid) - cpu[1]
        own = sum(done.cpu for done in said)
        return Round(sorted(rungs, key=lambda rung: rung.at), own, *used)

    @property
    def _log(self) -> Path:
        return self.site.folder / "callers.log"

    def _number(self) -> str:
        self._numbers += 1
        return f"139{self._numbers:08}"

    @asynccontextmanager
    async def _callers(self, plan: Plan) -> AsyncIterator[asyncio.subprocess.Process]:
        self._rounds += 1
        file = self.site.folder / f"plan{self._rounds}.json"
        file.write_bytes(msgspec.json.encode(plan))
        command: list[str | Path] = [sys.executable, "-m", "tests.bench.callers", file]
        async with program(command, self._log) as process:
            yield process


async def _said(process: asyncio.subprocess.Process, log: Path) -> Done:
    assert process.stdout is not None
    said = await process.stdout.read()
    try:
        return msgspec.json.decode(said, type=Done)
    except msgspec.DecodeError as err:
        why = await asyncio.to_thread(log.read_text, errors="replace")
        raise RuntimeError(f"callers failed:\n{why}") from err


@asynccontextmanager
async def exchange(folder: Path, voice: dict[str, Any], engines: int = 0) -> AsyncIterator[Exchange]:
    """Run a switch, and the gateway with a million codes behind it.

    `voice`: the settings of that name; `engines`: so many of them have begun.
    """
    site = Site(folder)
    await site.prepare()
    await _stock_products(site)
    own = a_site(rtp=RTP, operators=())
    place = folder / "switch"
    _lay_out(place, own, site.code(0))
    running = switch.Switch(_found(), place, own)
    await asyncio.to_thread(running.start)
    try:
        secret = folder / "ami-secret"
        secret.write_text(own.secret)
        settings = site.written()
        settings["asterisk"] = {
            "agi_listen": f"127.0.0.1:{own.agi}",
            "ami_port": own.ami,
            "ami_secret_file": str(secret),
            "sounds_dir": str(running.sounds),
        }
        settings["voice"] = voice
        site.settings.write_text(tomli_w.dumps(settings), "utf-8")
        async with started(site) as service:
            await service.answering()
            await service.lines_up(1)
            await service.engines_up("hotline", engines)
            yield Exchange(site, running, service)
    finally:
        await asyncio.to_thread(running.stop)


async def _stock_products(site: Site) -> None:
    """Bind a bottle each to products whose names nobody has spoken yet."""

    def stock(connection: Connection) -> None:
        loader = Loader(connection, site.keys.vault(), site.codes, datetime.now(UTC))
        label = Label(LabelState.ACTIVE, RepeatPolicy.COVERT)
        for number in range(1, PRODUCTS):
            made = a_liquor(product="".join(_SYLLABLES[int(digit)] for digit in f"{number:03}"), batch_no=f"N{number}")
            loader.records([Filed("liquor", f"N{number}", made, "firms")])
            loader.ranges([LabelRange(1, 1, BOTTLES + number, BOTTLES + number, label, "liquor", f"N{number}")])

    database = open_database(site.url)
    try:
        await database.transact(stock)
    finally:
        await database.close()


def _found() -> switch.Program:
    found = switch.find()
    if found is None:
        raise SystemExit(f"asterisk is missing: as root, tests/peers/asterisk.sh {switch.root()}")
    return found


def _lay_out(place: Path, own: switch.Site, code: str) -> None:
    """Lay out the shipped configuration, with the plain dialogue beside it, and room for more calls."""
    switch.lay_out(_found(), shipped("asterisk"), place, own)
    shutil.copyfile(PLAIN_DIALOGUE, place / "etc" / PLAIN_DIALOGUE.name)
    with (place / "etc/extensions.conf").open("a") as dialplan:
        dialplan.write(f"\n#include {PLAIN_DIALOGUE.name}\n")
    said = Library.read().said
    names = {name: "&".join(said[words].name for words in clauses) for name, clauses in _PLAIN.items()}
    with (place / "etc/site/globals.conf").open("a") as variables:
        variables.writelines(f"PLAIN_{name}={value}\n" for name, value in [*names.items(), ("CODE", code)])
    options = place / "etc/asterisk.conf"
    options.write_text(options.read_text().replace("maxcalls = 600", f"maxcalls = {MOST_CALLS}"))
