"""`gateway sim`: a handset at the other end of the running demo."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import typer

from gateway import settings as config
from gateway.cli.bubble import show
from gateway.cli.demo import newest
from gateway.cli.running import run
from gateway.domain.address import Address
from gateway.domain.errors import BadSettings, GatewayError, LinkDown
from gateway.emulators.modem.client import Heard, control_client
from gateway.store import browse
from gateway.store.engine import open_database
from gateway.store.vault import Keys

PATIENCE = 60.0  # seconds, for the demo to come up and for the reply
LOOK_EVERY = 1.0  # seconds between two looks at what the gateway made of the text


def text(words: str, sender: str, via: str, state: Path | None) -> None:
    """Send a text into the demo and print what came back; exit 1 when nothing did."""
    folder = (state or newest()).resolve()
    if not folder.is_dir():
        raise GatewayError(f"{folder}: there is no such folder; --state takes that of a running demo")
    if not Address.parse(sender).number.isdecimal():
        raise BadSettings(f"--from {sender}: not a number; write digits, as 13900000002")
    if not run(_text(words, sender, via, folder)):
        raise typer.Exit(1)


async def _text(words: str, sender: str, via: str, folder: Path) -> bool:
    control = await _control_of(folder)
    settings = config.load(folder / "gateway.toml")
    querier = Keys(settings.key_folder).vault().querier(Address.parse(sender))
    database = open_database(settings.database.url)
    try:
        before = await database.transact(lambda connection: browse.newest(connection, querier))
        look = partial(database.transact, lambda connection: browse.fate(connection, querier, before))
        async with control_client(control) as client:
            heard = await _heard_or_hopeless(client.text(sender, words, limit=PATIENCE), look)
        for reply in heard.replies if heard else ():
            show(reply)
        if heard and heard.replies:
            return True
        fate = await look()
    finally:
        await database.close()
    why = fate.text if fate else heard.why if heard else "unknown"
    typer.echo(f"没有回复（{via}）：{why}", err=True)
    return False


async def _heard_or_hopeless(
    hearing: Coroutine[Any, Any, Heard], look: Callable[[], Awaitable[browse.Fate | None]]
) -> Heard | None:
    """Wait for what comes back, but no longer than until the gateway has noted that nothing will: None then."""
    async with asyncio.TaskGroup() as tasks:
        heard = tasks.create_task(hearing)
        while not heard.done():
            await asyncio.wait({heard}, timeout=LOOK_EVERY)
            if not heard.done() and (fate := await look()) and fate.silent:
                heard.cancel()
                return None
    return heard.result()


async def _control_of(folder: Path) -> Path:
    """Wait until the demo in `folder` takes texts."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    control = Path(json.loads((folder / "demo.json").read_text("utf-8"))["control"])
                    async with control_client(control):
                        return control
                except (OSError, ValueError, LinkDown):
                    await asyncio.sleep(0.2)
    except TimeoutError as err:
        raise GatewayError(f"{folder}: no demo is running there; start one with `gateway demo`") from err
