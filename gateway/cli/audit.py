"""`gateway audit`: the append-only log."""

from pathlib import Path

import typer

from gateway.cli.archive import look
from gateway.cli.listing import print_rows
from gateway.domain.errors import GatewayError
from gateway.store.books import SqlBooks


def verify(file: Path | None) -> None:
    """Walk the whole chain. Raises `GatewayError` naming the first entry that is missing or was changed."""

    def work(books: SqlBooks) -> tuple[str | None, tuple[int, bytes]]:
        return books.audit.fault(), books.audit.end()

    fault, (entries, digest) = look(file, work)
    if fault:
        raise GatewayError(f"audit: {fault}")
    typer.echo(f"{entries} entries, none missing, none changed; the last one's hash is {digest.hex()}")


def list_(file: Path | None, limit: int, *, as_json: bool) -> None:
    """Print the newest entries."""
    rows = look(file, lambda books: books.audit.newest(limit))
    print_rows(rows, ("seq", "at", "actor", "action", "subject", "detail"), as_json=as_json)
