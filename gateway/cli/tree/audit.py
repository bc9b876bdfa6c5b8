"""The log of what was done."""

from typing import Annotated

import typer

from gateway.cli.tree.options import ConfigFile, Json, group

audit = group("audit", "The append-only log of what was done to labels, records, parties and keys.")


@audit.command()
def verify(config: ConfigFile = None) -> None:
    """Walk the chain of hashes; exit 1 with the first entry that is missing or was changed."""
    from gateway.cli.audit import verify as run

    run(config)


@audit.command("list")
def list_(
    config: ConfigFile = None,
    as_json: Json = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000)] = 50,
) -> None:
    """The newest entries."""
    from gateway.cli.audit import list_ as run

    run(config, limit, as_json=as_json)
