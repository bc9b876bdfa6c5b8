"""Phones that the service knows."""

from typing import Annotated

import typer

from gateway.cli.tree.options import ConfigFile, Json, group
from gateway.domain.access import Role

phone = group("phone", "Phones the service knows: who is told of alerts, who may ask for more with a PIN.")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="a mobile, in any written form")]
Party = Annotated[str, typer.Option("--party", help="whose phone it is")]


@phone.command()
def add(
    number: Number,
    party: Party,
    role: Annotated[Role, typer.Option(help="what it may ask for")],
    pin: Annotated[bool, typer.Option("--pin", help="make a PIN, and print it alone on the last line")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="send it no alerts and reminders")] = False,
    config: ConfigFile = None,
) -> None:
    """Register a phone, or change what it may; a new PIN replaces the old one and unlocks it."""
    from gateway.cli.phones import Registration
    from gateway.cli.phones import add as run

    run(config, Registration(number, party, role, pin=pin, alerts=not quiet))


@phone.command()
def remove(number: Number, party: Party, config: ConfigFile = None) -> None:
    """Forget a phone."""
    from gateway.cli.phones import remove as run

    run(config, number, party)


@phone.command("list")
def list_(config: ConfigFile = None, as_json: Json = False) -> None:
    """All registered phones, masked."""
    from gateway.cli.phones import list_ as run

    run(config, as_json=as_json)
