"""Replies on their way out."""

from typing import Annotated

import typer

from gateway.cli.tree.options import ConfigFile, Json, group

outbox = group("outbox", "Replies on their way out, and what could not be read.")


@outbox.command("list")
def list_(
    config: ConfigFile = None,
    as_json: Json = False,
    dead: Annotated[bool, typer.Option("--dead", help="arrivals nobody could read")] = False,
    state: Annotated[str | None, typer.Option(help="open, sent, refused or expired; default: open")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """The newest replies in a state, or the dead letters."""
    from gateway.cli.outbox import list_dead, list_replies

    if dead:
        list_dead(config, limit, as_json=as_json)
    else:
        list_replies(config, state or "open", limit, as_json=as_json)


@outbox.command()
def show(id_: Annotated[str, typer.Argument(metavar="ID")], config: ConfigFile = None, as_json: Json = False) -> None:
    """One reply, segment by segment."""
    from gateway.cli.outbox import show as run

    run(config, id_, as_json=as_json)


@outbox.command()
def requeue(id_: Annotated[str, typer.Argument(metavar="ID")], config: ConfigFile = None) -> None:
    """Send a reply that was refused or expired once more; the service takes it up within seconds."""
    from gateway.cli.outbox import requeue as run

    run(config, id_)
