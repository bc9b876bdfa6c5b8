"""A second terminal for the demo."""

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
