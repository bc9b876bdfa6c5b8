"""What the commands of several groups share: the root they hang from, and the options they all take."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="gateway",
    help="放心100 query gateway: text a code, read the answer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

ConfigFile = Annotated[
    Path | None,
    typer.Option("-c", "--config", help="settings; default: config/gateway.toml here, else the packaged one"),
]
State = Annotated[Path | None, typer.Option("--state", help="the demo's state folder; default: the newest demo's")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object, for programs")]


def group(name: str, about: str) -> typer.Typer:
    """Return a new group of commands below the root."""
    commands = typer.Typer(help=about, no_args_is_help=True)
    app.add_typer(commands, name=name)
    return commands
