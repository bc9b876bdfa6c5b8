"""A second terminal for the demo."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.cli.tree.options import State, group

sim = group("sim", "From a second terminal, into this user's newest demo.")


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


@sim.command()
def call(
    code: Annotated[str, typer.Argument(metavar="CODE", help="a code, or a lift's 6 digits")],
    wav: Annotated[Path | None, typer.Option("--wav", help="write what was heard here")] = None,
    sender: Annotated[str, typer.Option("--from", help="the caller's number; '' withholds it")] = "13900000002",
    then: Annotated[str, typer.Option(help="keys after the answer, each at the caller's turn: 1 hears it again")] = "",
    state: State = None,
) -> None:
    """Ring the demo's hotline, key the code, and print what was said, step by step; exit 1 when nothing was."""
    from gateway.cli.sim_call import call as run

    run(code, wav, sender, then, state)
