"""Which commands there are, and what each takes."""

from pathlib import Path
from typing import Annotated, Literal

import typer

app = typer.Typer(
    name="gateway",
    help="放心100 query gateway: text a code, read the answer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
db = typer.Typer(help="The database.", no_args_is_help=True)
sim = typer.Typer(help="From a second terminal, into this user's newest demo.", no_args_is_help=True)
outbox = typer.Typer(help="Replies on their way out, and what could not be read.", no_args_is_help=True)
app.add_typer(db, name="db")
app.add_typer(sim, name="sim")
app.add_typer(outbox, name="outbox")

ConfigFile = Annotated[
    Path | None,
    typer.Option("-c", "--config", help="settings; default: config/gateway.toml here, else the packaged one"),
]
State = Annotated[Path | None, typer.Option("--state", help="the demo's state folder; default: the newest demo's")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object, for programs")]


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
    port: Annotated[int, typer.Option(min=0, max=65535, help="of health and metrics; 0: any free one")] = 8080,
    state: Annotated[Path | None, typer.Option("--state", help="keep the city here; default: a new folder")] = None,
) -> None:
    """A sample city with two emulated modems: asks a question, shows its answer, then serves until Ctrl-C."""
    from gateway.cli.demo import demo as run

    run(port, state)


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


@sim.command()
def text(
    words: Annotated[str, typer.Argument(metavar="TEXT")],
    sender: Annotated[str, typer.Option("--from", help="the handset's number")],
    via: Annotated[Literal["modem"], typer.Option(help="how it travels")] = "modem",
    state: State = None,
) -> None:
    """Text the demo through its emulated modem; print the reply as a handset shows it, or why none came."""
    from gateway.cli.sim import text as run

    run(words, sender, via, state)


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
