"""Operators of the console."""

from typing import Annotated

import typer

from gateway.cli.tree.options import ConfigFile, Json, group
from gateway.domain.access import Role

user = group("user", "People who sign in at the console.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="as he signs in, in any script")]


@user.command()
def add(
    name: Name,
    role: Annotated[
        Role, typer.Option(help="admin, wording, agent, regulator, firm, cooperative, station or maintenance")
    ],
    party: Annotated[str | None, typer.Option(help="whose data he sees, for the last four roles")] = None,
    config: ConfigFile = None,
) -> None:
    """Let somebody in; his one-time password is printed alone on the last line, and changed at his first sign-in."""
    from gateway.cli.users import add as run

    run(config, name, role, party)


@user.command()
def reset(name: Name, config: ConfigFile = None) -> None:
    """Give somebody a new one-time password, alone on the last line; he is signed out everywhere."""
    from gateway.cli.users import reset as run

    run(config, name)


@user.command("list")
def list_(config: ConfigFile = None, as_json: Json = False) -> None:
    """All who may sign in."""
    from gateway.cli.users import list_ as run

    run(config, as_json=as_json)
