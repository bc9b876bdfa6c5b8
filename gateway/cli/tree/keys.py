"""Keys: the gateway's own, and those of its interface."""

from typing import Annotated

import typer

from gateway.cli.tree.options import ConfigFile, Json, group
from gateway.domain.access import EVERYWHERE, PERSONS, Role

key = group("key", "Keys that others show to the interface.")
keys = group("keys", "The gateway's own keys; never in the database.")


@key.command()
def add(
    role: Annotated[Role, typer.Option(help="what it may do")],
    party: Annotated[str | None, typer.Option(help="whose it is; only a regulator's may have none")] = None,
    config: ConfigFile = None,
) -> None:
    """Make a key; it is printed once, alone on the last line."""
    from gateway.cli.keys import add as run

    if role in PERSONS:
        raise typer.BadParameter(f"{role} is a person at the console: gateway user add NAME --role {role}")
    if party is None and role not in EVERYWHERE:
        raise typer.BadParameter(f"a {role}'s key needs --party: it reaches only what is that party's")
    run(config, role, party)


@key.command("list")
def list_(config: ConfigFile = None, as_json: Json = False) -> None:
    """All keys, by their ids."""
    from gateway.cli.keys import list_ as run

    run(config, as_json=as_json)


@key.command()
def revoke(id_: Annotated[str, typer.Argument(metavar="ID")], config: ConfigFile = None) -> None:
    """End a key; within seconds nobody can use it."""
    from gateway.cli.keys import revoke as run

    run(config, id_)


@keys.command()
def make(config: ConfigFile = None) -> None:
    """Make the key files that are missing; an existing one is never touched."""
    from gateway.cli.keys import make as run

    run(config)
