"""`gateway ivr`: the flows checked, drawn, and walked in the terminal."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import typer
from sqlalchemy import Connection

from gateway import settings as config
from gateway.app import Parts, SystemClock, parts
from gateway.bus.local import LocalBus
from gateway.cli.running import run
from gateway.domain.address import Address
from gateway.domain.errors import BadSettings
from gateway.hotline import Dialogue
from gateway.ivr.flow import Flow
from gateway.ivr.ports import CallEnded, HangUp, Keyed, KeysEnd, Taken, Way
from gateway.ivr.shelf import Shelf, files
from gateway.limiter import InProcessLimiter
from gateway.ops.metrics import Metrics
from gateway.store import keyring, schema
from gateway.store.books import SqlArchive
from gateway.store.engine import Database, SqlLedger
from gateway.store.phones import SqlBadges
from gateway.store.vault import Keys

T = TypeVar("T")


def check(file: Path | None) -> None:
    """Print which flows there are. Raises `FlowFault` naming every fault."""
    settings = config.load(config.settings_file(file))
    shelf = Shelf(settings.ivr.folders, settings.service.lift_digits)
    paths = files(settings.ivr.folders)
    for name, flow in sorted(shelf.flows.items()):
        typer.echo(f"{paths[name]}: {flow.about}, {len(flow.steps)} steps, no fault")


def graph(name: str, out: Path, file: Path | None) -> None:
    """Draw a flow. Raises `FlowFault`, `BadSettings`."""
    from gateway.ivr.drawing import svg
    from gateway.ivr.picture import lay_out

    picture = svg(lay_out(_flow(config.load(config.settings_file(file)), name)))
    try:
        out.write_text(picture, "utf-8")
    except OSError as err:
        raise BadSettings(f"{out}: cannot be written: {err.strerror}") from err
    typer.echo(f"{out}: {len(picture)} characters")


def _flow(settings: config.Settings, name: str) -> Flow:
    shelf = Shelf(settings.ivr.folders, settings.service.lift_digits)
    flow = shelf.get(name)
    if flow is None:
        raise BadSettings(f"{name}: no such flow; there are {', '.join(sorted(shelf.flows))}")
    return flow


def walk(name: str, sender: str, file: Path | None) -> None:
    """Walk a flow against the configured database; everything is rolled back."""
    run(_walk(parts(config.load(config.settings_file(file))), name, Address.parse(sender)))


async def _walk(built: Parts, name: str, caller: Address) -> None:
    database = built.ledger.database
    try:
        _flow(built.settings, name)
        await schema.check(database)
        await keyring.check(database, Keys(built.settings.key_folder))
        dialogue = _dialogue(built, _DryDatabase(database))
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(dialogue.run())
            await dialogue.answer(_TerminalCall(caller, Address.parse(built.settings.service.hotline)), name)
            running.cancel()
    finally:
        await database.close()


def _dialogue(built: Parts, database: Database) -> Dialogue:
    return Dialogue(
        built.settings,
        ledger=SqlLedger(database, built.vault),
        archive=SqlArchive(database, built.vault, built.codes),
        badges=SqlBadges(database),
        vault=built.vault,
        codes=built.codes,
        renderer=built.renderer,
        voice=built.voice,
        speech=_Written(),
        texts=InProcessLimiter(built.settings.limits),
        bus=LocalBus(),
        clock=SystemClock(),
        meter=Metrics(),
        posted=lambda: typer.echo("  [短信已写好，试听不发出]"),
    )


class _RolledBack(Exception):
    def __init__(self, result: Any) -> None:  # noqa: ANN401 - whatever the work returned
        self.result = result


class _DryDatabase:
    """`store.engine.Database` that keeps nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def transact(self, work: Callable[[Connection], T]) -> T:
        """Run, and roll back."""

        def undone(connection: Connection) -> T:
            raise _RolledBack(work(connection))

        try:
            return await self._database.transact(undone)
        except _RolledBack as rolled_back:
            result: T = rolled_back.result
            return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run what only reads."""
        return await self._database.read(work)

    async def aside(self, work: Callable[[Connection], T]) -> T:
        """Run what changes only temporary tables."""
        return await self._database.aside(work)

    async def close(self) -> None:
        """Leave it to its owner."""


class _Written:
    """`ivr.ports.Speech` for the eye: a sound is its words."""

    def sounds(self, clauses: Sequence[str]) -> list[str | None]:
        """Return the clauses."""
        return list(clauses)

    async def make(self, clauses: Sequence[str], *, within: float, urgent: bool = True) -> None:
        """Have nothing to do."""


class _TerminalCall:
    """`ivr.ports.VoiceCall` with a person at a keyboard, or a file in place of one."""

    def __init__(self, caller: Address, called: Address) -> None:
        self.caller, self.called = caller, called
        self.id = f"try-{datetime.now(UTC):%Y%m%d%H%M%S}"
        self._ahead = ""
        self._over = False

    async def play(self, sounds: Sequence[str], keys: str = "") -> str:
        """Print them; a key typed ahead cuts them short."""
        self._show(sounds)
        if self._ahead and self._ahead[0] in keys:
            key, self._ahead = self._ahead[0], self._ahead[1:]
            return key
        return ""

    async def collect(self, sounds: Sequence[str], most: int, *, first: float, between: float) -> Keyed:
        """Print, then take keys from a line; what is too much of it counts for what comes next."""
        self._show(sounds)
        if not self._ahead:
            self._ahead = await self._line(f"  [最多{most}键，首键{first:g}秒，之后{between:g}秒] ")
        if not self._ahead:
            return Keyed("", KeysEnd.SILENCE)
        keys, hash_, rest = self._ahead.partition("#")
        if len(keys) > most or (len(keys) == most and not hash_):
            self._ahead = self._ahead[most:]
            return Keyed(keys[:most], KeysEnd.FULL)
        self._ahead = rest
        return Keyed(keys, KeysEnd.HASH if hash_ else KeysEnd.SILENCE)

    async def listen(self, seconds: float) -> str:
        """Take nothing: what is typed ahead counts for what comes next."""
        await asyncio.sleep(seconds)
        return ""

    async def record(self, name: str, *, longest: float, silence: float, keys: str = "") -> Taken:
        """Pretend to record."""
        line = await self._line(f"  [录音{name}，最长{longest:g}秒，静默{silence:g}秒止，回车结束] ")
        return Taken(0.0, next((one for one in line if one in keys), ""))

    async def leave(self, way: Way, number: str = "") -> None:
        """Print where the call goes."""
        self._over = True
        typer.echo(f"  [{_WAYS[way]}{number}]")

    def _show(self, sounds: Sequence[str]) -> None:
        if self._over:
            raise CallEnded(HangUp.CALLER)
        for sound in sounds:
            typer.echo(sound)

    async def _line(self, prompt: str) -> str:
        typer.echo(prompt, nl=False)
        line = await asyncio.to_thread(sys.stdin.readline)
        if not sys.stdin.isatty():
            typer.echo(line.rstrip("\n"))
        if not line:
            self._over = True
            raise CallEnded(HangUp.CALLER)
        return "".join(one for one in line if one in "0123456789*#")


_WAYS = {Way.HANG_UP: "挂断", Way.QUEUE: "转人工", Way.QUEUE_FIRST: "优先转人工", Way.NUMBER: "接通 "}
