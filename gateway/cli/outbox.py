"""`gateway outbox`: replies on their way out, and what could not be read."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import typer
from sqlalchemy import Connection

from gateway import settings as config
from gateway.cli.listing import print_rows
from gateway.cli.running import run
from gateway.domain.errors import GatewayError
from gateway.domain.outgoing import MessageState
from gateway.store import browse, schema
from gateway.store.engine import open_database
from gateway.store.vault import Keys

T = TypeVar("T")


def list_replies(file: Path | None, state: str, limit: int, *, as_json: bool) -> None:
    """Print the newest replies in a state."""
    if state not in list(MessageState):
        raise GatewayError(f"--state {state}: use one of {', '.join(MessageState)}")
    rows = _look(file, lambda connection: browse.replies(connection, state, limit))
    print_rows(rows, ("id", "created_at", "account", "recipient", "text"), as_json=as_json)


def list_dead(file: Path | None, limit: int, *, as_json: bool) -> None:
    """Print the newest arrivals nobody could read."""
    vault = Keys(config.load(config.settings_file(file)).key_folder).vault()
    total, rows = _look(file, lambda connection: browse.dead(connection, vault, limit))
    print_rows(rows, ("at", "account", "reason", "raw"), as_json=as_json)
    if not as_json:
        typer.echo(f"{total} in all")


def show(file: Path | None, id_: str, *, as_json: bool) -> None:
    """Print one reply, segment by segment."""
    found = _look(file, lambda connection: browse.reply(connection, _uuid(id_)))
    if found is None:
        raise GatewayError(f"{id_}: there is no such reply or inquiry")
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        if name != "segments":
            typer.echo(f"{name:12} {value}")
    print_rows(found["segments"], ("position", "state", "submits", "sending_at", "peer_ref", "reason"), as_json=False)


def requeue(file: Path | None, id_: str) -> None:
    """Put a refused or expired reply back."""
    refusal = _look(file, lambda connection: browse.requeue(connection, _uuid(id_), datetime.now(UTC)))
    if refusal:
        raise GatewayError(f"{id_}: {refusal}")
    typer.echo("queued; the service takes it up within seconds")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as err:
        raise GatewayError(f"{text}: not an id; `gateway outbox list` shows them") from err


def _look(file: Path | None, work: Callable[[Connection], T]) -> T:
    async def look() -> T:
        database = open_database(config.load(config.settings_file(file)).database.url)
        try:
            await schema.check(database)
            return await database.transact(work)
        finally:
            await database.close()

    return run(look())
