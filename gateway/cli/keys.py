"""`gateway keys` makes what the gateway itself keeps secret, `gateway key` what others show to its interface."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import typer
from uuid_utils.compat import uuid7

from gateway import settings as config
from gateway.cli.archive import act, look, this_person
from gateway.cli.listing import print_rows
from gateway.domain.access import Actor, Role
from gateway.domain.errors import GatewayError
from gateway.store.access import SqlAccess, new_key
from gateway.store.books import SqlBooks
from gateway.store.vault import Keys


def make(file: Path | None) -> None:
    """Write each key file that is missing."""
    folder = config.load(config.settings_file(file)).key_folder
    made = Keys(folder).make_missing()
    for path in made:
        typer.echo(f"made {path}")
    typer.echo(
        "copy them to every machine, and keep a copy where it cannot be lost" if made else f"{folder}: all there"
    )


def add(file: Path | None, role: Role, party: str | None) -> None:
    """Make a key of the interface; it is printed once and kept as a hash."""
    id_, key = uuid7(), new_key()

    def work(books: SqlBooks) -> None:
        if party is not None and books.parties.get(party) is None:
            raise GatewayError(f"--party {party}: there is no such party; load it with `gateway import`")
        now = datetime.now(UTC)
        SqlAccess(books.connection).add(id_, key, Actor("", role, party), this_person(), now)
        books.audit.note(now, this_person(), "key added", f"key/{id_}", role=role, party=party)

    act(file, work)
    typer.echo(f"{id_}: {role}" + (f" of {party}" if party else ""))
    typer.echo(key)


def list_(file: Path | None, *, as_json: bool) -> None:
    """Print all keys, by their ids."""
    rows = look(file, lambda books: SqlAccess(books.connection).listed())
    print_rows(rows, ("id", "role", "party", "created_at", "created_by", "revoked_at"), as_json=as_json)


def revoke(file: Path | None, id_: str) -> None:
    """End a key."""

    def work(books: SqlBooks) -> None:
        now = datetime.now(UTC)
        if not SqlAccess(books.connection).revoke(_uuid(id_), now):
            raise GatewayError(f"{id_}: there is no such key, or it was revoked before")
        books.audit.note(now, this_person(), "key revoked", f"key/{id_}")

    act(file, work)
    typer.echo(f"{id_}: revoked")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as err:
        raise GatewayError(f"{text}: not an id; `gateway key list` shows them") from err
