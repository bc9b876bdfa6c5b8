"""The service and what it answers."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.cli.tree.options import ConfigFile, Json, app, group

db = group("db", "The database.")


@app.command()
def serve(config: ConfigFile = None) -> None:
    """The service."""
    from gateway.cli.serve import serve as run

    run(config)


@app.command()
def check(config: ConfigFile = None) -> None:
    """Print the settings, secrets masked; name every fault and exit 1."""
    from gateway.cli.check import check as run

    run(config)


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="of the pages and the interface; 0: any free one")] = 8080,
    state: Annotated[Path | None, typer.Option("--state", help="keep the city here; default: a new folder")] = None,
    traffic: Annotated[bool, typer.Option(help="citizens who text all day")] = True,
) -> None:
    """A sample city, two emulated modems, a hotline: asks a question, shows its answer, serves until Ctrl-C."""
    from gateway.cli.demo import demo as run

    run(port, state, traffic=traffic)


@app.command()
def ask(
    text: Annotated[str | None, typer.Argument(help="what the citizen texts, or keys in a call")] = None,
    sender: Annotated[str | None, typer.Option("--from", help="the citizen's number")] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="the number asked; default: the short code, in a call the hotline")
    ] = None,
    channel: Annotated[Literal["sms", "voice"], typer.Option(help="how it is asked")] = "sms",
    jsonl: Annotated[Path | None, typer.Option(help='a file with one {"text", "from", …} a line')] = None,
    dry: Annotated[bool, typer.Option("--dry", help="count nothing")] = False,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Ask as a citizen would and print the answer; counts, but no limit holds. Each call is a new message."""
    from gateway.cli.ask import Asking, ask_file
    from gateway.cli.ask import ask as run

    if (text is None) == (jsonl is None):
        raise typer.BadParameter("give a TEXT, or --jsonl FILE")
    if jsonl:
        ask_file(config, jsonl, dry=dry)
        return
    if sender is None:
        raise typer.BadParameter("say who asks: --from 13800000001")
    run(config, Asking(text or "", sender, to, channel), dry=dry, as_json=as_json)


@db.command()
def upgrade(config: ConfigFile = None) -> None:
    """Bring the schema up; on SQLite also make the keys that are missing."""
    from gateway.cli.db import upgrade as run

    run(config)
