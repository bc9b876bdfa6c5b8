"""`gateway sim`: a handset at the other end of the running demo."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import typer

from gateway import settings as config
from gateway.cli.bubble import show
from gateway.cli.demo import newest
from gateway.cli.running import run
from gateway.domain.address import Address
from gateway.domain.errors import BadSettings, GatewayError, LinkDown
from gateway.emulators.modem.client import control_client
from gateway.store import browse
from gateway.store.engine import open_database
from gateway.store.vault import Keys

PATIENCE = 60.0  # seconds, for the demo to come up and for the reply


def text(words: str, sender: str, via: str, state: Path | None) -> None:
    """Send a text into the demo and print what came back; exit 1 when nothing did."""
    folder = (state or newest()).resolve()
    if not Address.parse(sender).number.isdecimal():
        raise BadSettings(f"--from {sender}: not a number; write digits, as 13900000002")
    if not run(_text(words, sender, via, folder)):
        raise typer.Exit(1)


async def _text(words: str, sender: str, via: str, folder: Path) -> bool:
    control = await _control_of(folder)
    asked_at = datetime.now(UTC)
    async with control_client(control) as client:
        heard = await client.text(sender, words, limit=PATIENCE)
    for reply in heard.replies:
        show(reply)
    if not heard.replies:
        typer.echo(f"没有回复（{via} → {heard.to}）：{await _why(folder, sender, asked_at) or heard.why}", err=True)
    return bool(heard.replies)


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


async def _why(folder: Path, sender: str, asked_at: datetime) -> str | None:
    """Say what became of the question, from the demo's own database."""
    settings = config.load(folder / "gateway.toml")
    querier = Keys(settings.key_folder).vault().querier(Address.parse(sender))
    database = open_database(settings.database.url)
    try:
        fate = await database.transact(lambda connection: browse.fate(connection, querier, asked_at))
    finally:
        await database.close()
    return fate
